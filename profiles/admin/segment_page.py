"""The page of one segment: what is kept of it, so that it opens as quickly for a million members as for ten."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crossmarket.foundation.models import Job
from profiles.admin import segment_figures
from profiles.admin.segment_charts import movement_chart, size_chart
from profiles.description import describe
from profiles.modeling.traits import Traits
from profiles.models import Profile, Segment, SegmentDay, SegmentKind, SegmentMember, SegmentSummary
from profiles.segmentation.naming import name_of
from profiles.segmentation.reading_rules import RuleError, parse
from profiles.segmentation.rebuilding import REBUILD
from profiles.segmentation.summaries import SUMMARISE, enqueue_summary, is_stale, summary_of
from profiles.segmentation.trends import trend
from profiles.segmentation.words import in_words

DAYS = 90
DAYS_SUMMED = 30
SAMPLE = 8
MAY_SEE_MEMBERS = ("accounts.view_linkedaccount", "profiles.view_profile")


def context_of(request: HttpRequest, segment: Segment) -> dict[str, Any]:
    """Everything that the page shows at once; members are fetched by it."""
    today = timezone.localdate()
    kept = SegmentDay.objects.filter(segment=segment, day__gt=today - timedelta(days=DAYS))
    days = trend(segment, kept, today, DAYS)
    lately = days[-DAYS_SUMMED:]
    job = Job.objects.open().filter(kind=REBUILD, arguments={"segment": segment.pk}).first()
    return {
        "subtitle": name_of(segment),
        "open_job": job if request.user.has_perm("foundation.view_job") else None,
        "may_see_members": may_see_members(request),
        **compared(segment),
        "page": {
            "name": name_of(segment),
            "told": _told(segment),
            "size_chart": size_chart(days) if len(days) > 1 else None,
            "movement_chart": movement_chart(days),
            "today": days[-1],
            "entered": sum(day.entered for day in lately),
            "left": sum(day.left for day in lately),
            "grid": segment_figures.grid(segment) if segment.kind == SegmentKind.RFM else [],
        },
    }


def compared(segment: Segment) -> dict[str, Any]:
    """Overlaps and differences as they were found out last; a worker finds them out anew when they are old."""
    is_under_way = Job.objects.open().filter(kind=SUMMARISE, arguments={"segment": segment.pk}).exists()
    if not is_under_way and segment.is_active and is_stale(segment):
        enqueue_summary(segment)
        is_under_way = True
    figures = summary_of(segment)
    made_at = SegmentSummary.objects.filter(segment=segment).values_list("made_at", flat=True).first()
    return {
        "segment": segment,
        "is_under_way": is_under_way,
        "differences": segment_figures.differences(figures) if figures else [],
        "overlaps": segment_figures.shared(segment, figures) if figures else [],
        "compared_at": made_at,
    }


def figures(request: HttpRequest, pk: int, model_admin: Any) -> HttpResponse:
    """The fragment: overlaps and differences, fetched until they are found out."""
    segment = get_object_or_404(Segment, pk=pk)
    if not model_admin.has_view_permission(request, segment):
        raise PermissionDenied
    return render(request, "admin/profiles/segment/figures.html", compared(segment))


def _told(segment: Segment) -> str:
    """Who belongs to it, in words."""
    if segment.kind == SegmentKind.CLUSTER:
        return _("Found among all by what they are like, not by a rule.")
    try:
        return in_words(parse(segment.rule))
    except RuleError as error:
        return str(error)


def may_see_members(request: HttpRequest) -> bool:
    """Whether this user may see persons, and not only how many they are."""
    return request.user.has_perms(MAY_SEE_MEMBERS)


@dataclass(frozen=True)
class Shown:
    """A member as the page shows them."""

    account: str
    url: str
    entered_at: Any
    description: str


def sample(request: HttpRequest, pk: int, model_admin: Any) -> HttpResponse:
    """The fragment: a few members from a random place on, with what is known of them."""
    segment = get_object_or_404(Segment, pk=pk)
    if not (model_admin.has_view_permission(request, segment) and may_see_members(request)):
        raise PermissionDenied
    found = _some(segment)
    profiles = Profile.objects.standing().in_bulk([each.account_id for each in found], field_name="account_id")
    members = [_shown(member, profiles.get(member.account_id)) for member in found]
    return render(request, "admin/profiles/segment/sample.html", {"segment": segment, "members": members})


def _some(segment: Segment) -> list[SegmentMember]:
    """Members that follow a random account, in the order of the index, and from the beginning if they are too few."""
    members = SegmentMember.objects.filter(segment=segment)
    ends = members.aggregate(first=Min("account_id"), last=Max("account_id"))
    if ends["first"] is None:
        return []
    start = ends["first"] + secrets.randbelow(ends["last"] - ends["first"] + 1)
    standing = members.standing().persons().select_related("account__platform")
    found = list(standing.filter(account_id__gte=start).order_by("account_id")[:SAMPLE])
    if len(found) < SAMPLE:
        found += standing.filter(account_id__lt=start).order_by("account_id")[: SAMPLE - len(found)]
    return found


def _shown(member: SegmentMember, profile: Profile | None) -> Shown:
    account = member.account
    return Shown(
        account=str(account),
        url=reverse("admin:accounts_person_change", args=[account.person_id]),
        entered_at=member.entered_at,
        description=describe(msgspec.convert(profile.traits, Traits)) if profile else "",
    )
