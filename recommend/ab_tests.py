"""Trying a model on some people: an experiment whose arms are answered by different models."""

from collections.abc import Sequence
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from crossmarket.foundation.locks import one_at_a_time
from profiles import experiments
from profiles.models import Arm, EventType, Experiment, ExperimentState, Measure
from recommend.models import ArmModel, ModelVersion, Role

STARTING = "starting a test of models"
CONTROL, CHALLENGER = "champion", "challenger"


class CannotTry(Exception):
    """The test cannot be begun; the message says why."""


@transaction.atomic
def begin(
    challenger: ModelVersion,
    percent: int = 50,
    outcome_types: Sequence[EventType] = (EventType.CLICK, EventType.PURCHASE),
    days: int = 7,
) -> Experiment:
    """Let this model answer `percent` of the people, and the active one the others, from now on.

    Both arms keep their models whatever is activated meanwhile. It is stopped, and read, as every experiment. Raises
    `CannotTry` while another one runs, or without another model that answers.
    """
    one_at_a_time(STARTING)
    champion = ModelVersion.objects.active()
    if champion is None or champion == challenger or challenger.role != Role.RECOMMENDER:
        raise CannotTry(_("There is no other model that answers, to compare this one with."))
    if ArmModel.objects.filter(arm__experiment__state=ExperimentState.RUNNING).exists():
        raise CannotTry(_("Another test of models runs; stop it first."))
    experiment = Experiment.objects.create(
        slug=f"models-{uuid4().hex[:8]}",
        name=_("%(challenger)s beside %(champion)s") % {"challenger": challenger, "champion": champion},
        hypothesis=_("People who are answered by %(challenger)s do more of what counts.") % {"challenger": challenger},
        outcome_types=list(outcome_types),
        outcome_measure=Measure.COUNT,
        outcome_days=days,
    )
    for slug, model, weight in ((CONTROL, champion, 100 - percent), (CHALLENGER, challenger, percent)):
        arm = Arm.objects.create(
            experiment=experiment, slug=slug, name=str(model), weight=weight, is_control=slug == CONTROL
        )
        ArmModel.objects.create(arm=arm, model=model)
    return experiments.start(experiment)
