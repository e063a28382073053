"""Who belongs to which segment: the one place where memberships are changed.

All changes are made under one lock, by persons: in one statement that begins after the lock was taken it is asked who
shall belong, and what differs is changed; it is counted and told to the platforms in the same transaction. So whatever
was committed before is seen, entering and leaving alternate for each account, and sizes are exact.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import DataError, ProgrammingError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.services import changes, stirring
from crossmarket.foundation import locks
from profiles.models import Segment
from profiles.segmentation import compiling, counting
from profiles.segmentation.counting import Move, Moved
from profiles.segmentation.fragments import Sql, sql, together
from profiles.segmentation.naming import name_of
from profiles.segmentation.order import Ordered, dependents, in_order
from profiles.segmentation.statements import CHANGE, DIFFERENT, DISSOLVE, FORGET, GIVEN, HOLD, KEPT, LOOK_AT

logger = structlog.get_logger(__name__)

ENTERED = changes.declare("segment.entered", _("Segment entered"))
LEFT = changes.declare("segment.left", _("Segment left"))
LOCK = "members of segments"
AT_ONCE = 5_000
"""So many accounts are looked at in one transaction."""


@dataclass(frozen=True)
class _Scope:
    """All accounts of some persons, ascending: whose they are, which account leads them (None without consent), and
    how many belong together with each.
    """

    account_ids: list[int]
    person_ids: list[Any]
    leads: list[int | None]
    accounts: list[int]


@transaction.atomic
def settle(
    account_ids: Sequence[int],
    only: Collection[int] | None = None,
    given: Mapping[int, Collection[int]] | None = None,
) -> Moved:
    """Look at the persons of these accounts anew: who belongs to which active segment?

    only: the ids of the segments concerned; None for all. given: for segments by id, the leading accounts of those
    who shall belong, instead of what a rule says.
    """
    locks.one_at_a_time(LOCK)
    layers = in_order(Segment.objects.active().select_for_update(no_key=True).order_by("pk"))
    scope = _scope(account_ids)
    moved = Moved()
    for layer in layers if scope.account_ids else ():
        concerned = [each for each in layer if only is None or each.segment.pk in only]
        if concerned:
            moved += _settle_or_pass_over(scope, concerned, given or {})
    return moved


def replace(segment: Segment, leads: Sequence[int] | Sql) -> Moved:
    """Make these persons, and nobody else, the members: the keys of their first accounts, or a query for them.

    All accounts enter that belong together with one of them; passed over is a key that leads nobody, or whose profile
    tells of accounts that belong to it no more. Five thousand accounts are changed in a transaction, unless the caller
    has opened one around all.
    """
    chosen = rows_of(leads) if isinstance(leads, Sql) else [int(lead) for lead in leads]
    wanted = sql("SELECT %s::bigint AS segment_id, unnest(%s::bigint[]) AS lead", segment.pk, chosen)
    only = {segment.pk} | dependents(segment, Segment.objects.active())
    given = {segment.pk: frozenset(chosen)}
    moved = Moved()
    for some in in_parts(differing(segment, wanted)):
        moved += settle(some, only, given)
    finish(segment)
    return moved


def differing(segment: Segment, wanted: Sql) -> list[int]:
    """The accounts whose membership is not as a query wants it: rows of segment_id and lead. Nobody waits for this.

    The query may read `everyone`: rows of account_id and lead.
    """
    query = (
        "WITH everyone AS MATERIALIZED (" + compiling.everyone() + "), belongs (segment_id, lead) AS (" + wanted + "), "
    )
    return rows_of(query + sql(DIFFERENT, segment.pk))


@transaction.atomic
def finish(segment: Segment) -> bool:
    """Note that all members of a segment were looked at, and count them.

    Returns false when they have to be looked at again: meanwhile it was removed, given another rule, or switched.
    """
    locks.one_at_a_time(LOCK)
    standing = Segment.objects.filter(pk=segment.pk).values_list("rule", "is_active").first()
    if standing is None:
        return False
    counting.count_anew(segment)
    return standing == (segment.rule, segment.is_active)


def dissolve(segment: Segment) -> Moved:
    """Let everybody leave a segment that is not active any more; nobody else does, once it is active again."""
    asking = dependents(segment, Segment.objects.active())
    moved = Moved()
    while True:
        with transaction.atomic():
            locks.one_at_a_time(LOCK)
            if Segment.objects.active().filter(pk=segment.pk).exists():
                return moved
            left = _moves(sql(DISSOLVE, segment.pk, AT_ONCE))
            if not left:
                return moved
            moved += _note(left, {segment.pk: segment})
            if asking:
                settle([each.account_id for each in left], asking)


@transaction.atomic
def forget(account_ids: Sequence[int]) -> None:
    """Take accounts that are about to be erased out of all segments; nobody is told.

    Call it first in the transaction that erases them, and mark what remains of their persons (`stirring`).
    """
    locks.one_at_a_time(LOCK)
    counting.count(_moves(sql(FORGET, list(account_ids))))


def in_parts(account_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """`AT_ONCE` accounts at a time."""
    for start in range(0, len(account_ids), AT_ONCE):
        yield account_ids[start : start + AT_ONCE]


def rows_of(query: Sql) -> list[int]:
    """The first column of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.values)
        return [row[0] for row in cursor.fetchall()]


def _scope(account_ids: Sequence[int]) -> _Scope:
    """Everyone of the persons of these accounts; who is just being erased is left for the next look."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [list(account_ids)])
        held = {account_id for (account_id,) in cursor.fetchall()}
        persons = compiling.persons_of(account_ids) + " ORDER BY account_id"
        cursor.execute(persons.text, persons.values)
        rows = cursor.fetchall()
    if busy := {person_id for account_id, person_id, *_rest in rows if account_id not in held}:
        stirring.stir([account_id for account_id, person_id, *_rest in rows if person_id in busy], look=False)
        rows = [row for row in rows if row[1] not in busy]
    return _Scope(*([row[column] for row in rows] for column in range(4)))


def _settle_or_pass_over(scope: _Scope, layer: Sequence[Ordered], given: Mapping[int, Collection[int]]) -> Moved:
    """All segments of a layer. One whose rule the database cannot answer holds none of the others up: its members
    stay as they are.
    """
    try:
        with transaction.atomic():
            return _settle(scope, layer, given)
    except (DataError, ProgrammingError):
        if len(layer) == 1:
            logger.exception("segment_passed_over", segment=layer[0].segment.key)
            return Moved()
    return sum((_settle_or_pass_over(scope, [each], given) for each in layer), Moved())


def _settle(scope: _Scope, layer: Sequence[Ordered], given: Mapping[int, Collection[int]]) -> Moved:
    now = timezone.now()
    everyone = sql(LOOK_AT, scope.account_ids, scope.leads, scope.accounts)
    concerned = [each.segment.pk for each in layer]
    rules = {each.segment.pk: each.rule for each in layer if each.rule is not None and each.segment.pk not in given}
    kept = [each.segment.pk for each in layer if each.rule is None and each.segment.pk not in given]
    belongs = [sql(KEPT, kept)] if kept else []
    leads = {lead for lead in scope.leads if lead is not None}
    belongs += [sql(GIVEN, key, sorted(leads.intersection(given[key]))) for key in concerned if key in given]
    members = sql("SELECT account_id, lead FROM scope")
    belongs += ["(" + compiling.belonging(some, members, now, of_few=True) + ")" for some in compiling.in_parts(rules)]
    change = sql(CHANGE, scope.account_ids, concerned, now)
    moves = _moves(everyone + together(" UNION ALL ", belongs) + change)
    segments = {each.segment.pk: each.segment for each in layer}
    return _note(moves, segments, dict(zip(scope.account_ids, scope.person_ids, strict=True)))


def _moves(query: Sql) -> list[Move]:
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.values)
        return [Move(*row) for row in cursor.fetchall()]


def _note(moves: Sequence[Move], segments: Mapping[int, Segment], persons: Mapping[int, Any] | None = None) -> Moved:
    """Count what was moved, and tell the platforms."""
    for change_type, was in ((LEFT, True), (ENTERED, False)):
        concerned: dict[str, list[int]] = {}
        for move in moves:
            if move.was is was and move.belongs is not was:
                concerned.setdefault(str(move.segment_id), []).append(move.account_id)
        changes.record_of_many(change_type, concerned, lambda key, locale: _told(segments[int(key)], locale))
    return counting.count(moves, persons)


def _told(segment: Segment, locale: str) -> dict[str, str]:
    with translation.override(locale):
        return {"segment": segment.key, "name": name_of(segment)}
