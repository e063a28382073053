"""All that an answer is made from, fetched from Redis in two round trips when nothing has changed."""

from dataclasses import dataclass

from accounts import sharing
from accounts.models import Platform
from accounts.sharing import STRANGER, Sharing
from crossmarket.foundation import generations
from crossmarket.foundation.redis import RedisError, client
from profiles import live_history
from profiles.live_history import History
from recommend.model_store import StoredModel
from recommend.serving import active_model, catalogue
from recommend.serving.catalogue import Catalogue


@dataclass(frozen=True)
class Situation:
    """The active model, the catalogue, what the person's consents allow, and what the person did last."""

    model: StoredModel | None
    catalogue: Catalogue
    sharing: Sharing
    history: History


def look(platform: Platform, external_id: str | None) -> Situation:
    """The situation of this user of a platform; None is an anonymous visitor."""
    keys = [generations.key(generations.MODELS), generations.key(generations.CATALOGUE)]
    name = None if external_id is None else sharing.cache_name(platform.pk, external_id)
    if name is not None:
        keys.append(sharing.cache.key(name))
    try:
        models_generation, catalogue_generation, *stored = client().mget(keys)
    except RedisError:
        models_generation, catalogue_generation, stored = generations.unknown(), generations.unknown(), [None]
    known = STRANGER
    if external_id is not None:
        known = sharing.cache.decoded(stored[0]) or sharing.read_through(platform.pk, external_id)
    return Situation(
        active_model.of_generation(models_generation),
        catalogue.of_generation(catalogue_generation),
        known,
        live_history.of(known.contributors),
    )
