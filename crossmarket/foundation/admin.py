"""The desk of jobs: how far they are, live."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from crossmarket.foundation import audit_desk as audit_desk
from crossmarket.foundation import jobs
from crossmarket.foundation.desk import ReadOnlyAdmin
from crossmarket.foundation.models import OPEN_STATES, Job, JobState

MOST_LOG_LINES = 300
"""The log is shown from this many lines before its end."""

STATE_COLOURS = {
    JobState.QUEUED: "",
    JobState.RUNNING: "info",
    JobState.SUCCEEDED: "success",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "warning",
    JobState.LOST: "danger",
}
MAY_STEER = "foundation.change_job"


class OpenFilter(admin.SimpleListFilter):
    """Jobs that wait or run, or those that have ended."""

    title = _("open")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("yes", _("waiting or running")), ("no", _("ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """The jobs chosen."""
        if self.value() not in ("yes", "no"):
            return queryset
        return (
            queryset.filter(state__in=OPEN_STATES) if self.value() == "yes" else queryset.exclude(state__in=OPEN_STATES)
        )


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs with their progress; those who may change them can cancel and repeat."""

    list_display = ("what", "progress", "created_at", "duration")
    list_filter = (OpenFilter, ("state", ChoicesDropdownFilter), "kind")
    list_filter_sheet = True
    search_fields = ("kind",)
    ordering = ("-created_at",)
    fields = ("kind",)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The fragments that the pages fetch again and again, and the buttons' targets."""
        return (
            ("<uuid:pk>/live/", "foundation_job_live", live),
            ("<uuid:pk>/bar/", "foundation_job_bar", bar),
            ("<uuid:pk>/cancel/", "foundation_job_cancel", cancel),
            ("<uuid:pk>/repeat/", "foundation_job_repeat", repeat),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one job, most of which is the fragment `live`."""
        job = self.get_object(request, object_id)
        more = live_context(request, job) if job else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    @display(description=_("kind"), ordering="kind")
    def what(self, job: Job) -> str:
        """What kind of work it is, and on what."""
        return " · ".join([gettext(job.kind), *(value for value in job.arguments.values() if isinstance(value, str))])

    @display(description=_("progress"), ordering="state")
    def progress(self, job: Job) -> str:
        """State, step and bar; it fetches itself while the job is open."""
        return render_to_string(
            "admin/foundation/job/bar.html", {"job": job, "colour": STATE_COLOURS[JobState(job.state)]}
        )

    @display(description=_("duration"), ordering="started_at")
    def duration(self, job: Job) -> str | None:
        """How long it has run."""
        return None if job.seconds is None else _("%(seconds).1f s") % {"seconds": job.seconds}


def live_context(request: HttpRequest, job: Job) -> dict[str, Any]:
    """What the fragment of a job shows."""
    latest: QuerySet = job.log_lines.order_by("-id")
    return {
        "job": job,
        "colour": STATE_COLOURS[JobState(job.state)],
        "log_lines": list(latest[:MOST_LOG_LINES])[::-1],
        "may_steer": request.user.has_perm(MAY_STEER),
    }


def live(request: HttpRequest, pk: uuid.UUID, model_admin: JobAdmin) -> HttpResponse:
    """Everything about a job that changes while it runs."""
    job = _visible(request, pk, model_admin)
    return render(request, "admin/foundation/job/live.html", live_context(request, job))


def bar(request: HttpRequest, pk: uuid.UUID, model_admin: JobAdmin) -> HttpResponse:
    """The short form of the same for the list."""
    return HttpResponse(model_admin.progress(_visible(request, pk, model_admin)))


@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID, model_admin: JobAdmin) -> HttpResponse:
    """Ask a job to stop."""
    job = _steerable(request, pk)
    if job.is_open:
        jobs.request_cancel(job)
        messages.success(request, _("The job will stop at its next step."))
    else:
        messages.info(request, _("The job had already ended."))
    return _page(job)


@require_POST
def repeat(request: HttpRequest, pk: uuid.UUID, model_admin: JobAdmin) -> HttpResponse:
    """Start a new job with the same arguments."""
    job = _steerable(request, pk)
    if job.is_open:
        messages.info(request, _("This job has not ended yet."))
        return _page(job)
    again = jobs.enqueue(job.kind, job.arguments)
    messages.success(request, _("Started once more; this is the new job."))
    return _page(again)


def _visible(request: HttpRequest, pk: uuid.UUID, model_admin: JobAdmin) -> Job:
    job = get_object_or_404(Job, pk=pk)
    if not model_admin.has_view_permission(request, job):
        raise PermissionDenied
    return job


def _steerable(request: HttpRequest, pk: uuid.UUID) -> Job:
    if not request.user.has_perm(MAY_STEER):
        raise PermissionDenied
    return get_object_or_404(Job, pk=pk)


def _page(job: Job) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:foundation_job_change", args=[job.pk]))
