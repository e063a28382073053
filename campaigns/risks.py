"""Who may not draw though the lottery is open to them: rules against those who make many accounts."""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import LinkedAccount
from campaigns.models import Blocked, LotteryPlan
from campaigns.refusals import Reason, Refusal

DEVICE_TRAIT = "device_id"
"""The trait by which a platform tells what device somebody uses."""


def check(plan: LotteryPlan, account: LinkedAccount, moment: datetime) -> None:
    """Raises `Refusal` for who is blocked, too new, or one of too many on a device."""
    persons = LinkedAccount.objects.filter(person_id=account.person_id)
    if Blocked.objects.filter(account__in=persons).exists():
        raise Refusal(Reason.BLOCKED)
    if plan.account_days and account.created_at > moment - timedelta(days=plan.account_days):
        raise Refusal(Reason.ACCOUNT_TOO_NEW, {"days": plan.account_days})
    device = account.traits.get(DEVICE_TRAIT)
    if plan.device_accounts is not None and device:
        on_device = LinkedAccount.objects.filter(Q(traits__contains={DEVICE_TRAIT: device}), platform=account.platform)
        others = on_device.exclude(person_id=account.person_id)
        if others.count() >= plan.device_accounts:
            raise Refusal(Reason.TOO_MANY_ON_DEVICE)
