"""Everything that is tried, together, against nothing at all: persons outside the holdout beside those inside.

Time since the first experiment that left the holdout alone is cut into periods of 28 days. Each is read once, when it
is over, so that an ordinary interval holds; as one looks at twelve of them, they share their certainty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from profiles.experiment_results import ALPHA, Verdict, is_enough, verdict_of
from profiles.experimentation.bounds import for_one_look
from profiles.experimentation.comparison import Comparison, compare
from profiles.experimentation.moments import Moments, estimate
from profiles.experimentation.sample_ratio import SUSPICIOUS, sample_ratio_p
from profiles.experimentation.splitting import is_held_out
from profiles.models import EventType, Experiment, ExperimentState, Measure
from profiles.outcomes import agreeing, deeds

PERIOD = timedelta(days=28)
MOST_PERIODS = 12
"""So many of the latest periods are looked at."""
ACTIVE = [each for each in EventType.values if each not in (EventType.IMPRESSION, EventType.REFUND)]
CHUNK = 20_000

MEASURED = """
WITH agreeing(id, person_id, shares) AS NOT MATERIALIZED ({accounts}),
deed(account_id, at, amount) AS NOT MATERIALIZED ({events}),
member AS (
    SELECT id, person_id, shares, first_value(id) OVER person AS first, first_value(shares) OVER person AS first_shares
    FROM agreeing WINDOW person AS (PARTITION BY person_id ORDER BY id)
),
subject AS (SELECT person_id, person_id = ANY(%s::uuid[]) AS held FROM member WHERE id = first),
did AS (
    SELECT person_id, floor(extract(epoch FROM at - %s) / %s)::int AS period, sum(amount) AS amount
    FROM member JOIN deed ON deed.account_id = member.id AND at < %s
    WHERE id = first OR (shares AND first_shares)
    GROUP BY person_id, 2
),
before AS (SELECT person_id, {amount} AS x FROM did WHERE period < 0)
SELECT held, number, count(*), count(*) FILTER (WHERE y <> 0), sum(y), sum(y * y), sum(x), sum(x * x), sum(x * y)
FROM (
    SELECT held, number, {amount} AS y, coalesce(x, 0) AS x
    FROM subject CROSS JOIN generate_series(%s::int, %s::int) number
    LEFT JOIN before USING (person_id)
    LEFT JOIN did ON did.person_id = subject.person_id AND did.period = number
) person GROUP BY held, number
"""
"""Persons inside and outside the holdout by period, with the sums of what they did in it and in the 28 days before all
periods. Counted are the events of each person's first account that agrees to `profiling`, and of those others that do
too, where both sides agree to `cross_platform`.
"""


class Question(Enum):
    """What is counted: a name for addresses, words, the types of events, and what of them counts."""

    ACTIVE = ("active", _("persons who did anything"), ACTIVE, Measure.ANY)
    SEARCHED = ("searched", _("persons who searched"), [EventType.SEARCH], Measure.ANY)
    COMPLETED = ("completed", _("persons who completed something"), [EventType.COMPLETE], Measure.ANY)
    BOUGHT = ("bought", _("persons who bought something"), [EventType.PURCHASE], Measure.ANY)
    SPENT = ("spent", _("money spent"), [EventType.PURCHASE, EventType.REFUND], Measure.SUM)

    def __init__(self, slug: str, words: Promise, types: list[str], measure: Measure) -> None:
        self.slug, self.words, self.types, self.measure = slug, words, types, measure


@dataclass(frozen=True)
class Group:
    """Persons inside or outside the holdout. mean: of what they did in the latest period, None for nobody."""

    persons: int
    mean: float | None


@dataclass(frozen=True)
class AgainstHoldout:
    """What everything that is tried comes to, as of now.

    began: when the first experiment that leaves the holdout alone started, None before. ends: of each period that is
    over, the earliest first. series: everybody else beside the holdout, by period, in arrays of shape (periods,).
    """

    share: float
    began: datetime | None
    ends: list[datetime]
    held: Group
    others: Group
    series: Comparison | None
    verdict: Verdict
    sample_ratio_p: float

    @property
    def is_suspicious(self) -> bool:
        """Whether the holdout has not the share that it was given, so that no difference can be trusted."""
        return self.sample_ratio_p < SUSPICIOUS


class _Row(NamedTuple):
    held: bool
    period: int
    persons: int
    doers: int
    y: float
    yy: float
    x: float
    xx: float
    xy: float


def experiments_beside_the_holdout() -> QuerySet[Experiment]:
    """Those that started and left the holdout alone, the latest first, with the number of exposures (`exposed`)."""
    started = Experiment.objects.filter(excludes_holdout=True).exclude(state=ExperimentState.DRAFT)
    return started.annotate(exposed=Count("exposures")).order_by("-started_at")


def against_holdout(question: Question) -> AgainstHoldout:
    """Everybody else beside the holdout in what is asked."""
    share = settings.HOLDOUT_SHARE
    began = experiments_beside_the_holdout().order_by().aggregate(first=Min("started_at"))["first"]
    over = (timezone.now() - began) // PERIOD if began else 0
    numbers = range(max(0, over - MOST_PERIODS), over)
    if not (began and numbers and 0 < share < 1):
        nobody = Group(0, None)
        return AgainstHoldout(share, began, [], nobody, nobody, None, Verdict.TOO_FEW, 1.0)
    sums = _sums(_measure(question, began, numbers), numbers)
    moments, doers = Moments(*sums[:6]), sums[6]
    enough = is_enough(question.measure, moments.persons, doers)
    reach = np.where(enough, for_one_look(ALPHA / MOST_PERIODS), np.nan)
    series = compare(estimate(moments), 0, 1, reach)
    held, others = (_group(moments, row) for row in (0, 1))
    return AgainstHoldout(
        share=share,
        began=began,
        ends=[began + PERIOD * (number + 1) for number in numbers],
        held=held,
        others=others,
        series=series,
        verdict=verdict_of(series),
        sample_ratio_p=sample_ratio_p([held.persons, others.persons], [share, 1 - share]),
    )


def _group(moments: Moments, row: int) -> Group:
    persons = int(moments.persons[row, -1])
    return Group(persons, float(moments.y[row, -1]) / persons if persons else None)


def _held_out(share: float) -> list[UUID]:
    """The persons of the holdout: who is one follows from the key of the oldest account, by a hash."""
    units = LinkedAccount.objects.order_by().values("person_id").annotate(unit=Min("pk"))
    rows = units.values_list("person_id", "unit").iterator(CHUNK)
    return [person_id for person_id, unit in rows if is_held_out(unit, share)]


def _measure(question: Question, began: datetime, numbers: range) -> list[_Row]:
    accounts, account_values = agreeing().query.sql_with_params()
    events, event_values = deeds(question.types, question.measure, began - PERIOD).query.sql_with_params()
    amount = "least(coalesce(amount, 0), 1)" if question.measure == Measure.ANY else "coalesce(amount, 0)"
    seconds, end = PERIOD.total_seconds(), began + PERIOD * numbers.stop
    held = _held_out(settings.HOLDOUT_SHARE)
    values = [*account_values, *event_values, held, began, seconds, end, numbers.start, numbers.stop - 1]
    with connection.cursor() as cursor:
        cursor.execute(MEASURED.format(accounts=accounts, events=events, amount=amount), values)
        return [_Row(*row) for row in cursor.fetchall()]


def _sums(rows: Sequence[_Row], numbers: range) -> np.ndarray:
    """Persons, the sums of `Moments` and the number of doers: shape (7, 2, periods), the holdout before the others."""
    sums = np.zeros((7, 2, len(numbers)))
    for row in rows:
        told = (row.persons, row.y, row.yy, row.x, row.xx, row.xy, row.doers)
        sums[:, 0 if row.held else 1, row.period - numbers.start] = told
    return sums
