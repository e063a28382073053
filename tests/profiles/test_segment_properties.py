"""Whatever the rules are and whatever happens in whatever order: kept live, rebuilt and told naively are the same."""

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Count, F, Q
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Change, ConsentSource, LinkedAccount, Platform, Purpose
from accounts.services import stirring
from accounts.services.accounts import UserDescription, describe_users
from accounts.services.consents import state_consents
from accounts.services.linking import LinkRefused, create_link_code, leave, link
from crossmarket.foundation import jobs
from profiles.models import Course, Event, EventFlag, EventType, Profile, Segment, SegmentClock, SegmentMember
from profiles.profiling import subjects
from profiles.segmentation import keeping, live
from profiles.segmentation.passing_time import let_time_pass
from profiles.segmentation.rebuilding import enqueue_rebuild, enqueue_rebuild_all
from profiles.services import record
from tests.factories import CourseFactory, LinkedAccountFactory, PlatformFactory, ProfileModelFactory
from tests.profiles.naive_segments import everyone_naively

PLATFORMS, ACCOUNTS = 3, 5
CATEGORIES = ("AI", "绘画")
which = st.integers(0, ACCOUNTS - 1)
types = st.sampled_from(["view", "purchase"])
SLUGS = [f"p{number}" for number in range(PLATFORMS)]

deeds = st.fixed_dictionaries(
    {},
    optional={
        "type": types,
        "category": st.sampled_from(CATEGORIES),
        "platform": st.sampled_from(SLUGS),
        "at_least": st.integers(1, 2),
        "sum_at_least": st.sampled_from([50, 150]),
        "within_days": st.sampled_from([7, 30]),
    },
)
leaves = st.one_of(
    deeds.map(lambda did: {"did": did}),
    deeds.map(lambda did: {"did": {**{k: v for k, v in did.items() if k != "at_least"}, "at_most": 1}}),
    st.sampled_from(SLUGS).map(lambda slug: {"platform": slug}),
    st.just({"consents": "marketing"}),
    st.tuples(st.sampled_from(["=", "!=", ">", "<="]), st.integers(0, 2)).map(
        lambda pair: {"account_trait": "level", "op": pair[0], "value": pair[1]}
    ),
    st.tuples(st.sampled_from(["=", "!=", ">="]), st.integers(0, 2)).map(
        lambda pair: {"trait": "events", "op": pair[0], "value": pair[1]}
    ),
    st.just({"interest": "AI", "at_least": 0.5}),
    st.sampled_from(["s0", "s1"]).map(lambda key: {"segment": key}),
)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda one: {"not": one}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"all": some}),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"any": some}),
    ),
    max_leaves=5,
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("did"), which, types, st.sampled_from(CATEGORIES), st.sampled_from([0, 6, 20, 40])),
        st.tuples(st.just("joined"), which, which),
        st.tuples(st.just("left"), which),
        st.tuples(st.just("said"), which, st.sampled_from(list(Purpose)), st.booleans()),
        st.tuples(st.just("described"), which, st.integers(0, 2)),
        st.tuples(st.just("profiled"), st.integers(0, 2)),
        st.tuples(st.just("flagged")),
        st.tuples(st.just("days passed"), st.sampled_from([1, 10])),
        st.tuples(st.just("looked")),
    ),
    max_size=20,
)


class World:
    """Five accounts on three platforms, all agreeing to be joined."""

    def __init__(self) -> None:
        for model in (Segment, Profile, Event, LinkedAccount, Course, Change, SegmentClock):
            model.objects.all().delete()
        Platform.objects.filter(slug__in=SLUGS).delete()
        platforms = [PlatformFactory(slug=slug) for slug in SLUGS]
        self.accounts = [
            LinkedAccountFactory(platform=platforms[n % PLATFORMS], cross_platform=True) for n in range(ACCOUNTS)
        ]
        self.courses = {
            (platform.pk, category): CourseFactory(platform=platform, category=category)
            for platform in platforms
            for category in CATEGORIES
        }
        self.model = ProfileModelFactory()
        let_time_pass(timezone.now())

    def did(self, at: int, event_type: str, category: str, days_ago: int) -> None:
        account = self.accounts[at]
        record(account, EventType(event_type), self.courses[account.platform_id, category], 100)
        latest = Event.objects.filter(account=account).latest("pk")
        Event.objects.filter(pk=latest.pk).update(timestamp=timezone.now() - timedelta(days=days_ago))

    def joined(self, one: int, other: int) -> None:
        with suppress(LinkRefused):
            link(self.accounts[other], create_link_code(self.accounts[one]).code)

    def left(self, at: int) -> None:
        leave(LinkedAccount.objects.get(pk=self.accounts[at].pk))

    def said(self, at: int, purpose: Purpose, agrees: bool) -> None:
        state_consents(self.accounts[at], {purpose: agrees}, "1", ConsentSource.PERSON)

    def described(self, at: int, level: int) -> None:
        account = self.accounts[at]
        describe_users(account.platform, [UserDescription(account.external_id, traits={"level": level})])

    def profiled(self, events: int) -> None:
        Profile.objects.all().delete()
        for subject in subjects.everyone():
            traits = {"events": events, "categories": [{"name": "AI", "share": events / 2}]}
            fields = {"traits": traits, "vector": [], "model": self.model, "fresh_at": timezone.now()}
            Profile.objects.create(account_id=subject.lead, account_ids=subject.account_ids, **fields)
        jobs.run(enqueue_rebuild_all(to_worker=False).pk)

    def flagged(self) -> None:
        event = Event.objects.filter(flag__isnull=True).order_by("-pk").first()
        if event is not None:
            EventFlag.objects.create(event=event, step="robots")
            stirring.stir([event.account_id])

    def days_passed(self, days: int) -> None:
        past = timedelta(days=days)
        Event.objects.update(timestamp=F("timestamp") - past)
        SegmentClock.objects.update(looked_until=F("looked_until") - past)
        let_time_pass(timezone.now())

    def looked(self) -> None:
        live.look()


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(some_rules=st.lists(rules, min_size=1, max_size=3), what_happens=steps)
def test_members_kept_live_are_those_of_a_rebuild_and_of_a_naive_telling(
    some_rules: list[dict[str, Any]], what_happens: list[tuple[Any, ...]]
) -> None:
    world = World()
    keeping.save(Segment(key="s0", rule={"did": {"type": "purchase"}}), to_worker=False)
    keeping.save(Segment(key="s1", rule={"not": {"segment": "s0"}}), to_worker=False)
    for number, rule in enumerate(some_rules):
        keeping.save(Segment(key=f"t{number}", rule=rule), to_worker=False)
    for segment in Segment.objects.all():
        jobs.run(enqueue_rebuild(segment, to_worker=False).pk)

    for name, *details in what_happens:
        getattr(world, name.replace(" ", "_"))(*details)
    live.look()

    kept = members()
    assert kept == everyone_naively()
    result = jobs.run(enqueue_rebuild_all(to_worker=False).pk).result
    assert (result["entered"], result["left"], members()) == (0, 0, kept)
    check_sizes_and_changes()


def members() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {key: set() for key in Segment.objects.values_list("key", flat=True)}
    for key, account in SegmentMember.objects.values_list("segment__key", "account_id"):
        found[key].add(account)
    return found


def check_sizes_and_changes() -> None:
    """Sizes are how many lead, and of each account entering and leaving took turns, ending as it is now."""
    counted = Segment.objects.annotate(leading=Count("members", filter=Q(members__leads=True)))
    assert not [each.key for each in counted if each.size != each.leading]
    told: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    changes = Change.objects.filter(type__startswith="segment.").order_by("pk")
    for platform, user, key, kind in changes.values_list("platform_id", "user_id", "data__segment", "type"):
        told[platform, user, key].append(kind)
    for turns in told.values():
        assert turns == (["segment.entered", "segment.left"] * len(turns))[: len(turns)]
    inside = {each for each, turns in told.items() if len(turns) % 2}
    rows = SegmentMember.objects.values_list("account__platform_id", "account__external_id", "segment__key")
    assert inside == set(rows)
