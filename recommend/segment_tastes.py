"""Learning what the members of segments like: counted anew for all segments, platforms and courses in one statement."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Purpose
from crossmarket.foundation.locks import one_at_a_time
from profiles.models import Course, Event, SegmentMember
from recommend.models import SegmentTaste

LEARNING = "learning what segments like"
WINDOW = timedelta(days=30)
HALF_LIFE = timedelta(days=10)
"""After so long, what was done tells half as much."""
FEWEST_PEOPLE = 10
"""Of fewer persons of a segment nothing is told, for it would be about somebody in particular."""
FEWEST_FOR_A_COURSE = 3
"""What fewer of them liked is no taste of the segment."""
MOST = 200

LEARN = """
WITH member(segment_id, account_id, person_id) AS ({members}),
done(account_id, course_id, platform_id, engagement, timestamp) AS ({events}),
liked AS (
    SELECT member.segment_id, done.platform_id, done.course_id, member.person_id,
        sum(done.engagement * exp(-ln(2) * extract(epoch FROM %s - done.timestamp) / %s)) AS liking
    FROM done JOIN member USING (account_id)
    GROUP BY 1, 2, 3, 4
),
of_course AS (
    SELECT segment_id, platform_id, course_id, sum(liking) AS liking,
        row_number() OVER (PARTITION BY segment_id, platform_id ORDER BY sum(liking) DESC, course_id) AS place
    FROM liked GROUP BY 1, 2, 3 HAVING count(*) >= %s
),
taste AS (
    SELECT segment_id, platform_id, sum(liking) AS total, count(DISTINCT person_id) AS people
    FROM liked GROUP BY 1, 2 HAVING count(DISTINCT person_id) >= %s
)
INSERT INTO recommend_segmenttaste (segment_id, platform_id, course_ids, liking, total, people, learned_at)
SELECT taste.segment_id, taste.platform_id, array_agg(of_course.course_id ORDER BY place),
    array_agg(of_course.liking ORDER BY place), taste.total, taste.people, %s
FROM taste JOIN of_course USING (segment_id, platform_id)
WHERE place <= %s
GROUP BY taste.segment_id, taste.platform_id, taste.total, taste.people
"""


@transaction.atomic
def learn() -> int:
    """Count anew what the members of each segment like of each platform; returns how many tastes there are.

    Only members who agree to be profiled now count, and only what was done by accounts that agree to recommendations.
    """
    one_at_a_time(LEARNING)
    now = timezone.now()
    members, member_values = _members().query.sql_with_params()
    events, event_values = _events(now - WINDOW).query.sql_with_params()
    query = LEARN.format(members=members, events=events)
    figures = (now, HALF_LIFE.total_seconds(), FEWEST_FOR_A_COURSE, FEWEST_PEOPLE, now, MOST)
    SegmentTaste.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(query, (*member_values, *event_values, *figures))
        return int(cursor.rowcount)


def _members() -> QuerySet[SegmentMember, tuple[int, int, UUID]]:
    standing = SegmentMember.objects.standing().filter(segment__is_active=True)
    return standing.values_list("segment_id", "account_id", "account__person_id")


def _events(since: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().engaging()
    events = events.filter(timestamp__gte=since, course__in=Course.objects.listed()).order_by()
    return events.values_list("account_id", "course_id", "course__platform_id", "engagement", "timestamp")
