"""The partner API of what has changed: the stream of a platform, pulled."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter

from accounts.models import Change
from accounts.partner_view import PartnerView, answer
from accounts.services import change_stream
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import documented

MOST_CHANGES = 1_000
USUAL_CHANGES = 100


class ChangeEntry(msgspec.Struct, frozen=True):
    """A change, and the cursor with which reading goes on behind it."""

    id: UUID
    type: str
    timestamp: datetime
    data: dict[str, Any]
    cursor: str


class ChangesAnswer(msgspec.Struct, frozen=True):
    """Changes, oldest first; `next` is null when there are no more yet."""

    results: list[ChangeEntry]
    next: str | None


class Changes(PartnerView):
    """`/changes`."""

    @documented(
        "List changes",
        answers={200: ChangesAnswer},
        problems=(422,),
        parameters=[
            OpenApiParameter("cursor", str, description="Of the last change that was read; left out for all."),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST_CHANGES, "default": USUAL_CHANGES},
                description="How many changes at most.",
            ),
        ],
        tag="changes",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """What the platform is told, in an order in which nothing is ever skipped."""
        limit = _limit(request.GET.get("limit", ""))
        try:
            page = change_stream.read(self.caller.platform.pk, request.GET.get("cursor", ""), limit)
        except change_stream.BadCursor as error:
            raise _invalid("cursor", str(error)) from None
        entries = [_entry(change) for change in page.changes]
        following = None
        if page.has_more:
            query = urlencode({"cursor": entries[-1].cursor, "limit": limit})
            following = request.build_absolute_uri(f"{request.path}?{query}")
        return answer(ChangesAnswer(entries, following))


def _entry(change: Change) -> ChangeEntry:
    told = change_stream.told(change)
    return ChangeEntry(told.id, told.type, told.timestamp, told.data, change_stream.cursor_of(change))


def _limit(value: str) -> int:
    if not value:
        return USUAL_CHANGES
    if not (value.isascii() and value.isdecimal() and len(value) < 10 and 1 <= int(value) <= MOST_CHANGES):
        raise _invalid("limit", f"limit is a whole number from 1 to {MOST_CHANGES}.")
    return int(value)


def _invalid(name: str, detail: str) -> Problem:
    return Problem(422, "invalid_parameter", detail, [FieldError(f"/{name}", "invalid", detail)])
