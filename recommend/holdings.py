"""What was recommended to an account, to be given out."""

from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from crossmarket.foundation.holdings import Part, Row
from profiles.models import Course
from recommend.models import Recommendation

ROWS_AT_ONCE = 500


def parts_of_account(account: LinkedAccount, whole_person: bool) -> Iterator[Part]:
    """All answers that the account was given."""
    yield Part("recommendations", _("What was recommended to you"), _recommendations(account))


def _recommendations(account: LinkedAccount) -> Iterator[Row]:
    given = Recommendation.objects.filter(account=account).select_related("model").order_by("created_at", "pk")
    rows = given.prefetch_related("shadows__shadow__model").iterator(ROWS_AT_ONCE)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        wanted = {course_id for row in some for course_id in row.course_ids}
        wanted |= {course_id for row in some for tried in row.shadows.all() for course_id in tried.course_ids}
        courses = dict(Course.objects.filter(pk__in=wanted).values_list("pk", "title"))
        for row in some:
            yield {
                "recommendation_id": row.pk,
                "time": row.created_at,
                "placement": row.placement,
                "by": str(row.model) if row.model else row.source,
                "courses": [courses.get(course_id, "") for course_id in row.course_ids],
                "tried_and_not_shown": [
                    {"by": str(tried.shadow.model), "courses": [courses.get(each, "") for each in tried.course_ids]}
                    for tried in row.shadows.all()
                ],
            }
