"""What exploring taught about a slot, and what other ways of exploring would have brought."""

from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crossmarket.foundation.desk import ReadOnlyAdmin
from recommend import model_store
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.exploration.drawing import RANKED
from recommend.exploration.intervals import Interval
from recommend.exploration.off_policy import Estimate
from recommend.exploration.weighting import Caution
from recommend.exploring.by_model import judge_model
from recommend.exploring.examining import examination
from recommend.exploring.judging import Judged, Trials, judge
from recommend.models import ExploredPlacement, ModelVersion, Role
from recommend.serving.answers import Source
from recommend.serving.arms import ARMS

logger = structlog.get_logger(__name__)

ARM_WORDS: dict[str, Promise] = {
    RANKED: _("What is ranked next"),
    Source.MODEL: _("The model"),
    Source.SIMILAR: _("Goes with the last courses"),
    Source.SAME_CATEGORY: _("Categories that they learn"),
    Source.SEGMENT: _("What their segments like"),
    Source.POPULAR: _("Popular courses"),
    Source.NEW: _("New courses"),
}
CAUTION_WORDS: dict[str, Promise] = {
    Caution.LITTLE_OVERLAP: _("too few answers tell of it"),
    Caution.ONE_ROUND_DECIDES: _("hangs on a single answer"),
    Caution.CHANCES_IN_DOUBT: _("the noted chances do not fit what happened"),
    Caution.UNSUPPORTED: _("would do what was never tried"),
    Caution.MODEL_ALONE: _("by predictions alone"),
    Caution.WEIGHTS_CUT: _("large weights were cut"),
}
PLACES_SHOWN = 10
MODELS_OFFERED = 5


@dataclass(frozen=True)
class Row:
    """A line of a table: rates are of 100 places shown, as text."""

    title: str | Promise
    tried: int | None
    value: str
    interval: str
    worth: int
    cautions: list[Promise]


@admin.register(ExploredPlacement)
class ExploredPlacementAdmin(ReadOnlyAdmin):
    """Slots in which something was tried; each page tells what came of it."""

    list_display = ("placement", "platform", "answers", "clicks", "updated_at")
    list_select_related = ("platform",)
    list_filter = ("platform",)
    list_filter_sheet = True
    search_fields = ("placement",)
    fields = ("platform", "placement", "answers", "clicks", "updated_at")
    change_form_before_template = "admin/recommend/exploredplacement/figures.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one slot; `model` in the address names a model to be asked about."""
        row = self.get_object(request, object_id)
        context = {} if row is None else _told_of(row, request.GET.get("model", ""))
        request.GET = request.GET.copy()
        request.GET.pop("model", None)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})


def _told_of(row: ExploredPlacement, wanted: str) -> dict[str, Any]:
    judged = judge(row.platform_id, row.placement)
    models = list(ModelVersion.objects.filter(role=Role.RECOMMENDER)[:MODELS_OFFERED])
    chosen = next((model for model in models if str(model.pk) == wanted), None)
    looked_at = examination(row)
    return {
        "judged": judged,
        "rate": judged and _rate(judged.rate),
        "at_tried": judged and judged.at_tried and _rate(judged.at_tried),
        "sources": _sources(judged),
        "shares": _shares(judged),
        "models": models,
        "chosen": chosen,
        "by_model": chosen and judged and judged.trials and _by_model(chosen, judged.trials),
        "places": [
            (number + 1, round(100 * chance), round(float(looked_at.clicks[number])))
            for number, chance in enumerate(looked_at.chances[:PLACES_SHOWN].tolist())
        ],
        "clicks_on_places": round(float(looked_at.clicks.sum())),
    }


def _sources(judged: Judged | None) -> list[Row]:
    if judged is None:
        return []
    return [_row(ARM_WORDS[arm], *judged.sources[arm][::-1]) for arm in ARMS if arm in judged.sources]


def _shares(judged: Judged | None) -> list[Row]:
    if judged is None:
        return []
    return [_row(f"{share:.0%}", estimate) for share, estimate in judged.shares.items()]


def _by_model(version: ModelVersion, trials: Trials) -> Row | None:
    try:
        return _row(str(version), judge_model(trials, model_store.load(version)))
    except CorruptedArtifact as error:
        logger.error("model_unreadable", model=str(version), error=str(error))  # noqa: TRY400 - its words say all
        return None


def _row(title: str | Promise, estimate: Estimate, tried: int | None = None) -> Row:
    interval = Interval(estimate.value, estimate.error, estimate.low, estimate.high)
    value, between = _rate(interval)
    words = [CAUTION_WORDS[caution] for caution in estimate.cautions]
    return Row(title, tried, value, between, round(estimate.effective_size), words)


def _rate(interval: Interval) -> tuple[str, str]:
    """Of 100 places shown, and between what; a dash for what is not known."""
    if interval.value != interval.value:
        return "–", "–"
    if interval.low != interval.low:
        return f"{100 * interval.value:.1f}", "–"
    return f"{100 * interval.value:.1f}", f"{100 * interval.low:.1f} – {100 * interval.high:.1f}"
