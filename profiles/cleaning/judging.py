"""Judging events: one statement finds what the steps leave out of some accounts' days, and writes down what changed.

What becomes of an event depends only on what its account did on its day and in the seconds before. So days are judged
whole and anew, whenever something of them was received: in whatever order events come, and however they are grouped,
the same ones are left out in the end.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection, transaction

from accounts.services.stirring import stir
from crossmarket.foundation.locks import one_at_a_time
from profiles import live_history
from profiles.cleaning.duplicates import NEAR
from profiles.cleaning.steps import LEAVING_OUT

LOCK = "judging events"
MEMORY = "64MB"
"""For sorting, in a transaction that judges."""

DAY = """("timestamp" AT TIME ZONE 'UTC')::date"""
DAY_SOON = f"""(("timestamp" + {NEAR}) AT TIME ZONE 'UTC')::date"""
SEEN = """
    event.id, event.account_id, {day} AS day, {is_before} AS is_before, event.type, event.course_id, event.value,
    CASE WHEN event.type IN ('search', 'comment') THEN event.context END AS words,
    event."timestamp", event.message_id, event.received_at, NULL::text AS step
"""

RECEIVED = f"""
unit AS MATERIALIZED (
    SELECT DISTINCT account_id, unnest(ARRAY[{DAY}, {DAY_SOON}]) AS day
    FROM profiles_event WHERE id > %(after)s AND id <= %(until)s
), bounded AS MATERIALIZED (
    SELECT account_id, day, day::timestamp AT TIME ZONE 'UTC' AS begin, (day + 1)::timestamp AT TIME ZONE 'UTC' AS stop
    FROM unit
), taken AS (
    SELECT {SEEN.format(day="bounded.day", is_before='event."timestamp" < bounded.begin')}
    FROM bounded CROSS JOIN LATERAL (
        SELECT * FROM profiles_event each WHERE each.account_id = bounded.account_id
            AND each."timestamp" >= bounded.begin - {NEAR} AND each."timestamp" < bounded.stop
        OFFSET 0
    ) event
)
"""  # noqa: S608 our own constants
"""The days on which something of the events with these keys happened. `OFFSET 0` keeps each day a look into the index
of accounts, however many days the planner believes there to be."""

OF_ACCOUNTS = f"""
chosen AS NOT MATERIALIZED (
    SELECT * FROM profiles_event WHERE account_id > %(after)s AND account_id <= %(until)s
), taken AS (
    SELECT {SEEN.format(day=DAY, is_before="false")} FROM chosen event
    UNION ALL
    SELECT {SEEN.format(day=DAY_SOON, is_before="true")} FROM chosen event WHERE {DAY} <> {DAY_SOON}
)
"""  # noqa: S608 our own constants
"""All days of these accounts."""

WRITING = """
changed AS MATERIALIZED (
    SELECT judged.id, judged.step
    FROM {judged} judged LEFT JOIN profiles_eventflag flag ON flag.event_id = judged.id
    WHERE NOT judged.is_before AND judged.step IS DISTINCT FROM flag.step
), standing AS MATERIALIZED (
    SELECT event.id, event.account_id, event.platform_id, event.received_at, changed.step
    FROM changed JOIN profiles_event event USING (id) FOR KEY SHARE OF event SKIP LOCKED
), cleared AS (
    DELETE FROM profiles_eventflag flag USING changed WHERE flag.event_id = changed.id AND changed.step IS NULL
), written AS (
    INSERT INTO profiles_eventflag (event_id, step) SELECT id, step FROM standing WHERE step IS NOT NULL
    ON CONFLICT (event_id) DO UPDATE SET step = excluded.step
)
SELECT account_id, platform_id, (received_at AT TIME ZONE %(zone)s)::date AS day, count(*)
FROM standing GROUP BY 1, 2, 3
"""
"""What differs from what stood there is written; events that somebody is erasing are left to them, without waiting."""


def _statement(taken: str) -> str:
    parts, before = [taken.strip()], "taken"
    for step in LEAVING_OUT:
        parts.append(f"after_{step.name} AS ({step.sql.format(before=before)})")
        before = f"after_{step.name}"
    return "WITH " + ",\n".join([*parts, WRITING.format(judged=before).strip()])


STATEMENTS = {"received": _statement(RECEIVED), "accounts": _statement(OF_ACCOUNTS)}

RULES = hashlib.sha256(STATEMENTS["accounts"].encode()).hexdigest()
"""Another one means that the steps have changed and everything has to be judged anew."""


@dataclass(frozen=True)
class Judged:
    """What a judgement changed. changes: how many events. days: (platform id, day of receipt) of these events."""

    changes: int
    days: frozenset[tuple[int, date]]


def judge_received(after: int, until: int) -> Judged:
    """Judge the days of the events whose keys are above `after` and up to `until`."""
    return _judge("received", after, until)


def judge_accounts(after: int, until: int) -> Judged:
    """Judge all days of the accounts whose keys are above `after` and up to `until`."""
    return _judge("accounts", after, until)


@transaction.atomic
def _judge(what: str, after: int, until: int) -> Judged:
    one_at_a_time(LOCK)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'")
        cursor.execute(STATEMENTS[what], {"after": after, "until": until, "zone": settings.TIME_ZONE})
        rows = cursor.fetchall()
    accounts = {account for account, _platform, _day, _count in rows}
    live_history.forget_on_commit(accounts)
    stir(accounts)
    return Judged(
        changes=sum(count for *_key, count in rows),
        days=frozenset((platform, day) for _account, platform, day, _count in rows),
    )
