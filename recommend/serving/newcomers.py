"""People without a history: what others like of whom their platform says the same, and who are of their segments."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import LinkedAccount, Purpose
from crossmarket.foundation.leased_cache import LeasedCache
from profiles.models import Course, Event
from recommend.algorithms.interactions import Float32Array
from recommend.model_store import StoredModel
from recommend.serving import group_liking, popular
from recommend.serving.catalogue import Catalogue
from recommend.serving.fellows import Fellows
from recommend.serving.group_liking import NOTHING, GroupLiking
from recommend.serving.situation import Situation

TRAITS = ("city", "language", "occupation")
"""What platforms tell of users that goes with what they like, by the names in the API guide."""
LONGEST_VALUE = 100
FEWEST_PEOPLE = 10
"""Of fewer people nothing is told, for it would be about somebody in particular."""
MOST = 1_000
CACHE_SECONDS = 600
LOOK_SECONDS = 60
"""A process asks Redis again after so long."""
MOST_GROUPS = 2_000
LEAST = 1e-6
"""What the model says of a course counts so much beside what people do: it decides between equals."""

Group = tuple[str, str]
"""A trait and its value."""


cache: LeasedCache[str, GroupLiking] = LeasedCache("liked-alike", GroupLiking, CACHE_SECONDS)


@dataclass(eq=False)
class Alike:
    """What people like of whom the same is said; the same object as long as nothing has changed. `read` is monotonic.

    weights: courses, and how likely a look of theirs goes to each, compared with all that there is.
    """

    read: float
    likings: list[GroupLiking]
    weights: dict[int, float]

    def scores(self, model: StoredModel, scores: Float32Array) -> Float32Array:
        """Scores by the model's columns for such people, float32 (n_items,), of what the model says of nobody."""
        courses = np.fromiter(self.weights, np.int64, len(self.weights))
        columns, is_known = model.columns_of(courses)
        spread = max(float(np.ptp(scores)), 1e-12)
        found = (LEAST * (scores - scores.min()) / spread).astype(np.float32)
        found[columns[is_known]] += np.fromiter(self.weights.values(), np.float32, len(courses))[is_known]
        return found


def alike_of(situation: Situation, platform_id: int | None, fellows: Fellows | None = None) -> Alike | None:
    """What to go by for somebody without history who agrees to recommendations; None for others.

    fellows: what the members of their segments like, who are one more group of people like them. Their traits are read
    from PostgreSQL, so that nothing is gone by that was taken back.
    """
    sharing = situation.sharing
    if situation.history.course_ids or not sharing.is_personal or situation.model is None or not sharing.account_id:
        return None
    found = LinkedAccount.objects.filter(pk=sharing.account_id).values_list("platform_id", "traits").first()
    groups = _groups(found[1]) if found else ()
    if found is None or not (groups or fellows):
        return None
    return _kept(situation.catalogue, found[0], platform_id, groups, fellows)


def _groups(traits: dict[str, object]) -> tuple[Group, ...]:
    told = ((name, traits.get(name)) for name in TRAITS)
    return tuple((name, value) for name, value in told if isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE)


def _kept(
    catalogue: Catalogue,
    own_platform: int,
    platform_id: int | None,
    groups: Sequence[Group],
    fellows: Fellows | None,
) -> Alike | None:
    key = (own_platform, platform_id, tuple(groups), fellows)
    found, now = catalogue.newcomers.get(key), time.monotonic()
    if found is None or now - found.read > LOOK_SECONDS:
        likings = [_liking(own_platform, platform_id, group) for group in groups]
        likings += [fellows.liking] if fellows else []
        if found is not None and found.likings == likings:
            found.read = now
        else:
            if len(catalogue.newcomers) >= MOST_GROUPS:
                catalogue.newcomers.clear()
            found = catalogue.newcomers[key] = Alike(now, likings, group_liking.weights(likings, platform_id))
    return found if found.weights else None


def _liking(own_platform: int, platform_id: int | None, group: Group) -> GroupLiking:
    told = "\n".join((str(own_platform), str(platform_id or "all"), *group))
    name = hashlib.blake2b(told.encode(errors="surrogatepass"), digest_size=16).hexdigest()  # Redis learns no traits
    return cache.get_many([name], lambda names: {name: _read(own_platform, platform_id, group)})[name]


def _read(own_platform: int, platform_id: int | None, group: Group) -> GroupLiking:
    trait, value = group
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().engaging()
    events = events.filter(
        **{f"account__traits__{trait}": value},
        account__platform=own_platform,
        timestamp__gte=timezone.now() - popular.WINDOW,
        course__in=Course.objects.listed(),
    )
    if platform_id is not None:
        events = events.filter(course__platform=platform_id)
    if events.order_by().aggregate(people=Count("account", distinct=True))["people"] < FEWEST_PEOPLE:
        return NOTHING
    liked = events.values("course_id").annotate(liking=Sum("engagement")).order_by("-liking", "course_id")
    rows = list(liked.values_list("course_id", "liking"))
    total = float(sum(liking for _course, liking in rows))
    return GroupLiking([course for course, _liking in rows[:MOST]], [liking for _course, liking in rows[:MOST]], total)
