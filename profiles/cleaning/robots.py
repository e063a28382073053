"""Leaving out accounts on days on which they did more than a person can."""

from django.utils.translation import gettext_lazy as _

from profiles.cleaning.step import COLUMNS, LeavingOut

PER_MINUTE = 120
PER_HOUR = 1_500
PER_DAY = 6_000
AT_ONE_MOMENT = 10
"""So many events of the same moment count at most: times that repeat are of lists and files, not of fingers."""
NAME = "robot"

ROBOTS = LeavingOut(
    name=NAME,
    title=_("robots"),
    rule=_(
        "All that an account did on a day (by UTC) on which it acted more than 120 times within a minute of the clock, "
        "1,500 times within an hour or 6,000 times in all. Impressions do not count as acting, nor what an earlier "
        "step left out; of events with exactly the same time ten count."
    ),
    sql=f"""
WITH act AS (
    SELECT account_id, day, "timestamp" FROM {{before}} WHERE step IS NULL AND NOT is_before AND type <> 'impression'
), busy AS (
    SELECT account_id, day FROM act GROUP BY account_id, day HAVING count(*) > {min(PER_MINUTE, PER_HOUR, PER_DAY)}
), moment AS (
    SELECT account_id, day, "timestamp", least(count(*), {AT_ONE_MOMENT}) AS acts
    FROM busy JOIN act USING (account_id, day) GROUP BY account_id, day, "timestamp"
), minute AS (
    SELECT account_id, day, date_trunc('minute', "timestamp", 'UTC') AS minute, sum(acts) AS acts
    FROM moment GROUP BY 1, 2, 3
), hour AS (
    SELECT account_id, day, date_trunc('hour', minute, 'UTC') AS hour, sum(acts) AS acts, max(acts) AS in_a_minute
    FROM minute GROUP BY 1, 2, 3
), robot AS (
    SELECT account_id, day FROM hour GROUP BY account_id, day
    HAVING max(in_a_minute) > {PER_MINUTE} OR max(acts) > {PER_HOUR} OR sum(acts) > {PER_DAY}
)
SELECT {COLUMNS}, CASE WHEN step IS NULL AND robot.account_id IS NOT NULL THEN '{NAME}' ELSE step END AS step
FROM {{before}} LEFT JOIN robot USING (account_id, day)
""",  # noqa: S608 our own constants
)
