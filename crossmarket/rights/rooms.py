"""Who holds something about people: the verbs of all rooms, from the top down.

Whatever a room keeps about a person it must be able to give out and to remove; a new room adds its verbs here, and the
test that looks into every table, key and file says when one is missing.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from accounts import erasure as accounts
from accounts import holdings as accounts_holdings
from accounts.models import LinkedAccount, Platform
from campaigns import erasure as campaigns
from campaigns import holdings as campaigns_holdings
from crossmarket.foundation import traces
from crossmarket.foundation.holdings import Part
from profiles import erasure as profiles
from profiles import holdings as profiles_holdings
from promotions import erasure as promotions
from promotions import holdings as promotions_holdings
from recommend import erasure as recommend
from recommend import holdings as recommend_holdings

HOLDINGS: tuple[Callable[[LinkedAccount, bool], Iterator[Part]], ...] = (
    accounts_holdings.parts_of_account,
    profiles_holdings.parts_of_account,
    recommend_holdings.parts_of_account,
    promotions_holdings.parts_of_account,
    campaigns_holdings.parts_of_account,
)
"""What each room holds about an account: for its person (true), or for its platform, which sees no other platform."""

ERASE_SOME: tuple[Callable[[int], Counter[str]], ...] = (profiles.erase_some_events,)
"""Take what there may be very much of, some at a time and before anybody has to wait; nothing when none is left."""

LEAVE: tuple[Callable[[int], Counter[str]], ...] = (profiles.leave_segments,)
"""What has to wait for others who hold many accounts, and so comes before the account itself is held."""

ERASE: tuple[Callable[[LinkedAccount], Counter[str]], ...] = (
    campaigns.erase_account,
    promotions.erase_account,
    recommend.erase_account,
    profiles.erase_account,
)
"""Remove what a room knows of an account that is held, in one transaction with all others."""


def holdings(account: LinkedAccount, whole_person: bool) -> Iterator[Part]:
    """Everything that is held about an account, for its person or for its platform."""
    if whole_person:
        yield from accounts_holdings.parts_of_login(account)
    for held in HOLDINGS:
        yield from held(account, whole_person)


def leave(account_id: int) -> Counter[str]:
    """Take an account out of what it belongs to; first in the transaction that erases it."""
    removed: Counter[str] = Counter()
    for each in LEAVE:
        removed += each(account_id)
    return removed


def erase_held(account: LinkedAccount, at: datetime, receipt: UUID | None) -> Counter[str]:
    """Remove everything about an account that is held; the account itself comes last."""
    removed: Counter[str] = Counter()
    for erase in ERASE:
        removed += erase(account)
    return removed + accounts.erase_account(account, at, receipt)


def forget_sent(platform: Platform, external_id: str) -> Counter[str]:
    """Remove what names a user without belonging to an account; also what came in while the account was erased."""
    recommend.forget_notes()
    removed = profiles.forget_sent(platform, external_id)
    removed["traces_in_jobs"] += traces.forget_words([external_id])
    return +removed
