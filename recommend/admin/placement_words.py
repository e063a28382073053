"""What the stages and rules of a placement are called, and what each did, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recommend.placements.rules import Stage
from recommend.serving.answers import Source
from recommend.serving.previewing import MOVING, Effect

STAGES: dict[Stage, tuple[Promise, Promise]] = {
    Stage.MODEL: (
        gettext_lazy("What the model finds"),
        gettext_lazy("The courses that the active model scores highest for the person."),
    ),
    Stage.SIMILAR: (
        gettext_lazy("What goes with the last courses"),
        gettext_lazy("Courses often learned together with what the person did last."),
    ),
    Stage.SAME_CATEGORY: (
        gettext_lazy("What is in the same categories"),
        gettext_lazy("The newest courses of the categories that the person learns most."),
    ),
    Stage.SEGMENT: (
        gettext_lazy("What their segments like"),
        gettext_lazy(
            "For people of whom little is known: what the members of their segments like more than others do."
        ),
    ),
    Stage.POPULAR: (gettext_lazy("What is popular"), gettext_lazy("The most liked courses of the last 30 days.")),
    Stage.NEW: (gettext_lazy("What is new"), gettext_lazy("The courses published last.")),
    Stage.RANKING: (
        gettext_lazy("Ranking by circumstances"),
        gettext_lazy("Candidates are put in order by device, hour and place as well; else by the sources alone."),
    ),
    Stage.MET: (gettext_lazy("Nothing that was met"), gettext_lazy("Courses that the person has met are left out.")),
    Stage.BOUGHT: (
        gettext_lazy("Nothing that was bought"),
        gettext_lazy("Courses that the person has bought, and not given back, are left out."),
    ),
    Stage.OFFER: (gettext_lazy("The offer"), gettext_lazy("Which courses may be shown at all.")),
    Stage.MEMBERS: (
        gettext_lazy("For members only"),
        gettext_lazy("Courses that only members of a segment are shown."),
    ),
    Stage.FRESHNESS: (gettext_lazy("Freshness"), gettext_lazy("Courses published lately rise.")),
    Stage.BOOSTS: (gettext_lazy("Raised and buried courses"), gettext_lazy("Scores are multiplied by your factors.")),
    Stage.POPULARITY: (
        gettext_lazy("Less of what everybody sees"),
        gettext_lazy("Popular courses give way a little to what fits just this person."),
    ),
    Stage.DIVERSITY: (
        gettext_lazy("Diversity"),
        gettext_lazy("Courses of the category or teacher of a course above them give way."),
    ),
    Stage.LIMITS: (gettext_lazy("Limits"), gettext_lazy("At most so many of one kind in a list.")),
    Stage.PINS: (gettext_lazy("Fixed places"), gettext_lazy("Courses that always stand at a place of your choice.")),
    Stage.EXPLORATION: (
        gettext_lazy("Exploring"),
        gettext_lazy("At some places, courses get a chance that would have none otherwise."),
    ),
}

SOURCES: dict[Source, Promise] = {
    Source.MODEL: gettext_lazy("model"),
    Source.SIMILAR: gettext_lazy("similar"),
    Source.SAME_CATEGORY: gettext_lazy("category"),
    Source.SEGMENT: gettext_lazy("segment"),
    Source.POPULAR: gettext_lazy("popular"),
    Source.NEW: gettext_lazy("new"),
    Source.PINNED: gettext_lazy("fixed"),
    Source.AGAIN: gettext_lazy("again"),
}

LEFT_OUT: dict[Stage, Promise] = {
    Stage.MET: gettext_lazy("left out: the person has met it"),
    Stage.BOUGHT: gettext_lazy("left out: the person has bought it"),
    Stage.OFFER: gettext_lazy("left out: it is not part of the offer"),
    Stage.MEMBERS: gettext_lazy("left out: it is for members of a segment only"),
    Stage.LIMITS: gettext_lazy("left out: there are enough of its kind above it"),
}


def in_words(effect: Effect) -> str:
    """What a stage did to a candidate."""
    if effect.is_out:
        return str(LEFT_OUT.get(effect.stage, gettext_lazy("left out")))
    words = _moved(effect) if effect.stage in MOVING else _scored(effect)
    return words % {"before": effect.before, "after": effect.after, "factor": f"{effect.factor:.2f}"}


def _moved(effect: Effect) -> str:
    is_up = effect.after is not None and effect.after < effect.before
    if effect.stage is Stage.PINS:
        if is_up:
            return _("moved up to place %(after)s (was %(before)s)")
        return _("made room: place %(before)s became %(after)s")
    if is_up:
        return _("moved up for the sake of diversity: place %(before)s became %(after)s")
    return _("gave way to other kinds: place %(before)s became %(after)s")


def _scored(effect: Effect) -> str:
    if effect.before == effect.after:
        return _("score × %(factor)s, still at place %(after)s")
    return _("score × %(factor)s: place %(before)s became %(after)s")
