"""Model versions: which one answers now."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from crossmarket.foundation import generations
from crossmarket.foundation.locks import one_at_a_time
from profiles.models import Course
from recommend import model_store, tensorboard
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.models import ModelVersion, Role

ACTIVATING = "activating models"

KEPT = 10
"""How many models of an algorithm are kept besides those in use: they are large, and trained anew every night."""


class NothingToRollBackTo(Exception):
    """No other model was ever active."""


def require_usable(version: ModelVersion) -> None:
    """Raise `CorruptedArtifact` unless a model that finds courses can be read and knows some that are here."""
    if version.role != Role.RECOMMENDER:
        return
    known = model_store.load(version).course_ids.tolist()
    if not Course.objects.filter(pk__in=known).exists():
        raise CorruptedArtifact(f"{version} knows none of the courses that are here; train another model.")


class AnotherAnswers(Exception):
    """Another model answers by now than the one that was to be replaced."""


@transaction.atomic
def take_over(version: ModelVersion, champion: ModelVersion | None) -> None:
    """Let this model answer instead of the one that it was weighed against, no other. Raises `AnotherAnswers`."""
    one_at_a_time(ACTIVATING)
    active = ModelVersion.objects.active(Role(version.role))
    if active != champion:
        raise AnotherAnswers(f"{active or 'No model'} was chosen meanwhile, so {version} does not take over.")
    activate(version)


@transaction.atomic
def activate(version: ModelVersion) -> None:
    """Let this model answer from now on; running web workers take it up with their next request."""
    one_at_a_time(ACTIVATING)
    ModelVersion.objects.filter(is_active=True, role=version.role).exclude(pk=version.pk).update(is_active=False)
    ModelVersion.objects.filter(pk=version.pk).update(is_active=True, activated_at=timezone.now())
    version.refresh_from_db()
    _fit_ranker(version)
    generations.renew_on_commit(generations.MODELS)


@transaction.atomic
def roll_back(role: Role = Role.RECOMMENDER) -> ModelVersion:
    """Let the model of this role answer that did before the active one. Raises `NothingToRollBackTo`."""
    one_at_a_time(ACTIVATING)
    active = ModelVersion.objects.active(role)
    earlier = ModelVersion.objects.before(active).first() if active else None
    if active is None or earlier is None:
        raise NothingToRollBackTo("No other model was active before, so there is none to go back to.")
    ModelVersion.objects.filter(pk=active.pk).update(is_active=False, activated_at=None)
    ModelVersion.objects.filter(pk=earlier.pk).update(is_active=True)
    earlier.refresh_from_db()
    _fit_ranker(earlier)
    generations.renew_on_commit(generations.MODELS)
    return earlier


def _fit_ranker(first_stage: ModelVersion) -> None:
    """Let the ranker that learned to order this model's lists order them; without one they stay as they come.

    One that learned from another model's scores may order these badly; the next training makes a new one.
    """
    if first_stage.role != Role.RECOMMENDER:
        return
    rankers = ModelVersion.objects.filter(role=Role.RANKER)
    own = rankers.filter(first_stage=first_stage, activated_at__isnull=False).order_by("-activated_at").first()
    rankers.filter(is_active=True).update(is_active=False)
    if own is not None:
        rankers.filter(pk=own.pk).update(is_active=True)


@transaction.atomic
def drop_old(algorithm: str) -> int:
    """Throw away all but the `KEPT` latest models of an algorithm, with their files; returns how many went.

    Those that are active or tried stay, and so do those that `roll_back` would go to.
    """
    one_at_a_time(ACTIVATING)
    in_use = list(ModelVersion.objects.filter(is_active=True))
    needed = [*in_use, *(ModelVersion.objects.before(active).first() for active in in_use)]
    needed += ModelVersion.objects.tried()
    old = ModelVersion.objects.filter(algorithm=algorithm).exclude(pk__in=[each.pk for each in needed if each])
    gone = list(old.order_by("-number")[KEPT:])
    ModelVersion.objects.filter(pk__in=[version.pk for version in gone]).delete()
    for version in gone:
        transaction.on_commit(partial(model_store.delete, version.pk), robust=True)
        transaction.on_commit(partial(tensorboard.delete, version), robust=True)
    return len(gone)
