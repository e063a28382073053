"""Why a course is recommended, in words."""

from collections.abc import Mapping, Sequence

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommend.serving.answers import CourseCard, Source
from recommend.serving.candidates import KnownHistory
from recommend.serving.situation import Situation

PLAIN = {
    Source.MODEL: gettext_lazy("Fits what you learn"),
    Source.SIMILAR: gettext_lazy("Often learned together"),
    Source.SEGMENT: gettext_lazy("Liked by learners like you"),
    Source.POPULAR: gettext_lazy("Popular now"),
    Source.NEW: gettext_lazy("New"),
    Source.SAME_CATEGORY: gettext_lazy("In the same category"),
    Source.AGAIN: gettext_lazy("Worth another look"),
    Source.PINNED: gettext_lazy("Chosen for this place"),
}


def of(
    cards: Sequence[CourseCard],
    sources: Mapping[int, Source],
    situation: Situation,
    known: KnownHistory | None,
    platform_id: int | None,
) -> list[str]:
    """The reason of each course. Courses of other platforms are named on CrossMarket's own pages only."""
    by_model = [card for card in cards if sources[card.id] is Source.MODEL]
    causes = _causes(by_model, situation, known) if by_model and known else {}
    words: list[str] = []
    for card in cards:
        cause = causes.get(card.id)
        words.append(_without_cause(sources[card.id]) if cause is None else _because(cause, situation, platform_id))
    return words


def plain(source: Source) -> str:
    """The reason where no course of the person's own is the cause."""
    return str(PLAIN[source])


def _without_cause(source: Source) -> str:
    return _("In a category that you learn") if source is Source.SAME_CATEGORY else plain(source)


def learned_together() -> str:
    """The reason of a course that goes with another one."""
    return plain(Source.SIMILAR)


def _because(cause: CourseCard, situation: Situation, platform_id: int | None) -> str:
    if platform_id is not None and cause.platform_id != platform_id:
        return _("Fits what you learn on your other platforms")
    names = {"title": cause.title, "platform": cause.platform_name}
    is_finished = cause.id in situation.history.completed
    if platform_id is not None:
        return (_("Because you finished “%(title)s”") if is_finished else _("Because of “%(title)s”")) % names
    if is_finished:
        return _("Because you finished “%(title)s” on %(platform)s") % names
    return _("Because of “%(title)s” on %(platform)s") % names


def _causes(cards: Sequence[CourseCard], situation: Situation, known: KnownHistory) -> dict[int, CourseCard]:
    """Of each course, the course of the person's history that speaks most for it, where one does."""
    model = situation.model
    if model is None or not known.course_ids:
        return {}
    courses = [card.id for card in cards]
    columns, _is_known = model.columns_of(np.array(courses, dtype=np.int64))
    contributions = model.model.contributions(known.histories, columns.astype(np.int32))
    strongest = contributions.argmax(axis=0)
    speaks = contributions[strongest, np.arange(len(courses))] > 0
    cause_of = {
        course: known.course_ids[row]
        for course, row, is_cause in zip(courses, strongest.tolist(), speaks.tolist(), strict=True)
        if is_cause
    }
    named = {card.id: card for card in situation.catalogue.cards(set(cause_of.values()))}
    return {course: named[cause] for course, cause in cause_of.items() if cause in named}
