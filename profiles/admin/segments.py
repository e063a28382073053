"""Segments: one list of all three kinds, a page for each, and a builder for live rules."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from crossmarket.foundation.desk import go_to, link, question
from crossmarket.foundation.models import Job
from profiles import pictures
from profiles.admin import segment_editor, segment_export, segment_page
from profiles.admin.segment_form import SegmentForm, rule_text
from profiles.models import Segment, SegmentDay, SegmentKind
from profiles.segmentation import keeping
from profiles.segmentation.naming import name_of
from profiles.segmentation.rebuilding import enqueue_rebuild
from profiles.segmentation.rfm import lay_grid
from profiles.segmentation.summaries import enqueue_summary
from profiles.segmentation.trends import trend

DAYS_IN_LIST = 30
COLOURS = {SegmentKind.RULE: "info", SegmentKind.RFM: "success", SegmentKind.CLUSTER: "warning"}


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):
    """Groups of people with a name."""

    form = SegmentForm
    list_display = ("title", "kind_label", "size", "lately", "settled_at", "kept")
    list_filter = (("kind", ChoicesDropdownFilter), "is_active")
    list_filter_sheet = True
    list_per_page = 50
    search_fields = ("key",)
    search_help_text = _("Words of the name or the note")
    ordering = ("-kind", "-size", "key")
    change_form_template = "admin/profiles/segment/page.html"
    add_form_template = "admin/profiles/segment/edit.html"
    actions_list = ("lay_rfm_grid",)
    actions_detail = (
        "edit",
        "export",
        {"title": _("More"), "items": ["rebuild", "compare", "duplicate", "deactivate", "activate"]},
    )

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The fragments that the builder and the page of a segment fetch."""
        return (
            ("told/", "profiles_segment_told", segment_editor.told),
            ("audience/", "profiles_segment_audience", segment_editor.audience),
            ("<int:pk>/sample/", "profiles_segment_sample", segment_page.sample),
            ("<int:pk>/figures/", "profiles_segment_figures", segment_page.figures),
        )

    class Media:
        css = {"all": ["desk/segments/segments.css"]}

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        """With the days that the lists draw."""
        first = timezone.localdate() - timedelta(days=DAYS_IN_LIST)
        days = Prefetch("days", SegmentDay.objects.filter(day__gt=first), to_attr="latest_days")
        return super().get_queryset(request).prefetch_related(days)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Segment], search_term: str
    ) -> tuple[QuerySet[Segment], bool]:
        """By the names that readers see, too, of which many are made in their language."""
        words = search_term.casefold().split()
        if not words:
            return queryset, False
        found = [
            segment.pk
            for segment in Segment.objects.only("key", "name", "note", "kind", "told", "cluster")
            if all(word in f"{name_of(segment)} {segment.key} {segment.note}".casefold() for word in words)
        ]
        return queryset.filter(pk__in=found), False

    @display(description=_("segment"), header=True, ordering="name")
    def title(self, segment: Segment) -> list[str]:
        """The name and the key."""
        return [name_of(segment), segment.key]

    @display(description=_("kind"), ordering="kind", label=COLOURS)
    def kind_label(self, segment: Segment) -> tuple[str, str]:
        """How it is decided who belongs."""
        return segment.kind, segment.get_kind_display()

    @display(description=_("last 30 days"))
    def lately(self, segment: Segment) -> SafeString:
        """A small line of sizes."""
        days = trend(segment, segment.latest_days, timezone.localdate(), DAYS_IN_LIST)
        words = _("From %(first)s to %(last)s persons") % {"first": days[0].size, "last": days[-1].size}
        line = pictures.sparkline([day.size for day in days], words)
        return mark_safe(f'<span class="segment-trend">{line}</span>')  # noqa: S308 drawn from numbers

    @display(description=_("kept up to date"), ordering="is_active", boolean=True)
    def kept(self, segment: Segment) -> bool:
        """Whether it is kept up to date."""
        return segment.is_active

    # The form

    def get_fields(self, request: HttpRequest, obj: Segment | None = None) -> tuple[str, ...]:
        """Of a new one everything; later the key stays, and only live rules have a rule to change."""
        if obj is None:
            return ("name", "key", "note", "rule")
        return ("name", "note", "rule") if obj.kind == SegmentKind.RULE else ("name", "note")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As granted, of segments that are not kept up to date any more."""
        return super().has_delete_permission(request, obj) and isinstance(obj, Segment) and not obj.is_active

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new one may begin as another one."""
        given = request.GET.get("like", "")
        pattern = Segment.objects.filter(key=given).first()
        if pattern is None:
            return {}
        rule = pattern.rule if pattern.rule is not None else {"all": [{"segment": pattern.key}]}
        return {
            "name": _("%(name)s (copy)") % {"name": name_of(pattern)},
            "note": pattern.note,
            "rule": rule_text(rule),
        }

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The builder of a new live rule."""
        return self._editor(request, None, super().add_view(request, form_url, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one segment, from kept figures only."""
        segment = self.get_object(request, object_id)
        more = segment_page.context_of(request, segment) if segment else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def save_model(self, request: HttpRequest, obj: Segment, form: forms.ModelForm, change: bool) -> None:
        """Keep it, and let a worker find who belongs when that may have changed."""
        _follow(request, keeping.save(obj))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The segments alone: their members may be a million, and none of them is lost by it."""
        names = [name_of(each) for each in objs]
        return names, {str(self.opts.verbose_name_plural): len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Segment) -> None:
        """Remove it, unless others ask about it."""
        keeping.remove(obj)

    def response_post_save_add(self, request: HttpRequest, obj: Segment) -> HttpResponse:
        """On to its page, where the members appear."""
        return HttpResponseRedirect(reverse("admin:profiles_segment_change", args=[obj.pk]))

    response_post_save_change = response_post_save_add

    # What can be done with one

    def has_edit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """As granted."""
        return self.has_change_permission(request)

    def has_copy_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may make new ones."""
        return self.has_add_permission(request)

    def has_export_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """A permission of its own, for personal data leave the house."""
        return request.user.has_perm(segment_export.MAY_EXPORT)

    def has_rebuild_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of segments that are kept up to date and have a rule; clusters are found for all at once."""
        can_be = Segment.objects.active().exclude(kind=SegmentKind.CLUSTER)
        return self.has_change_permission(request) and (object_id is None or can_be.filter(pk=object_id).exists())

    def has_deactivate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of active ones."""
        return self._may_switch(request, object_id, is_active=True)

    def has_activate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of others."""
        return self._may_switch(request, object_id, is_active=False)

    def _may_switch(self, request: HttpRequest, object_id: Any, is_active: bool) -> bool:
        is_there = object_id is None or Segment.objects.filter(pk=object_id, is_active=is_active).exists()
        return is_there and self.has_change_permission(request)

    @action(
        description=_("Lay the RFM grid"),
        icon="grid_view",
        permissions=["copy"],
        dialog=question(
            _("Lay the RFM grid?"),
            _("Eleven segments are made of how lately and how often people came: each person is in exactly one. "
              "Those that are there already stay."),
            _("Lay the grid"),
        ),
    )  # fmt: skip
    def lay_rfm_grid(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Make the segments of the RFM grid."""
        lay_grid()
        messages.success(request, _("The RFM grid is laid; a worker finds who belongs where."))
        return go_to(request, f"{reverse('admin:profiles_segment_changelist')}?kind__exact={SegmentKind.RFM}")

    @action(description=_("Edit"), icon="edit", permissions=["edit"])
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of one segment, with the builder for live rules."""
        segment = get_object_or_404(Segment, pk=object_id)
        response = super().change_view(request, object_id, extra_context={"title": _("Edit the segment")})
        return self._editor(request, segment, response)

    @action(
        description=_("Rebuild now"),
        icon="refresh",
        permissions=["rebuild"],
        dialog=question(
            _("Rebuild this segment?"),
            _("A worker looks at everybody anew. Members follow events by themselves, so this is rarely needed."),
            _("Rebuild"),
        ),
    )
    def rebuild(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Let a worker look at everybody anew."""
        job = enqueue_rebuild(get_object_or_404(Segment, pk=object_id))
        messages.success(request, _("The segment waits for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))

    @action(
        description=_("Compare again"),
        icon="compare_arrows",
        permissions=["edit"],
        dialog=question(
            _("Compare this segment again?"),
            _("A worker counts whom it shares with others and how its members differ from everyone."),
            _("Compare"),
        ),
    )
    def compare(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Let a worker find out anew how its members differ."""
        enqueue_summary(get_object_or_404(Segment, pk=object_id))
        return go_to(request, reverse("admin:profiles_segment_change", args=[object_id]))

    @action(description=_("Duplicate"), icon="content_copy", permissions=["copy"])
    def duplicate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin a new one that is like this; nothing is stored before it is saved."""
        segment = get_object_or_404(Segment, pk=object_id)
        return HttpResponseRedirect(f"{reverse('admin:profiles_segment_add')}?like={segment.key}")

    @action(description=_("Export CSV"), icon="download", permissions=["export"])
    def export(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Its members as a file."""
        return segment_export.export(request, object_id, self)

    @action(
        description=_("Deactivate"),
        icon="pause",
        permissions=["deactivate"],
        dialog=question(
            _("Deactivate this segment?"),
            _("It is no longer kept up to date and counts for nothing: not for other segments, nor as an audience."),
            _("Deactivate"),
        ),
    )
    def deactivate(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Keep it up to date no more."""
        _follow(request, _switched(object_id, is_active=False))
        return go_to(request, reverse("admin:profiles_segment_change", args=[object_id]))

    @action(
        description=_("Activate"),
        icon="play_arrow",
        permissions=["activate"],
        dialog=question(_("Activate this segment?"), _("A worker looks who belongs to it."), _("Activate")),
    )
    def activate(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Keep it up to date again."""
        _follow(request, _switched(object_id, is_active=True))
        return go_to(request, reverse("admin:profiles_segment_change", args=[object_id]))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask, then remove it; one that others ask about stays, and it is said which."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except keeping.SegmentInUse as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:profiles_segment_change", args=[object_id]))

    def _editor(self, request: HttpRequest, segment: Segment | None, response: HttpResponse) -> HttpResponse:
        """The page with the builder, from what the admin has made ready."""
        context = getattr(response, "context_data", None)
        if context is None:
            return response
        form = context["adminform"].form
        has_rule = segment is None or segment.rule is not None
        text = form["rule"].value() or "" if "rule" in form.fields else rule_text(segment.rule if segment else None)
        context |= segment_editor.offered(segment) if "rule" in form.fields else {}
        context |= segment_editor.told_of(text, segment, getattr(form, "faults", None))
        context |= {"has_rule": has_rule, "rule_text": text, "subtitle": name_of(segment) if segment else None}
        list_url = reverse("admin:profiles_segment_changelist")
        context["back_url"] = reverse("admin:profiles_segment_change", args=[segment.pk]) if segment else list_url
        response.template_name = self.add_form_template
        return response


def _switched(object_id: str, is_active: bool) -> Job | None:
    """Keep a segment up to date, or no more; the job that brings its members to it."""
    segment = get_object_or_404(Segment, pk=object_id)
    segment.is_active = is_active
    return keeping.save(segment)


def _follow(request: HttpRequest, job: Job | None) -> None:
    """Say that a worker is finding the members, with a way to the job."""
    if job is not None:
        way = link(reverse("admin:foundation_job_change", args=[job.pk]), _("Follow it"))
        messages.info(request, format_html("{} {}", _("A worker finds who belongs to it."), way))
