"""Searches for clusters: what was found, how good it is by number of clusters, and searching anew."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from crossmarket.foundation.desk import ReadOnlyAdmin, go_to, link, question
from profiles.clustering.fitting import FEWEST_CLUSTERS, MOST_CLUSTERS
from profiles.models import ClusterAlgorithm, Clustering, ClusterView, Segment, SegmentKind
from profiles.segmentation.clusters import Settings, enqueue_clustering, usual_settings
from profiles.segmentation.naming import name_of

MAY_SEARCH = "profiles.add_clustering"


class SearchForm(BaseDialogForm):
    """What to look for; it begins as the latest search was."""

    view = forms.ChoiceField(
        label=capfirst(_("people are alike in")), choices=ClusterView.choices, widget=UnfoldAdminSelectWidget
    )
    algorithm = forms.ChoiceField(
        label=capfirst(_("algorithm")), choices=ClusterAlgorithm.choices, widget=UnfoldAdminSelectWidget
    )
    number = forms.IntegerField(
        label=capfirst(_("clusters asked for")),
        help_text=_("Nothing: as many as fit best."),
        required=False,
        min_value=FEWEST_CLUSTERS,
        max_value=MOST_CLUSTERS,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = usual_settings()
        for name in ("view", "algorithm", "number"):
            self.fields[name].initial = getattr(usual, name)


@dataclass(frozen=True)
class Row:
    """A cluster on the page: its name, a way to its segment, how many belong and their share of all."""

    name: str
    url: str | None
    size: int
    share: float
    is_kept: bool


@admin.register(Clustering)
class ClusteringAdmin(ReadOnlyAdmin):
    """Searches are made by jobs: each night after the profiles, and when somebody asks."""

    list_display = ("__str__", "view_label", "algorithm_label", "found", "persons", "score", "created_at")
    ordering = ("-number",)
    fields = ("view_label", "algorithm_label", "asked_for", "persons", "profile_model", "made_by", "created_at")
    readonly_fields = ("view_label", "algorithm_label", "asked_for", "made_by")
    actions_list = ("search_now",)
    change_form_before_template = "admin/profiles/clustering/found.html"

    def has_search_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this user may have clusters looked for."""
        return request.user.has_perm(MAY_SEARCH)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one search, with its clusters and its chart."""
        clustering = self.get_object(request, object_id)
        more = {}
        if isinstance(clustering, Clustering):
            more = {"clusters": _rows(clustering), "scores_chart": scores_chart(clustering), "search": clustering}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    @display(description=_("people are alike in"), ordering="view")
    def view_label(self, clustering: Clustering) -> str:
        """Tastes, or everything."""
        return clustering.get_view_display()

    @display(description=_("algorithm"), ordering="algorithm")
    def algorithm_label(self, clustering: Clustering) -> str:
        """How they were found."""
        return clustering.get_algorithm_display()

    @display(description=_("clusters"))
    def found(self, clustering: Clustering) -> int:
        """How many were found."""
        return len(clustering.clusters)

    @display(description=_("score"))
    def score(self, clustering: Clustering) -> str:
        """Of the number of clusters that was chosen."""
        return f"{clustering.scores.get(str(len(clustering.clusters)), 0.0):.3f}"

    @display(description=_("clusters asked for"))
    def asked_for(self, clustering: Clustering) -> Any:
        """A number, or as many as fit."""
        return clustering.asked or _("as many as fit best")

    @display(description=_("made by"))
    def made_by(self, clustering: Clustering) -> SafeString | None:
        """The job that searched."""
        if clustering.job is None:
            return None
        return link(reverse("admin:foundation_job_change", args=[clustering.job_id]), clustering.job)

    @action(
        description=_("Look for clusters"),
        icon="bubble_chart",
        permissions=["search"],
        dialog=question(
            _("Look for clusters now?"),
            _(
                "A worker looks at all profiles and puts everybody into one cluster. Clusters that were there before "
                "keep their segments. These settings are used each night from then on."
            ),
            _("Look for clusters"),
            SearchForm,
        ),
    )
    def search_now(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Let a worker look."""
        asked = form.cleaned_data
        job = enqueue_clustering(Settings(asked["algorithm"], asked["view"], asked["number"]))
        messages.success(request, _("The search waits for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))


def scores_chart(clustering: Clustering) -> str | None:
    """The score of each number of clusters as Chart.js takes it; None where only one number was tried."""
    scores = sorted((int(number), score) for number, score in clustering.scores.items())
    if len(scores) < 2:
        return None
    line = {
        "label": gettext("score"),
        "data": [score for _number, score in scores],
        "borderColor": "var(--color-primary-500)",
        "displayYAxis": True,
        "tension": 0.2,
    }
    return json.dumps({"labels": [number for number, _score in scores], "datasets": [line]})


def _rows(clustering: Clustering) -> list[Row]:
    """The clusters of a search, large ones first, by the names that were made of what was told then."""
    segments = {each.cluster: each for each in Segment.objects.filter(cluster__in=clustering.clusters)}
    rows = []
    for number, size, told in zip(clustering.clusters, clustering.sizes, clustering.told, strict=True):
        segment = segments.get(number)
        named = segment or Segment(kind=SegmentKind.CLUSTER, cluster=number, told=told)
        share = size / max(clustering.persons, 1)
        url = reverse("admin:profiles_segment_change", args=[segment.pk]) if segment else None
        rows.append(Row(name_of(named), url, size, share, segment is not None and segment.is_active))
    return sorted(rows, key=lambda row: -row.size)
