"""What the page of a model shows besides its fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import Platform
from profiles.models import EventType, Segment
from profiles.segmentation.naming import name_of
from recommend import shadows
from recommend.admin.model_charts import curve_chart, loss_chart
from recommend.evaluation.slices import HISTORY, PLATFORM
from recommend.models import ArmModel, ModelVersion
from recommend.promotion import Decision

METRICS: dict[str, tuple[Promise, Promise]] = {
    "recall@10": (gettext_lazy("Recall@10"), gettext_lazy("how often the course held out was among the first ten")),
    "recall@20": (gettext_lazy("Recall@20"), gettext_lazy("the same among the first twenty")),
    "ndcg@10": (gettext_lazy("NDCG@10"), gettext_lazy("the same, and the higher it stood the more")),
    "ndcg@20": (gettext_lazy("NDCG@20"), gettext_lazy("the same among the first twenty")),
    "coverage@10": (gettext_lazy("coverage"), gettext_lazy("share of the catalogue in somebody's first ten")),
    "novelty@10": (gettext_lazy("novelty (bits)"), gettext_lazy("how little known the courses listed are")),
    "overlap@10": (gettext_lazy("overlap"), gettext_lazy("what the first ten of two people have in common")),
    "diversity@10": (
        gettext_lazy("diversity"),
        gettext_lazy("chance that two courses of a list are of different categories"),
    ),
    "miscalibration@10": (
        gettext_lazy("miscalibration (nats)"),
        gettext_lazy("how far the categories of a list are from those of the history"),
    ),
    "whole_ndcg@10": (
        gettext_lazy("NDCG@10, not compact"),
        gettext_lazy("of the same model before it was made compact"),
    ),
    "share_of_bytes": (
        gettext_lazy("share of bytes"),
        gettext_lazy("how large the compact model is beside the whole one"),
    ),
    "questions": (gettext_lazy("questions"), gettext_lazy("people who were asked for a course held out")),
}
KINDS = {
    PLATFORM: gettext_lazy("platform"),
    HISTORY: gettext_lazy("courses met before"),
    "segment": gettext_lazy("segment"),
}


@dataclass(frozen=True)
class SliceRow:
    """A line of the table: a part of the people, how good the lists were for it, and beside the champion's."""

    kind: str
    name: str
    questions: int
    recall: float
    ndcg: float
    low: float
    high: float
    difference: dict[str, Any] | None

    @property
    def verdict(self) -> str:
        """Whether the difference is beyond noise, as a colour's name; empty where it is not."""
        if not self.difference:
            return ""
        if self.difference["low"] > 0:
            return "success"
        return "danger" if self.difference["high"] < 0 else ""


def context_of(version: ModelVersion) -> dict[str, Any]:
    """All of it."""
    return {
        "figures": _figures(version),
        "decision": decision_words(version),
        "loss_chart": loss_chart(version),
        "curve_chart": curve_chart(version),
        "slice_rows": slice_rows(version),
        "comparison": version.comparison,
        "snapshot": _snapshot(version),
        "trials": _trials(version),
        "shadow_rows": [(shadow, shadows.figures(shadow)) for shadow in version.shadows.all()[:3]],
    }


def _figures(version: ModelVersion) -> list[tuple[Promise | str, Promise | str, float]]:
    """Name, meaning and value of each figure; those that every such model has come first, and in one order."""
    order = {name: place for place, name in enumerate(METRICS)}
    names = sorted(version.metrics, key=lambda name: (order.get(name, len(order)), name))
    return [(*METRICS.get(name, (name, "")), version.metrics[name]) for name in names]


def decision_words(version: ModelVersion) -> str:
    """Why it was let to answer, or not; empty for models of before that was noted."""
    return msgspec.convert(version.decision, Decision).words() if version.decision else ""


def slice_rows(version: ModelVersion) -> list[SliceRow]:
    """The parts of the people, named."""
    slices = version.report.get("slices", [])
    differences = {(each["kind"], each["name"]): each["difference"] for each in version.comparison.get("slices", [])}
    names = _names(slices)
    return [
        SliceRow(
            kind=str(KINDS.get(each["kind"], each["kind"])),
            name=names.get((each["kind"], each["name"]), each["name"].replace("-", "–")),
            difference=differences.get((each["kind"], each["name"])),
            **{key: each[key] for key in ("questions", "recall", "ndcg", "low", "high")},
        )
        for each in slices
    ]


def _names(slices: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """What slices are called; of platforms and segments that are gone, nothing."""
    platforms = {each["name"] for each in slices if each["kind"] == PLATFORM}
    keys = {each["name"] for each in slices if each["kind"] == "segment"}
    found = {(PLATFORM, str(each.pk)): str(each) for each in Platform.objects.filter(pk__in=platforms)}
    segments: QuerySet[Segment] = Segment.objects.filter(key__in=keys)
    return found | {("segment", segment.key): name_of(segment) for segment in segments}


def _snapshot(version: ModelVersion) -> dict[str, Any] | None:
    told = version.snapshot
    if not told:
        return None
    words = dict(EventType.choices)
    platforms = {each.slug: str(each) for each in Platform.objects.filter(slug__in=told["events"])}
    return {
        "rows": [
            (platforms.get(slug, slug), [(words.get(kind, kind), number) for kind, number in counts.items()])
            for slug, counts in told["events"].items()
        ],
        "first": _moment(told["first"]),
        "last": _moment(told["last"]),
        "digest": told["digest"],
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _trials(version: ModelVersion) -> list[ArmModel]:
    """The experiments that it takes or took part in."""
    return list(ArmModel.objects.filter(model=version).select_related("arm__experiment").order_by("-arm")[:5])
