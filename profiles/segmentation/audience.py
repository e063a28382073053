"""How many persons a rule is about now, counted while somebody waits for it."""

from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import LinkedAccount
from crossmarket.foundation.estimates import about_how_many
from profiles.segmentation import compiling
from profiles.segmentation.fragments import Sql, sql
from profiles.segmentation.rule import Condition

PATIENCE_MS = 2_500
"""So long a count may take that somebody waits for; then as long again for an estimate."""
SAMPLE = 20_000
"""So many accounts are looked at for an estimate."""
QUERY_CANCELED = "57014"


@dataclass(frozen=True)
class Audience:
    """How many persons there are; None when there was nothing to count, or even an estimate took too long.

    is_estimate: it was counted among `SAMPLE` accounts, chosen at random, and stands for all.
    """

    persons: int | None = None
    is_estimate: bool = False
    took_too_long: bool = False


def audience_of(rule: Condition, patience_ms: int = PATIENCE_MS) -> Audience:
    """Count who the rule holds for now; estimate it if that takes too long. Nothing is changed or kept."""
    persons = _count(_holding(rule, compiling.everyone()), patience_ms)
    if persons is not None:
        return Audience(persons)
    chosen = _some_accounts()
    # A person is found by the leading account, so that nobody is likelier to be found for having several.
    found = _count(
        _holding(rule, compiling.persons_of(chosen)) + sql(" WHERE lead = ANY(%s::bigint[])", chosen), patience_ms
    )
    if found is None:
        return Audience(took_too_long=True)
    return Audience(round(found * about_how_many(LinkedAccount) / max(len(chosen), 1)), is_estimate=True)


def _holding(rule: Condition, members: Sql) -> Sql:
    belonging = compiling.belonging({0: rule}, members, timezone.now())
    return sql("SELECT count(*) FROM (") + belonging + ") AS belonging"  # noqa: S608 values are parameters


def _count(query: Sql, patience_ms: int) -> int | None:
    """What a query counts; None when it took too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(patience_ms)])
            cursor.execute(query.text, list(query.values))
            return int(cursor.fetchone()[0])
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != QUERY_CANCELED:
            raise
        return None


def _some_accounts() -> list[int]:
    """About `SAMPLE` accounts; whole pages of the table are chosen, which costs no reading of the others."""
    percent = min(100.0, 100.0 * SAMPLE / max(about_how_many(LinkedAccount), 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_linkedaccount TABLESAMPLE SYSTEM (%s)", [percent])
        return [row[0] for row in cursor.fetchall()]
