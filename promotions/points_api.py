"""The partner API of points."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter

from accounts.partner_view import PartnerView, answer
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import USER_ID, documented
from promotions.models import Entry
from promotions.services import points

PAGE = 100
LARGEST_KEY = 2**63 - 1


class PointsEntry(msgspec.Struct, frozen=True):
    """What one transfer added to the user's points, or took from them."""

    id: UUID
    kind: str
    points: int
    source: str
    booked_at: datetime


class PointsAnswer(msgspec.Struct, frozen=True):
    """The points of the person, on all accounts, and what was booked on this one, the latest first."""

    balance: int
    results: list[PointsEntry]
    next: str | None


class UserPoints(PartnerView):
    """`/users/{user_id}/points`."""

    browsers_may_call = True

    @documented(
        "Points",
        answers={200: PointsAnswer},
        problems=(404, 422),
        parameters=[USER_ID, OpenApiParameter("cursor", str, description="From `next`: where the page begins.")],
        tag="promotions",
    )
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """The ledger of a user, a hundred entries a page."""
        account = self.account(user_id)
        entries = Entry.objects.filter(purse__holder=account, pk__lt=_cursor(request.GET.get("cursor", "")))
        page = list(entries.select_related("transfer").order_by("-pk")[: PAGE + 1])
        following = None
        if len(page) > PAGE:
            page = page[:PAGE]
            following = request.build_absolute_uri(f"{request.path}?cursor={page[-1].pk}")
        told = [
            PointsEntry(
                entry.transfer_id, entry.transfer.kind, entry.amount, entry.transfer.source, entry.transfer.created_at
            )
            for entry in page
        ]
        return answer(PointsAnswer(points.balance(account), told, following))


def _cursor(told: str) -> int:
    if not told:
        return LARGEST_KEY
    if not (told.isascii() and told.isdigit() and len(told) < 19):
        words = "A cursor is what `next` of the page before says."
        raise Problem(422, "invalid_parameter", words, [FieldError("/cursor", "invalid", words)])
    return int(told)
