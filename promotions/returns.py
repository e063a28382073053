"""What a batch brought: people to whom it was offered beside those who were held out."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from django.db import connection
from django.utils import timezone

from profiles.experiment_results import ALPHA, SUSPICIOUS
from profiles.experimentation.bounds import for_any_look
from profiles.experimentation.comparison import FEWEST_DIFFERENT, FEWEST_PERSONS, compare
from profiles.experimentation.moments import Moments, estimate
from profiles.experimentation.sample_ratio import sample_ratio_p
from profiles.models import Arm, EventType, Measure
from profiles.outcomes import agreeing, deeds
from promotions import holdouts
from promotions.models import CouponBatch

NARROWEST_AT = 2_000
"""Persons at which intervals are as narrow as they can be, as of experiments."""

MEASURED = """
WITH agreeing(id, person_id, shares) AS NOT MATERIALIZED ({accounts}),
deed(account_id, at, amount) AS NOT MATERIALIZED ({events}),
met AS (
    SELECT DISTINCT ON (account.person_id) account.id AS account_id, exposure.arm_id, exposure.exposed_at AS since
    FROM profiles_exposure exposure JOIN accounts_linkedaccount account ON account.id = exposure.account_id
    WHERE exposure.experiment_id = %s
    ORDER BY account.person_id, exposure.exposed_at, exposure.id
),
source AS (
    SELECT met.*, other.id AS source_id
    FROM met JOIN agreeing seen ON seen.id = met.account_id
    JOIN agreeing other ON other.person_id = seen.person_id
        AND (other.id = seen.id OR (other.shares AND seen.shares))
),
bought AS (
    SELECT source.account_id, arm_id, count(amount) FILTER (WHERE amount > 0) AS purchases,
        coalesce(sum(amount), 0) AS paid
    FROM source LEFT JOIN deed ON deed.account_id = source_id
        AND deed.at >= since AND deed.at < least(since + %s * interval '1 day', %s)
    GROUP BY source.account_id, arm_id
),
saved AS (
    SELECT source.account_id, sum(used.amount - used.returned) AS discount
    FROM source JOIN promotions_redemption redemption ON redemption.account_id = source_id
        AND redemption.state = 'committed' AND redemption.created_at >= since
        AND redemption.created_at < since + %s * interval '1 day'
    JOIN promotions_use used ON used.redemption_id = redemption.id AND used.batch_id = %s
    GROUP BY source.account_id
),
person AS (
    SELECT arm_id, purchases::float8 AS purchases, paid::float8 AS paid, coalesce(discount, 0)::float8 AS discount,
        %s * (paid + coalesce(discount, 0))::float8 - coalesce(discount, 0)::float8 AS margin
    FROM bought LEFT JOIN saved USING (account_id)
)
SELECT arm_id, count(*), count(*) FILTER (WHERE purchases > 0), sum(discount),
    sum(purchases), sum(purchases * purchases), sum(paid), sum(paid * paid), sum(margin), sum(margin * margin)
FROM person GROUP BY arm_id
"""
"""Persons by arm with the sums of what they bought since they met the batch, for so many days at most.

Whose events count is as in `profiles.experiment_results`. What was paid is without the discount, which the margin adds
to the price before it takes the costs of selling off.
"""


class Certainty(Enum):
    """What can be said."""

    TOO_FEW = "too few"
    MORE = "more"
    LESS = "less"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Gain:
    """What one person more was offered brought on average, and between which bounds it lies 95 times out of 100.

    The bounds hold however often one looks. None where there are too few people.
    """

    difference: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Return:
    """Money in minor units. offered, held_out: persons who met the batch.

    cost: what the coupons of those offered took off. earned: the margin that it brought in all, its cost taken off;
    each_unit: of each unit of cost; both with bounds. is_suspicious: the groups have not the shares that were planned.
    """

    offered: int
    held_out: int
    purchases: Gain
    revenue: Gain
    margin: Gain
    cost: float
    earned: Gain
    each_unit: Gain | None
    certainty: Certainty
    is_suspicious: bool


def return_of(batch: CouponBatch, margin: float = 1.0) -> Return | None:
    """What the batch has brought until now; None where it holds nobody out.

    margin: the share (0 to 1) of a list price that is left when teachers and other costs of a sale are paid.
    """
    experiment = batch.experiment
    if experiment is None or experiment.started_at is None:
        return None
    rows = _measure(batch, experiment.pk, margin)
    arms = {arm.slug: arm for arm in Arm.objects.filter(experiment=experiment)}
    pair = [rows.get(arms[slug].pk, (0.0,) * 9) for slug in (holdouts.HELD_OUT, holdouts.OFFERED)]
    held, offered = (int(row[0]) for row in pair)
    doers = min(row[1] for row in pair)
    is_enough = min(held, offered) >= FEWEST_PERSONS and doers >= FEWEST_DIFFERENT
    persons = [row[0] for row in pair]
    purchases, revenue, brought = (
        _gain(persons, [row[at] for row in pair], [row[at + 1] for row in pair], is_enough) for at in (3, 5, 7)
    )
    cost = pair[1][2]
    earned = _times(brought, offered)
    weights = [arms[slug].weight for slug in (holdouts.HELD_OUT, holdouts.OFFERED)]
    return Return(
        offered=offered,
        held_out=held,
        purchases=purchases,
        revenue=revenue,
        margin=brought,
        cost=cost,
        earned=earned,
        each_unit=_times(earned, 1 / cost) if cost else None,
        certainty=_certainty(brought),
        is_suspicious=sample_ratio_p([held, offered], weights) < SUSPICIOUS,
    )


def _measure(batch: CouponBatch, experiment_id: int, margin: float) -> dict[int, tuple[float, ...]]:
    """By arm: persons, buyers, discount, and the sums and sums of squares of purchases, revenue and margin."""
    accounts, account_values = agreeing().query.sql_with_params()
    types = [EventType.PURCHASE, EventType.REFUND]
    started = batch.experiment.started_at if batch.experiment else None
    events, event_values = deeds(types, Measure.SUM, started).query.sql_with_params()
    days = holdouts.DAYS
    values = [*account_values, *event_values, experiment_id, days, timezone.now(), days, batch.pk, margin]
    with connection.cursor() as cursor:
        cursor.execute(MEASURED.format(accounts=accounts, events=events), values)
        return {row[0]: tuple(float(value or 0) for value in row[1:]) for row in cursor.fetchall()}


def _gain(persons: list[float], sums: list[float], squares: list[float], is_enough: bool) -> Gain:
    """Of those offered (the second) beside those held out (the first)."""
    counts, y, yy = (np.array(values, dtype=float).reshape(2, 1) for values in (persons, sums, squares))
    nothing = np.zeros((2, 1))
    estimates = estimate(Moments(counts, y, yy, nothing, nothing, nothing))
    together = np.array([sum(persons)])
    reach = for_any_look(together, ALPHA, NARROWEST_AT) if is_enough else np.array([np.nan])
    found = compare(estimates, 0, 1, reach)
    difference, low, high = (float(each[0]) for each in (found.difference, found.low, found.high))
    return Gain(0.0 if np.isnan(difference) else difference, *((low, high) if is_enough else (None, None)))


def _times(gain: Gain, factor: float) -> Gain:
    low, high = (None if each is None else each * factor for each in (gain.low, gain.high))
    return Gain(gain.difference * factor, low, high)


def _certainty(gain: Gain) -> Certainty:
    if gain.low is None or gain.high is None:
        return Certainty.TOO_FEW
    if gain.low > 0:
        return Certainty.MORE
    return Certainty.LESS if gain.high < 0 else Certainty.UNDECIDED
