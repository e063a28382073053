"""Erasing what was recommended to an account."""

from collections import Counter

from accounts.erasure import kinds
from accounts.models import LinkedAccount
from recommend.models import Recommendation
from recommend.serving.record import store_pending


def erase_account(account: LinkedAccount) -> Counter[str]:
    """Remove the answers that a held account was given. Models hold nobody's history, so none is trained anew."""
    return kinds(Recommendation.objects.filter(account=account).delete()[1])


def forget_notes() -> None:
    """Let the notes of answers on their way to the database arrive: those of accounts that are gone are dropped.

    Raises `RedisError`.
    """
    store_pending()
