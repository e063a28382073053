"""Noting that somebody met a batch with a holdout, offered to them or not, so that both can be compared."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import LinkedAccount
from profiles import experiments
from promotions import checkout, holdouts
from promotions.models import CouponBatch
from promotions.services.person_holding import hold_person_of


def meet(account: LinkedAccount | None, batches: Iterable[CouponBatch]) -> None:
    """Note it of each batch that the person could use were it not for the holdout, before anything else is done.

    Batches need `with_segments`. Those without a holdout, and people not known, cost nothing.
    """
    if account is None:
        return
    for batch in batches:
        experiment = holdouts.running(batch)
        if experiment is None or experiments.assign(experiment, account.person).was_exposed:
            continue
        if checkout.would_meet(account, batch, timezone.now()):
            with transaction.atomic():
                hold_person_of(account)  # whoever holds both holds the person first
                experiments.expose(experiment, [account.pk])
