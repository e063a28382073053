"""A person's line of time: what all their accounts did, a page at a time."""

import uuid
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Person
from profiles.models import Event, EventType

if TYPE_CHECKING:
    from profiles.admin.events import EventAdmin

PER_PAGE = 30
LAST_PAGE = 1_000


def timeline(request: HttpRequest, person: uuid.UUID, model_admin: "EventAdmin") -> HttpResponse:
    """The fragment: events of all accounts of the person, the latest first; `type` and `page` choose among them."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    accounts = get_object_or_404(Person, pk=person).accounts.values_list("pk", flat=True)
    events = Event.objects.filter(account__in=list(accounts)).select_related("account__platform", "course")
    chosen = request.GET.get("type", "")
    if chosen in EventType.values:
        events = events.of_type(chosen)
    page = _page_number(request)
    found = list(events.order_by("-timestamp", "-pk")[(page - 1) * PER_PAGE : page * PER_PAGE + 1])
    context = {
        "person": person,
        "events": found[:PER_PAGE],
        "types": EventType.choices,
        "chosen": chosen,
        "later": page - 1 if page > 1 else None,
        "earlier": page + 1 if len(found) > PER_PAGE else None,
    }
    return render(request, "admin/profiles/event/timeline.html", context)


def _page_number(request: HttpRequest) -> int:
    given = request.GET.get("page", "")
    return min(max(int(given), 1), LAST_PAGE) if given.isascii() and given.isdigit() and len(given) < 9 else 1
