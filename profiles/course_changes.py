"""Changing courses by hand."""

from django.db import transaction

from crossmarket.foundation import generations
from profiles.models import Course


@transaction.atomic
def save_course(course: Course) -> None:
    """Store a course that someone edited; searches and lists know it at once."""
    course.tags_text = " ".join(course.tags)
    course.save()
    generations.renew_on_commit(generations.CATALOGUE)
