"""Changing courses by hand."""

from django.db import transaction

from crossmarket.foundation import generations
from profiles.models import Course
from profiles.segmentation.courses import rebuild_on_commit


@transaction.atomic
def save_course(course: Course) -> None:
    """Store a course that someone edited; searches and lists know it at once."""
    known = Course.objects.filter(pk=course.pk)
    if known.exclude(category=course.category, kind=course.kind).exists():
        rebuild_on_commit()
    course.tags_text = " ".join(course.tags)
    course.save()
    generations.renew_on_commit(generations.CATALOGUE)
