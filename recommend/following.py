"""Following an answer: an event on one of its courses that names the answer, soon enough.

The ranker, the bandit and the figures of shadows all learn from this one meaning; only how long each waits differs.
"""

from datetime import timedelta
from typing import cast

from django.db.models import QuerySet

from accounts.models import Purpose
from profiles.models import Event, EventType

CLOCKS_DIFFER = timedelta(minutes=5)
"""An event may seem so much earlier than the answer that it follows."""
NO_FOLLOWING = (EventType.IMPRESSION, EventType.SEARCH, EventType.REFUND)


def followings() -> QuerySet[Event]:
    """Events, of those who agree to recommendations, that name the answer through which they came to a course."""
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned()
    named = events.filter(course__isnull=False, context__has_key="recommendation_id")
    return cast("QuerySet[Event]", named.exclude(type__in=NO_FOLLOWING))
