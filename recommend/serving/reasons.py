"""Why a course is recommended, in words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from recommend.algorithms.interactions import Float32Array
from recommend.serving.answers import CourseCard, Source
from recommend.serving.situation import Situation

if TYPE_CHECKING:
    from recommend.serving.recommending import KnownHistory


def of(
    cards: Sequence[CourseCard],
    source_of: Mapping[int, Source],
    situation: Situation,
    known: "KnownHistory | None",
    platform_id: int | None,
) -> list[str]:
    """The reason of each course. Courses of other platforms are named on CrossMarket's own pages only."""
    causes = _causes(cards, situation, known)
    return [_in_words(source_of[card.id], cause, platform_id) for card, cause in zip(cards, causes, strict=True)]


def plain(source: Source) -> str:
    """The reason where no course of the person's own is the cause."""
    return {
        Source.MODEL: _("Fits what you learn"),
        Source.POPULAR: _("Popular now"),
        Source.NEW: _("New"),
        Source.SAME_CATEGORY: _("In the same category"),
    }[source]


def learned_together() -> str:
    """The reason of a course that goes with another one."""
    return _("Often learned together")


def _in_words(source: Source, cause: CourseCard | None, platform_id: int | None) -> str:
    if source is not Source.MODEL or cause is None:
        return plain(source)
    if platform_id is not None and cause.platform_id != platform_id:
        return _("Fits what you learn on your other platforms")
    return _("Because of “%(title)s”") % {"title": cause.title}


def _causes(
    cards: Sequence[CourseCard], situation: Situation, known: "KnownHistory | None"
) -> list[CourseCard | None]:
    """Of each course, the course of the person's history that speaks most for it."""
    model = situation.model
    if model is None or known is None or not len(known.course_ids) or not cards:
        return [None] * len(cards)
    columns, is_known = model.columns_of(np.array([card.id for card in cards], dtype=np.int64))
    contributions = model.model.contributions(known.histories, columns.astype(np.int32))
    strongest = _strongest(contributions)
    causes = [int(known.course_ids[row]) if row >= 0 and is_known[i] else 0 for i, row in enumerate(strongest)]
    found = {card.id: card for card in situation.catalogue.cards({cause for cause in causes if cause})}
    return [found.get(cause) for cause in causes]


def _strongest(contributions: Float32Array) -> list[int]:
    """The row with the highest contribution of each column, -1 where none is above 0."""
    rows = contributions.argmax(axis=0)
    values = contributions[rows, np.arange(contributions.shape[1])]
    return [int(row) if value > 0 else -1 for row, value in zip(rows, values, strict=True)]
