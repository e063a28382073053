"""Erasing what an account did in campaigns; draws stay in the chain that others check, with nobody behind them."""

from collections import Counter

from accounts.erasure import kinds
from accounts.models import LinkedAccount
from campaigns.models import (
    Blocked,
    Chance,
    CheckIn,
    Entrant,
    Grant,
    LeftLeaderboard,
    Message,
    Parcel,
    Unsubscribed,
)
from promotions.services.person_holding import hold_person_of

TABLES = (CheckIn, Grant, Chance, LeftLeaderboard, Blocked, Parcel, Message, Unsubscribed)


def erase_account(account: LinkedAccount) -> Counter[str]:
    """Remove a held account's check-ins, rewards, chances and addresses, and its name from its draws."""
    hold_person_of(account)  # first, as everybody who changes something in a campaign does
    removed: Counter[str] = Counter()
    for table in TABLES:
        removed += kinds(table.objects.filter(account=account).delete()[1])
    removed["entrants"] += Entrant.objects.filter(account=account).update(account=None)
    return +removed
