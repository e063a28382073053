"""Leaving out what cannot have happened as it was told."""

from django.utils.translation import gettext_lazy as _

from profiles.cleaning.step import COLUMNS, LeavingOut
from profiles.ingest.event_entry import FIVE_STARS, MOST_MONEY, SHARE

HOURS_AHEAD = 1
"""Clocks of senders may be ahead by so much; more is another time zone taken for ours, and all hours are wrong."""
FIRST_YEAR = 1990
"""Earlier times are clocks that were never set."""

NAME = "impossible"

IMPOSSIBLE_VALUES = LeavingOut(
    name=NAME,
    title=_("impossible values"),
    rule=_(
        "Times more than an hour after the event was received, or before 1990; ratings without a course or not from "
        "1 to 5; amounts below zero, above 100,000,000,000 or not whole; completions not from 0 to 1."
    ),
    sql=f"""
SELECT {COLUMNS}, CASE
    WHEN step IS NOT NULL THEN step
    WHEN "timestamp" > received_at + interval '{HOURS_AHEAD} hour'
        OR "timestamp" < '{FIRST_YEAR}-01-01 00:00:00+00'
        OR type = 'rating' AND (course_id IS NULL OR value IS NULL
            OR value NOT BETWEEN {FIVE_STARS[0]} AND {FIVE_STARS[1]})
        OR type IN ('purchase', 'refund') AND (value NOT BETWEEN 0 AND {MOST_MONEY} OR value <> trunc(value))
        OR type = 'complete' AND value NOT BETWEEN {SHARE[0]} AND {SHARE[1]}
        THEN '{NAME}'
    END AS step
FROM {{before}}
""",  # noqa: S608 our own constants
)
