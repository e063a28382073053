"""Whose doings answer for an account, for all accounts at once; the same rules as `accounts.sharing`."""

from dataclasses import dataclass

from accounts.models import LinkedAccount, Purpose
from profiles.profiling import subjects
from profiles.profiling.subjects import Subject

CHUNK = 20_000


@dataclass(frozen=True)
class People:
    """Accounts that agree to recommendations now.

    group_of: account -> a number; accounts whose histories may be used for one another have the same. subject_of:
    account -> the accounts whose profile may be looked at for it, where all of them agree to recommendations too.
    platform_of: account -> its platform.
    """

    group_of: dict[int, int]
    subject_of: dict[int, Subject]
    platform_of: dict[int, int]


def read() -> People:
    """All of them."""
    agreeing = LinkedAccount.objects.consenting(Purpose.RECOMMENDATION)
    joining = set(agreeing.consenting(Purpose.CROSS_PLATFORM).values_list("pk", flat=True).iterator(chunk_size=CHUNK))
    numbers: dict[object, int] = {}
    group_of: dict[int, int] = {}
    platform_of: dict[int, int] = {}
    rows = agreeing.order_by("pk").values_list("pk", "person_id", "platform_id")
    for account, person, platform in rows.iterator(chunk_size=CHUNK):
        group_of[account] = numbers.setdefault(person if account in joining else account, len(numbers))
        platform_of[account] = platform
    subject_of = {
        account: subject
        for subject in subjects.everyone()
        if all(account in group_of for account in subject.account_ids)
        for account in subject.account_ids
    }
    return People(group_of, subject_of, platform_of)
