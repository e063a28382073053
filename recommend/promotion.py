"""Champion and challenger: whether a freshly trained model is to answer instead of the one that does.

Both are asked the same held-out questions, and neither has seen the answers:

another recipe   The champion was trained on all there was then, and so perhaps on what is asked now. Therefore its
                 algorithm and settings are trained anew on the challenger's part of the data: two recipes under equal
                 conditions. The challenger must be better beyond noise.
the same recipe  Trained anew, both would be one and the same; what differs is the data. So the champion itself, as it
                 answers now, is asked about what happened after it was trained. Of fresher data it is presumed that it
                 helps: the refreshed model takes over unless it is worse beyond noise, also where too little has
                 happened since to tell.
"""

from enum import StrEnum

import msgspec
from django.db import models
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from recommend.evaluation import Difference

MARGIN = 0.01
"""What a model that need only be no worse may lose at most: this share of the champion's NDCG."""


class Activation(models.TextChoices):
    """When a freshly trained model is to answer."""

    IF_BETTER = "if_better"
    IF_NO_WORSE = "if_no_worse"
    ALWAYS = "always"
    NEVER = "never"


class Ground(StrEnum):
    """Why a model was let to answer, or was not."""

    ASKED = "asked"
    NOT_ASKED = "not_asked"
    FIRST = "first"
    UNREADABLE = "unreadable"
    UNMEASURED = "unmeasured"
    BETTER = "better"
    NOT_BETTER = "not_better"
    NO_WORSE = "no_worse"
    MAYBE_WORSE = "maybe_worse"
    FRESHER = "fresher"
    WORSE = "worse"


TAKING_OVER = {Ground.ASKED, Ground.FIRST, Ground.UNREADABLE, Ground.BETTER, Ground.NO_WORSE, Ground.FRESHER}
SENTENCES = {
    Ground.ASKED: _("It answers because somebody said so."),
    Ground.NOT_ASKED: _("It waits until somebody lets it answer."),
    Ground.FIRST: _("It answers, for there was no model before."),
    Ground.UNREADABLE: _("It answers, for %(champion)s cannot be read any more."),
    Ground.UNMEASURED: _("Kept %(champion)s: there is too little to compare them on."),
    Ground.BETTER: _("Better than %(champion)s beyond noise: %(measured)s."),
    Ground.NOT_BETTER: _("Kept %(champion)s, for it is not beaten beyond noise: %(measured)s."),
    Ground.NO_WORSE: _("No worse than %(champion)s: %(measured)s."),
    Ground.MAYBE_WORSE: _("Kept %(champion)s, for this one may be worse: %(measured)s."),
    Ground.WORSE: _("Kept %(champion)s, for this one is worse beyond noise: %(measured)s."),
    Ground.FRESHER: _("The same as %(champion)s with fresher data, and no worse beyond noise: %(measured)s."),
}
UNTESTED = _("The same as %(champion)s with fresher data; too little has happened since to compare them.")


class Decision(msgspec.Struct, frozen=True):
    """Whether a model takes over, and why. difference: of NDCG@10, challenger minus champion, where it was measured."""

    takes_over: bool
    ground: Ground
    champion: str = ""
    difference: Difference | None = None

    def words(self) -> str:
        """The decision in the active language."""
        is_untested = self.ground is Ground.FRESHER and self.difference is None
        sentence = UNTESTED if is_untested else SENTENCES[self.ground]
        champion = gettext(self.champion) if self.champion else ""
        return str(sentence) % {"champion": champion, "measured": _measured(self.difference)}

    def line(self) -> str:
        """The decision as a line of a job's log, which is English."""
        with override("en"):
            return self.words()


class Rival(msgspec.Struct, frozen=True):
    """The model that answers now, as far as a decision needs it.

    mean: its NDCG@10 on what both were asked, None where nothing was. is_readable: whether its files are whole.
    """

    name: str
    has_same_recipe: bool
    is_readable: bool = True
    mean: float | None = None


def decide(activation: Activation, champion: Rival | None, difference: Difference | None) -> Decision:
    """Whether the challenger takes over. champion: None where no model answers."""
    ground = _ground(activation, champion, difference)
    return Decision(ground in TAKING_OVER, ground, champion.name if champion else "", difference)


def _ground(activation: Activation, champion: Rival | None, difference: Difference | None) -> Ground:
    if activation is Activation.ALWAYS:
        return Ground.ASKED
    if activation is Activation.NEVER:
        return Ground.NOT_ASKED
    if champion is None:
        return Ground.FIRST
    if not champion.is_readable:
        return Ground.UNREADABLE
    return _ground_beside(activation, champion, difference)


def _ground_beside(activation: Activation, champion: Rival, difference: Difference | None) -> Ground:
    if champion.has_same_recipe:
        return Ground.WORSE if difference is not None and difference.high < 0 else Ground.FRESHER
    if difference is None:
        return Ground.UNMEASURED
    if activation is Activation.IF_BETTER:
        return Ground.BETTER if difference.low > 0 else Ground.NOT_BETTER
    return Ground.NO_WORSE if difference.low > -MARGIN * (champion.mean or 0.0) else Ground.MAYBE_WORSE


def _measured(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return gettext("NDCG@10 differs by %(difference)+.4f [%(low)+.4f, %(high)+.4f] over %(people)d people") % {
        "difference": difference.difference,
        "low": difference.low,
        "high": difference.high,
        "people": difference.people,
    }
