"""The partner API of exclusive content."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter

from accounts.models import LinkedAccount
from accounts.partner_view import PartnerView, answer
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import USER_ID, documented
from promotions import markdown
from promotions.models import ExclusiveContent
from promotions.services.contents import readable_by

PAGE = 100


class ContentEntry(msgspec.Struct, frozen=True):
    """A content that the person may open."""

    id: UUID
    title: str
    kind: str
    ends_at: datetime | None


class ContentsAnswer(msgspec.Struct, frozen=True):
    """What the person may open now, the newest first."""

    results: list[ContentEntry]
    next: str | None


class ContentAnswer(msgspec.Struct, frozen=True):
    """One article; `html` is safe to show as it is, `text` is its Markdown."""

    id: UUID
    title: str
    kind: str
    ends_at: datetime | None
    text: str
    html: str


class UserContents(PartnerView):
    """`/users/{user_id}/contents`."""

    browsers_may_call = True

    @documented(
        "Exclusive content",
        answers={200: ContentsAnswer},
        problems=(404, 422),
        parameters=[USER_ID, OpenApiParameter("cursor", str, description="From `next`: where the page begins.")],
        tag="promotions",
    )
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """What this user may open on the platform now, a hundred a page."""
        start = _place(request.GET.get("cursor", "0"))
        contents = readable_by(self.account(user_id)).order_by("-created_at", "pk")
        page = list(contents[start : start + PAGE + 1])
        following = None
        if len(page) > PAGE:
            following = request.build_absolute_uri(f"{request.path}?cursor={start + PAGE}")
        entries = [ContentEntry(each.pk, each.title, "article", each.ends_at) for each in page[:PAGE]]
        return answer(ContentsAnswer(entries, following))


class Content(PartnerView):
    """`/contents/{id}`."""

    browsers_may_call = True

    @documented(
        "One exclusive content",
        answers={200: ContentAnswer},
        problems=(404, 422),
        parameters=[OpenApiParameter("user_id", str, description="Who opens it; a browser's is its token's.")],
        tag="promotions",
    )
    def get(self, request: HttpRequest, content_id: UUID) -> HttpResponse:
        """The content, for somebody to whom it is open; for others it is not there."""
        user_id = request.GET.get("user_id") or self.caller.user_id
        if user_id is None:
            words = "Say who opens it: `user_id` is missing."
            raise Problem(422, "missing_parameter", words, [FieldError("/user_id", "missing", words)])
        found = _readable(self.account(user_id), content_id)
        html = markdown.html_of(found.text)
        return answer(ContentAnswer(found.pk, found.title, "article", found.ends_at, found.text, html))


def _readable(account: LinkedAccount, content_id: UUID) -> ExclusiveContent:
    found = readable_by(account).filter(pk=content_id).first()
    if found is None:
        raise Problem(404, "content_not_found", "There is no such content, or it is not open to this user.")
    return found


def _place(told: str) -> int:
    if not (told.isascii() and told.isdigit() and len(told) < 10):
        words = "A cursor is what `next` of the page before says."
        raise Problem(422, "invalid_parameter", words, [FieldError("/cursor", "invalid", words)])
    return int(told)
