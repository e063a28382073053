"""The partner API of a user's messages."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter

from accounts.partner_view import PartnerView, answer
from campaigns.models import Message, MessageState
from campaigns.services import outreach
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import USER_ID, documented

PAGE = 50


class MessageAnswer(msgspec.Struct, frozen=True):
    """A message that was sent."""

    id: UUID
    kind: str
    channel: str
    subject: str
    body: str
    url: str
    sent_at: datetime
    opened_at: datetime | None


class MessagesAnswer(msgspec.Struct, frozen=True):
    """What was sent to the user on this platform, the latest first."""

    results: list[MessageAnswer]
    next: str | None


class UserMessages(PartnerView):
    """`/users/{user_id}/messages`."""

    browsers_may_call = True

    @documented(
        "Messages",
        answers={200: MessagesAnswer},
        problems=(404, 422),
        parameters=[USER_ID, OpenApiParameter("cursor", str, description="From `next`: where the page begins.")],
        tag="campaigns",
    )
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """The user's inbox, fifty messages a page; what they have dismissed is left out."""
        account = self.account(user_id)
        sent = Message.objects.filter(account=account, state=MessageState.SENT, dismissed_at=None)
        if before := request.GET.get("cursor"):
            sent = sent.filter(sent_at__lt=_moment(before))
        page = list(sent.order_by("-sent_at", "-pk")[: PAGE + 1])
        following = None
        if len(page) > PAGE:
            page = page[:PAGE]
            told = page[-1].sent_at
            following = request.build_absolute_uri(f"{request.path}?cursor={told.timestamp()}") if told else None
        return answer(MessagesAnswer([_message(each) for each in page], following))


class Reactions(PartnerView):
    """`/users/{user_id}/messages/{message_id}/opened` and `…/dismissed`."""

    browsers_may_call = True

    @documented(
        "Tell what became of a message", answers={204: None}, problems=(404,), parameters=[USER_ID], tag="campaigns"
    )
    def post(self, request: HttpRequest, user_id: str, message_id: UUID, reaction: str) -> HttpResponse:
        """The user has opened the message, or does not want to see it any more."""
        verbs = {"opened": outreach.opened, "dismissed": outreach.dismissed}
        account = self.account(user_id)
        message = Message.objects.filter(pk=message_id, account=account, state=MessageState.SENT).first()
        if message is None or reaction not in verbs:
            raise Problem(404, "message_not_found", "This user was sent no such message.")
        verbs[reaction](message)
        return HttpResponse(status=204)


def _moment(told: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(told), tz=UTC)
    except (ValueError, OverflowError, OSError):
        words = "A cursor is what `next` of the page before says."
        raise Problem(422, "invalid_parameter", words, [FieldError("/cursor", "invalid", words)]) from None


def _message(message: Message) -> MessageAnswer:
    if message.sent_at is None:
        raise ValueError("Only messages that were sent are shown.")
    return MessageAnswer(
        id=message.pk,
        kind=message.kind,
        channel=message.channel,
        subject=message.subject,
        body=message.body,
        url=message.url,
        sent_at=message.sent_at,
        opened_at=message.opened_at,
    )
