"""Model versions: which one answers now."""

from django.db import transaction
from django.utils import timezone

from crossmarket.foundation import generations
from recommend.models import ModelVersion


class NothingToRollBackTo(Exception):
    """No other model was ever active."""


@transaction.atomic
def activate(version: ModelVersion) -> None:
    """Let this model answer from now on; running web workers take it up with their next request."""
    ModelVersion.objects.select_for_update().filter(is_active=True).exclude(pk=version.pk).update(is_active=False)
    ModelVersion.objects.filter(pk=version.pk).update(is_active=True, activated_at=timezone.now())
    version.refresh_from_db()
    generations.renew_on_commit(generations.MODELS)


@transaction.atomic
def roll_back() -> ModelVersion:
    """Let the model answer that did before the active one. Raises `NothingToRollBackTo`."""
    active = ModelVersion.objects.select_for_update().filter(is_active=True).first()
    earlier = ModelVersion.objects.before(active).first() if active else None
    if active is None or earlier is None:
        raise NothingToRollBackTo("No other model was active before, so there is none to go back to.")
    ModelVersion.objects.filter(pk=active.pk).update(is_active=False, activated_at=None)
    ModelVersion.objects.filter(pk=earlier.pk).update(is_active=True)
    earlier.refresh_from_db()
    generations.renew_on_commit(generations.MODELS)
    return earlier
