"""What platforms say of a course in codes, in the words of the active language."""

from django import template
from django.utils.translation import gettext_lazy as _

from profiles.models import CourseKind

register = template.Library()

_DIFFICULTIES = {"beginner": _("Beginner"), "intermediate": _("Intermediate"), "advanced": _("Advanced")}


@register.filter
def kind_words(kind: str) -> str:
    """A kind of course; one that we have no words for stays as it is."""
    return str(CourseKind(kind).label) if kind in CourseKind.values else kind


@register.filter
def difficulty_words(difficulty: str) -> str:
    """How difficult a course is; what a platform calls otherwise stays as it is."""
    return str(_DIFFICULTIES.get(difficulty.lower(), difficulty))
