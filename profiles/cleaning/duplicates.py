"""Leaving out what was sent, or pressed, twice."""

from django.utils.translation import gettext_lazy as _

from profiles.cleaning.step import COLUMNS, LeavingOut

SECONDS = 3
NEAR = f"interval '{SECONDS} seconds'"
"""An event that follows an equal one so soon is the same one once more."""
NAME = "duplicate"

DUPLICATES = LeavingOut(
    name=NAME,
    title=_("duplicates"),
    rule=_(
        "Events that follow an equal one within 3 seconds under another message id: of the same account, type, course "
        "and value, and of the same words where the event is a search or a comment. The first of a row of them counts."
    ),
    # Message ids make an order of what happened at the same time; that in which events were received must not matter,
    # nor the language that the database sorts by.
    sql=f"""
SELECT {COLUMNS}, CASE
    WHEN step IS NULL AND "timestamp" <= lag("timestamp") OVER equal + {NEAR} THEN '{NAME}'
    ELSE step
    END AS step
FROM {{before}}
WINDOW equal AS (
    PARTITION BY account_id, day, course_id, value, type COLLATE "C", words, step IS NULL
    ORDER BY "timestamp", message_id COLLATE "C"
)
""",  # noqa: S608 our own constants
)
