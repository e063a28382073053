"""What came of an experiment so far, in one query however many persons took part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import NamedTuple

import numpy as np
from django.db import connection
from django.utils import timezone

from profiles.experimentation.bounds import for_any_look
from profiles.experimentation.comparison import FEWEST_DIFFERENT, FEWEST_PERSONS, Comparison, compare
from profiles.experimentation.moments import Estimates, Moments, estimate
from profiles.experimentation.sample_ratio import SUSPICIOUS, sample_ratio_p
from profiles.models import Arm, Experiment, Measure
from profiles.outcomes import agreeing, deeds

ALPHA = 0.05
"""How often, at most, the intervals of an experiment leave the truth out at any time; shared by its comparisons."""

MEASURED = """
WITH agreeing(id, person_id, shares) AS NOT MATERIALIZED ({accounts}),
deed(account_id, at, amount) AS NOT MATERIALIZED ({events}),
met AS (
    SELECT DISTINCT ON (account.person_id) account.id AS account_id, exposure.arm_id, exposure.exposed_at AS since,
        min(exposure.arm_id) OVER person <> max(exposure.arm_id) OVER person AS crossed
    FROM profiles_exposure exposure JOIN accounts_linkedaccount account ON account.id = exposure.account_id
    WHERE exposure.experiment_id = %s
    WINDOW person AS (PARTITION BY account.person_id)
    ORDER BY account.person_id, exposure.exposed_at, exposure.id
),
source AS (
    SELECT met.*, other.id AS source_id
    FROM met JOIN agreeing seen ON seen.id = met.account_id
    JOIN agreeing other ON other.person_id = seen.person_id
        AND (other.id = seen.id OR (other.shares AND seen.shares))
),
outcome AS (
    SELECT arm_id, crossed,
        CASE WHEN since + %s * interval '1 day' <= %s
            THEN ((since + %s * interval '1 day') AT TIME ZONE %s)::date END AS day,
        coalesce(sum(amount) FILTER (WHERE deed.at >= since), 0) AS y,
        coalesce(sum(amount) FILTER (WHERE deed.at < since), 0) AS x
    FROM source LEFT JOIN deed ON deed.account_id = source_id
        AND deed.at >= since - %s * interval '1 day' AND deed.at < since + %s * interval '1 day'
    GROUP BY source.account_id, arm_id, crossed, since
),
person AS (SELECT arm_id, crossed, day, {y} AS y, {x} AS x FROM outcome)
SELECT arm_id, day, count(*), count(*) FILTER (WHERE crossed), count(*) FILTER (WHERE y <> 0),
    sum(y), sum(y * y), sum(x), sum(x * x), sum(x * y)
FROM person GROUP BY arm_id, day ORDER BY day
"""
"""Persons by arm and day on which their outcome was complete (null: not yet), with the sums of outcome and history.

Of a person's exposures the first counts. Events count of the account exposed, if it agrees to `profiling`, and of the
person's other accounts, if they do too and both sides agree to `cross_platform`.
"""


class Verdict(Enum):
    """What can be said of an arm beside the control."""

    TOO_FEW = "too few"
    MORE = "more"
    LESS = "less"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class ArmResult:
    """One arm. exposed: persons who met it. measured: those of them whose days of counting are over.

    mean: of the outcome, without any adjustment; None for nobody. series, verdict: against the control, by day of
    `Results.days`; None for the control itself.
    """

    arm: Arm
    exposed: int
    measured: int
    mean: float | None
    series: Comparison | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Results:
    """What came of it as of a moment.

    days: on which outcomes became complete. sample_ratio_p: of `sample_ratio_p`. crossed: persons whose accounts had
    met different arms before they were joined. reduction: the share of variance that history took away, 0 to 1.
    """

    as_of: datetime
    arms: list[ArmResult]
    days: list[date]
    sample_ratio_p: float
    crossed: int
    reduction: float

    @property
    def is_suspicious(self) -> bool:
        """Whether the arms' sizes are not what the weights promise, so that no difference can be trusted."""
        return self.sample_ratio_p < SUSPICIOUS


class _Row(NamedTuple):
    arm_id: int
    day: date | None
    persons: int
    crossed: int
    doers: int
    y: float
    yy: float
    x: float
    xx: float
    xy: float


def results(experiment: Experiment) -> Results:
    """What came of the experiment until now; the control stands first, intervals are valid at every look."""
    now = timezone.now()
    arms = sorted(experiment.arms.all(), key=lambda arm: (not arm.is_control, arm.pk))
    rows = _measure(experiment, now) if experiment.started_at else []
    days = sorted({row.day for row in rows if row.day})
    moments, doers = _accumulate(rows, arms, days)
    estimates = estimate(moments)
    exposed = [sum(row.persons for row in rows if row.arm_id == arm.pk) for arm in arms]
    return Results(
        as_of=now,
        arms=[_result(experiment, arms, row, exposed[row], moments, doers, estimates) for row in range(len(arms))],
        days=days,
        sample_ratio_p=sample_ratio_p(exposed, [arm.weight for arm in arms]),
        crossed=sum(row.crossed for row in rows),
        reduction=float(estimates.reduction[-1]) if days else 0.0,
    )


def _measure(experiment: Experiment, now: datetime) -> list[_Row]:
    accounts, account_values = agreeing().query.sql_with_params()
    since = experiment.started_at and experiment.started_at - timedelta(days=experiment.history_days)
    counting = deeds(experiment.outcome_types, experiment.outcome_measure, since)
    events, event_values = counting.query.sql_with_params()
    is_once = experiment.outcome_measure == Measure.ANY
    y, x = ("least(y, 1.0)", "least(x, 1.0)") if is_once else ("y", "x")
    sql = MEASURED.format(accounts=accounts, events=events, y=y, x=x)
    days, history = experiment.outcome_days, experiment.history_days
    zone = timezone.get_current_timezone_name()
    values = [*account_values, *event_values, experiment.pk, days, now, days, zone, history, days]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [_Row(*row) for row in cursor.fetchall()]


def _accumulate(rows: Sequence[_Row], arms: Sequence[Arm], days: Sequence[date]) -> tuple[Moments, np.ndarray]:
    """The sums up to each day, and how many persons did what counts: both of shape (arms, days)."""
    sums = np.zeros((7, len(arms), len(days)))
    row_of, column_of = {arm.pk: row for row, arm in enumerate(arms)}, {day: column for column, day in enumerate(days)}
    for row in rows:
        if row.day:
            told = (row.persons, row.y, row.yy, row.x, row.xx, row.xy, row.doers)
            sums[:, row_of[row.arm_id], column_of[row.day]] = told
    *moments, doers = sums.cumsum(axis=2)
    return Moments(*moments), doers


def _result(
    experiment: Experiment,
    arms: Sequence[Arm],
    row: int,
    exposed: int,
    moments: Moments,
    doers: np.ndarray,
    estimates: Estimates,
) -> ArmResult:
    persons = moments.persons[row]
    measured = int(persons[-1]) if persons.size else 0
    mean = float(moments.y[row, -1]) / measured if measured else None
    if arms[row].is_control:
        return ArmResult(arms[row], exposed, measured, mean, None, None)
    pair = [0, row]
    share = sum(arms[each].weight for each in pair) / sum(arm.weight for arm in arms)
    together = moments.persons[pair].sum(axis=0)
    reach = for_any_look(together, ALPHA / (len(arms) - 1), experiment.planned_persons * share)
    enough = is_enough(experiment.outcome_measure, moments.persons[pair], doers[pair])
    series = compare(estimates, 0, row, np.where(enough, reach, np.nan))
    return ArmResult(arms[row], exposed, measured, mean, series, verdict_of(series))


def is_enough(measure: str, persons: np.ndarray, doers: np.ndarray) -> np.ndarray:
    """Whether there are persons enough for intervals: arrays of shape (arms, moments), the answer of shape (moments,).

    doers: how many of the persons did what counts. Where both only grow, it stays true once it is.
    """
    fewest_different = np.minimum(doers, persons - doers) if measure == Measure.ANY else doers
    enough: np.ndarray = (persons >= FEWEST_PERSONS) & (fewest_different >= FEWEST_DIFFERENT)
    return np.all(enough, axis=0)


def verdict_of(series: Comparison) -> Verdict:
    """What the last moment of a comparison says of the arm."""
    if not series.low.size or np.isnan(series.low[-1]):
        return Verdict.TOO_FEW
    if series.low[-1] > 0:
        return Verdict.MORE
    return Verdict.LESS if series.high[-1] < 0 else Verdict.UNDECIDED
