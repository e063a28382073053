"""From rules to one query, which tells who belongs to which segment.

Whatever one condition needs is joined to the persons once, as a column beside each of them: flags of their accounts,
counts of their events, their profile, memberships. So PostgreSQL reads each table once, however the conditions are
nested, and may spill to disk where there are many persons; nothing is looked up anew for each of them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import F

from profiles.models import Event
from profiles.segmentation.fragments import Sql, sql, together
from profiles.segmentation.reading_rules import ORDERED, moments
from profiles.segmentation.rule import (
    AccountTraitIs,
    AllOf,
    AnyOf,
    Condition,
    ConsentsTo,
    Did,
    DidIt,
    InSegment,
    InterestedIn,
    Leaf,
    NotOf,
    OnPlatform,
    TraitIs,
    asks_profiles,
    leaves,
)
from profiles.segmentation.traits import TRAITS, Kind

NO, YES = sql("FALSE"), sql("TRUE")
MOST_CONDITIONS = 500
"""So many are asked in one query, however many rules have them."""

EVERYONE = """
SELECT id AS account_id, person_id,
    CASE WHEN NOT profiles THEN NULL WHEN joins THEN min(id) FILTER (WHERE profiles AND joins) OVER person
        ELSE id END AS lead,
    CASE WHEN joins THEN (count(*) FILTER (WHERE profiles AND joins) OVER person)::int ELSE 1 END AS accounts
FROM (
    SELECT a.id, a.person_id, coalesce(a.profiling, p.profiling_default) AS profiles,
        coalesce(a.cross_platform, p.cross_platform_default) AS joins
    FROM accounts_linkedaccount a JOIN accounts_platform p ON p.id = a.platform_id {only}
) AS each_account
WINDOW person AS (PARTITION BY person_id)
"""
"""Each account with the first one of those it belongs together with, as `profiles.profiling.subjects` has it, and how
many they are: the accounts of a person that agree to profiling and joining; every other account that agrees to
profiling, by itself. Without an agreement to profiling there is no first one."""


def everyone() -> Sql:
    """Rows of account_id, person_id, lead and accounts, for all accounts; lead is null without consent."""
    return sql(EVERYONE.format(only=""))


def persons_of(account_ids: Sequence[int]) -> Sql:
    """The same for all accounts of the persons whom these accounts belong to."""
    only = "WHERE a.person_id IN (SELECT person_id FROM accounts_linkedaccount WHERE id = ANY(%s::bigint[]))"
    return sql(EVERYONE.format(only=only), list(account_ids))


def in_parts(rules: Mapping[int, Condition]) -> Iterator[dict[int, Condition]]:
    """Rules that fit into one query, which has a column or two for each condition, and PostgreSQL 1,664 at most."""
    some: dict[int, Condition] = {}
    conditions = 0
    for key, rule in rules.items():
        more = sum(1 for _leaf in leaves(rule))
        if some and conditions + more > MOST_CONDITIONS:
            yield some
            some, conditions = {}, 0
        some[key] = rule
        conditions += more
    if some:
        yield some


def belonging(rules: Mapping[int, Condition], members: Sql, at: datetime, *, of_few: bool = False) -> Sql:
    """The query for who belongs to which of these segments (by id): rows of segment_id and lead.

    members: rows of account_id and lead; of those together with one lead, all must be there. at: the moment that
    windows look back from. of_few: members are a few thousand at most, so that each one's events are looked up.
    """
    return _Query(list(rules.values()), at, of_few).select(rules, members)


class _Query:
    """One query under construction: the columns that the conditions need, each once."""

    def __init__(self, rules: Sequence[Condition], at: datetime, of_few: bool) -> None:
        self._at, self._of_few = at, of_few
        every_leaf = dict.fromkeys(leaf for rule in rules for leaf in leaves(rule))
        self._of_accounts = _numbered(every_leaf, OnPlatform, ConsentsTo, AccountTraitIs)
        self._of_events = _numbered(every_leaf, DidIt)
        self._of_segments = _numbered(every_leaf, InSegment)
        self._asks_profiles = any(asks_profiles(rule) for rule in rules)

    def select(self, rules: Mapping[int, Condition], members: Sql) -> Sql:
        parts = [sql("WITH members AS MATERIALIZED (") + members + ")", self._leads()]
        if self._of_events:
            parts.append(self._done())
        query = together(", ", parts)
        belongs = together(", ", (sql("(%s::bigint, ", key) + self.holds(rule) + ")" for key, rule in rules.items()))
        if len(rules) == 1:
            ((key, rule),) = rules.items()
            chosen = sql("SELECT %s::bigint AS segment_id, l.lead FROM ", key) + self._from()
            return query + chosen + " WHERE " + self.holds(rule)
        lateral = " CROSS JOIN LATERAL (VALUES " + belongs + ") AS each_rule (segment_id, holds)"
        chosen = sql(" SELECT each_rule.segment_id, l.lead FROM ") + self._from() + lateral
        return query + chosen + " WHERE each_rule.holds"

    def holds(self, rule: Condition) -> Sql:
        """The expression, never null, of whether a rule holds for a person."""
        if isinstance(rule, NotOf):
            return "(NOT " + self.holds(rule.condition) + ")"
        if isinstance(rule, AllOf):
            return "(" + together(" AND ", map(self.holds, rule.all)) + ")"
        if isinstance(rule, AnyOf):
            return "(" + together(" OR ", map(self.holds, rule.any)) + ")"
        return self._leaf(rule)

    def _leaf(self, leaf: Leaf) -> Sql:
        if isinstance(leaf, TraitIs):
            return _trait(leaf)
        if isinstance(leaf, InterestedIn):
            return _interest(leaf)
        if isinstance(leaf, DidIt):
            return self._enough(leaf)
        if isinstance(leaf, InSegment):
            return sql(f"(g{self._of_segments[leaf]}.account_id IS NOT NULL)")
        return sql(f"l.a{self._of_accounts[leaf]}")

    def _leads(self) -> Sql:
        columns = [
            sql("m.lead"),
            *(sql("bool_or(") + _of_account(leaf) + f") AS a{at}" for leaf, at in self._of_accounts.items()),
        ]
        if self._asks_profiles:
            columns.append(sql("array_agg(m.account_id) AS accounts"))
        tables = "members m"
        if self._of_accounts:
            tables += (
                " JOIN accounts_linkedaccount a ON a.id = m.account_id JOIN accounts_platform p ON p.id = a.platform_id"
            )
        start, end = sql("leads AS (SELECT "), f" FROM {tables} WHERE m.lead IS NOT NULL GROUP BY m.lead)"
        return start + together(", ", columns) + end

    def _done(self) -> Sql:
        """What each person did, counted and summed for each condition, in one reading of the events."""
        columns = [sql("m.lead")]
        for leaf, at in self._of_events.items():
            such = _such(leaf.did, self._at)
            if leaf.did.least is not None or leaf.did.at_most is not None:
                columns.append("count(*) FILTER (WHERE " + such + f") AS n{at}")
            if leaf.did.sum_at_least is not None:
                columns.append("sum(e.amount) FILTER (WHERE " + such + f") AS s{at}")
        any_such = together(" OR ", (_such(leaf.did, self._at) for leaf in self._of_events))
        tables = "FROM members m JOIN " + self._events_of_members()
        if any(leaf.did.category or leaf.did.kind or leaf.did.course for leaf in self._of_events):
            tables += " LEFT JOIN profiles_course c ON c.id = e.course_id"
        earliest = self._earliest(' AND e."timestamp" >= %s')
        where = " WHERE m.lead IS NOT NULL" + earliest + " AND (" + any_such + ") GROUP BY m.lead)"
        return "done AS (SELECT " + together(", ", columns) + " " + tables + where

    def _events_of_members(self) -> Sql:
        """Events `e` of the members. The planner would rather read all events than look up those of a thousand
        accounts, and be slower by far; OFFSET leaves it no choice.
        """
        if not self._of_few:
            return "(" + _events() + ") AS e ON e.account_id = m.account_id"
        start, own = sql("LATERAL (SELECT * FROM ("), ") AS event WHERE event.account_id = m.account_id"
        return start + _events() + own + self._earliest(' AND event."timestamp" >= %s') + " OFFSET 0) AS e ON TRUE"

    def _earliest(self, condition: str) -> Sql:
        """The bound that all windows have in common, which is what an index can use."""
        starts = [_window(leaf.did, self._at)[0] for leaf in self._of_events]
        known = [start for start in starts if start is not None]
        return sql(condition, min(known)) if len(known) == len(starts) else sql("")

    def _enough(self, leaf: DidIt) -> Sql:
        at, did = self._of_events[leaf], leaf.did
        parts = []
        if did.least is not None:
            parts.append(sql(f"coalesce(d.n{at} >= %s, FALSE)", did.least))
        if did.at_most is not None:
            parts.append(sql(f"coalesce(d.n{at}, 0) <= %s", did.at_most))
        if did.sum_at_least is not None:
            parts.append(sql(f"coalesce(d.s{at}, 0) >= %s::numeric", repr(did.sum_at_least)))
        return "(" + together(" AND ", parts) + ")"

    def _from(self) -> Sql:
        tables = sql("leads l")
        if self._of_events:
            tables += " LEFT JOIN done d ON d.lead = l.lead"
        if self._asks_profiles:
            tables += " LEFT JOIN profiles_profile f ON f.account_id = l.lead AND f.account_ids <@ l.accounts"
        for leaf, at in self._of_segments.items():
            here = f"g{at}.account_id = l.lead AND g{at}.segment_id = "
            tables += f" LEFT JOIN profiles_segmentmember g{at} ON {here}"
            tables += sql("(SELECT id FROM profiles_segment WHERE key = %s AND is_active)", leaf.segment)
        return tables


def _numbered(every_leaf: Mapping[Leaf, None], *kinds: type) -> dict[Any, int]:
    return {leaf: at for at, leaf in enumerate(each for each in every_leaf if isinstance(each, kinds))}


@cache
def _events() -> Sql:
    """Events that count: those that cleaning left in, with values that stand for missing ones.

    No consent is asked here: they are joined with members only, who are accounts that agree to profiling now.
    """
    events = Event.objects.cleaned()
    columns = events.values("account_id", "course_id", "platform_id", "type", "timestamp", amount=F("clean_value"))
    text, values = columns.query.sql_with_params()
    return Sql(text, tuple(values))


def _such(did: Did, at: datetime) -> Sql:
    """The condition that an event `e`, of a course `c`, is of this description."""
    parts = []
    if did.type:
        parts.append(sql("e.type = ANY(%s)", list(did.type)))
    if did.category:
        parts.append(sql("c.category = ANY(%s)", list(did.category)))
    if did.kind:
        parts.append(sql("c.kind = ANY(%s)", list(did.kind)))
    if did.platform is not None:
        parts.append(sql("e.platform_id = (SELECT id FROM accounts_platform WHERE slug = %s)", did.platform))
    if did.course is not None:
        parts.append(sql("c.item_id = %s", did.course))
    start, end = _window(did, at)
    if start is not None:
        parts.append(sql('e."timestamp" >= %s', start))
    if end is not None:
        parts.append(sql('e."timestamp" < %s', end))
    return "(" + together(" AND ", parts or [YES]) + ")"


def _window(did: Did, at: datetime) -> tuple[datetime | None, datetime | None]:
    """From when until before when events count; None for always. Clocks of platforms may be a little ahead of ours,
    so that what happened "in a moment" counts now.
    """
    if did.within_days is not None:
        return at - timedelta(days=did.within_days), None
    return moments(did.between) if did.between is not None else (None, None)


def _of_account(leaf: OnPlatform | ConsentsTo | AccountTraitIs) -> Sql:
    """Whether an account `a` on a platform `p` is as asked."""
    if isinstance(leaf, OnPlatform):
        return sql("p.slug = %s", leaf.platform)
    if isinstance(leaf, ConsentsTo):
        return sql(f"coalesce(a.{leaf.consents}, p.{leaf.consents}_default)")
    name = leaf.account_trait
    if leaf.op in ORDERED:
        number = sql(
            "CASE WHEN jsonb_typeof(a.traits -> %s) = 'number' THEN (a.traits ->> %s)::numeric END", name, name
        )
        return "coalesce(" + number + sql(f" {leaf.op} %s::numeric, FALSE)", repr(leaf.value))
    values = [json.dumps(value) for value in (leaf.value if isinstance(leaf.value, tuple) else (leaf.value,))]
    found = sql("coalesce((a.traits -> %s) = ANY(%s::jsonb[]), FALSE)", name, values)
    known = sql("coalesce(jsonb_typeof(a.traits -> %s) <> 'null', FALSE)", name)
    return "(" + known + " AND NOT " + found + ")" if leaf.op == "!=" else found


def _trait(leaf: TraitIs) -> Sql:
    """Whether the profile `f` has a trait as asked."""
    trait = TRAITS[leaf.trait]
    path = list(trait.path)
    if trait.counts:
        kind, value = "array", sql("jsonb_array_length(f.traits #> %s)", path)
    elif trait.kind in (Kind.WORD, Kind.TIME):
        kind, value = "string", sql("f.traits #>> %s", path)
    else:
        kind, value = "number", sql("(f.traits #>> %s)::float8", path)
    cast = {Kind.WORD: "text", Kind.TIME: "timestamptz"}.get(trait.kind, "float8")
    known = sql("CASE WHEN jsonb_typeof(f.traits #> %s) = %s THEN (", path, kind) + value + f")::{cast} END"
    if leaf.op == "in":
        return (
            "coalesce((" + known + sql(") = ANY(%s), FALSE)", list(leaf.value) if isinstance(leaf.value, tuple) else [])
        )
    asked = moments((str(leaf.value), str(leaf.value)))[0] if trait.kind is Kind.TIME else leaf.value
    operator = "<>" if leaf.op == "!=" else leaf.op
    return "coalesce((" + known + sql(f") {operator} %s::{cast}, FALSE)", asked)


def _interest(leaf: InterestedIn) -> Sql:
    """Whether the profile `f` has a category or topic with such a share."""
    about = json.dumps({"name": leaf.interest, "least": leaf.at_least})
    path = "$.{}[*] ? (@.name == $name && @.share >= $least)"
    lists = [leaf.among] if leaf.among else ["categories", "topics"]
    found = (sql("jsonb_path_exists(f.traits, %s::jsonpath, %s::jsonb)", path.format(name), about) for name in lists)
    return "coalesce(" + together(" OR ", found) + ", FALSE)"
