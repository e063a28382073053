"""All that an answer is made from, fetched from Redis in one round trip when nothing has changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts import sharing
from accounts.models import Platform
from accounts.sharing import STRANGER, Sharing
from crossmarket.foundation import generations
from crossmarket.foundation.redis import RedisError, fetch
from profiles import live_history, live_vectors
from profiles.live_history import History
from profiles.live_vectors import LiveVector
from recommend.model_store import StoredModel, StoredRanker
from recommend.serving import active_model, active_ranker, belonging, catalogue, placements, trials
from recommend.serving.catalogue import Catalogue
from recommend.serving.placements import Placements

MODELS_KEY = generations.key(generations.MODELS)
EXPERIMENTS_KEY = generations.key(generations.EXPERIMENTS)
CATALOGUE_KEY = generations.key(generations.CATALOGUE)
PLACEMENTS_KEY = generations.key(generations.PLACEMENTS)
GENERATION_KEYS = (MODELS_KEY, EXPERIMENTS_KEY, CATALOGUE_KEY, PLACEMENTS_KEY)
MOST_REMEMBERED = 50_000

_remembered: dict[str, Sharing] = {}
"""What an account's consents allowed when it was last asked about: a guess of what to fetch, never an answer."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The model that answers, the catalogue, rules, what the person's consents allow, and what the person did last.

    arm_id: whose arm of an experiment with models the person is in and answered by; None for nobody's. ranker: puts in
    order what is found, None where none is active. profile: the person's vector as it was built last, for the ranker;
    None where there is none, or it may not be looked at. segments: those that somebody with hardly any history belongs
    to, and may be treated by.
    """

    model: StoredModel | None
    catalogue: Catalogue
    placements: Placements
    sharing: Sharing
    history: History
    arm_id: int | None = None
    ranker: StoredRanker | None = None
    profile: LiveVector | None = None
    segments: tuple[int, ...] = ()


def keys_ahead(platform_id: int, external_id: str | None) -> list[str]:
    """The entries of Redis that `look` will want, as far as this process can guess."""
    keys = list(GENERATION_KEYS)
    if external_id is not None:
        name = sharing.cache_name(platform_id, external_id)
        keys.append(sharing.cache.key(name))
        if active_model.is_trying():
            keys.append(trials.cache.key(name))
        known = _remembered.get(name, STRANGER)
        keys.extend(live_history.cache.key(account) for account in known.contributors)
        keys.extend(belonging.keys_ahead(known))
        if active_ranker.is_held():
            keys.extend(live_vectors.cache.key(lead) for lead in known.profiled[:1])
    return keys


def look(platform: Platform, external_id: str | None, ahead: Mapping[str, bytes | None] | None = None) -> Situation:
    """The situation of this user of a platform (None: an anonymous visitor); `ahead` has what was fetched already."""
    fetched = ahead if ahead else _fetch(keys_ahead(platform.pk, external_id))
    known = STRANGER if external_id is None else _sharing(platform.pk, external_id, fetched)
    generation = fetched[MODELS_KEY] or generations.current(generations.MODELS)
    models = active_model.all_of_generation(
        generation, fetched[EXPERIMENTS_KEY] or generations.current(generations.EXPERIMENTS)
    )
    ranker = active_ranker.of_generation(generation)
    arm_id = None
    if models.trial is not None and known.account_id is not None and external_id is not None:
        arm_id = trials.arm_of(models.trial, platform.pk, external_id, fetched)
    history = live_history.of(known.contributors, fetched)
    return Situation(
        models.of_arm.get(arm_id, models.active) if arm_id else models.active,
        catalogue.of_generation(fetched[CATALOGUE_KEY] or generations.current(generations.CATALOGUE)),
        placements.of_generation(fetched[PLACEMENTS_KEY] or generations.current(generations.PLACEMENTS)),
        known,
        history,
        arm_id if arm_id in models.of_arm else None,
        ranker,
        live_vectors.of(known.profiled, fetched) if ranker else None,
        belonging.segments_of(known, history, fetched),
    )


def _fetch(keys: list[str]) -> dict[str, bytes | None]:
    try:
        return dict(zip(keys, fetch(keys), strict=True))
    except RedisError:
        unknown = generations.unknown()
        return {**dict.fromkeys(keys), **dict.fromkeys(GENERATION_KEYS, unknown)}


def _sharing(platform_id: int, external_id: str, fetched: Mapping[str, bytes | None]) -> Sharing:
    name = sharing.cache_name(platform_id, external_id)
    known = sharing.cache.decoded(fetched.get(sharing.cache.key(name)))
    if known is None:
        known = sharing.read_through(platform_id, external_id)
    if _remembered.get(name) != known:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[name] = known
    return known
