"""Telling the profiles of a few persons anew, as soon as something of them changed."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts.models import LinkedAccount
from accounts.services.holding import hold_free
from crossmarket.foundation.locks import one_at_a_time
from profiles.modeling.profile_model import ProfileModel as Learned
from profiles.models import ProfileModel
from profiles.profiling import subjects
from profiles.profiling.model_store import current_model
from profiles.profiling.telling_groups import background_of, tell_group
from profiles.profiling.writing import drop, write
from profiles.segmentation import membership


def retell(account_ids: Collection[int]) -> int:
    """Tell the profiles of the persons of these accounts anew with the current model; returns how many there are now.

    As after a building, there is a profile for all accounts that belong together now, if they did anything, and none
    for others. Without a model that can be read, all stays as it is.
    """
    version, learned = current_model()
    return tell_anew(account_ids, version, learned) if version and learned else 0


@transaction.atomic
def tell_anew(account_ids: Collection[int], version: ProfileModel, learned: Learned) -> int:
    """The same with this model. Persons of whom an account is just being erased are passed over: nothing waits.

    One at a time tells anew, so that nobody writes what they read before another did over it.
    """
    if not account_ids:
        return 0
    one_at_a_time(membership.LOCK)
    now = timezone.now()
    free = _free(account_ids)
    group = [each for each in subjects.of_accounts(free) if free.issuperset(each.account_ids)]
    told = tell_group(group, background_of(group, learned, now), learned) if group else []
    written = write(told, version, now)
    drop(free.difference(profile.account_id for profile in told))
    return written


def _free(account_ids: Collection[int]) -> set[int]:
    """All accounts of the persons of these, but of those of whom an account is just being erased."""
    persons = LinkedAccount.objects.filter(pk__in=account_ids).values("person_id")
    accounts = dict(LinkedAccount.objects.filter(person_id__in=persons).values_list("pk", "person_id"))
    held = hold_free(accounts)
    busy = {person_id for account_id, person_id in accounts.items() if account_id not in held}
    return {account_id for account_id, person_id in accounts.items() if person_id not in busy}
