"""Noting whose contacts are to be looked at; `contact_matching` looks a moment later."""

from collections.abc import Iterable

from django.db import connection

from accounts.models import MatchDue, Platform
from accounts.services.holding import hold

NOTE_PLATFORM = """
INSERT INTO accounts_matchdue (account_id)
SELECT id FROM accounts_linkedaccount WHERE platform_id = %s AND (email_digest <> '' OR phone_digest <> '')
FOR KEY SHARE
"""


def add(account_ids: Iterable[int]) -> None:
    """Have the contacts of these accounts looked at. Call it in the transaction that changes them or their consent."""
    MatchDue.objects.bulk_create(MatchDue(account_id=account_id) for account_id in sorted(hold(list(account_ids))))


def add_platform(platform: Platform) -> None:
    """The same for everyone on a platform whose contacts are known, after it was marked as verifying them."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE_PLATFORM, [platform.pk])
