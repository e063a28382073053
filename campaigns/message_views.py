"""A person's inbox, and ways to be written to less."""

from uuid import UUID

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import LinkedAccount, Purpose
from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, PageRequest, signed_in
from campaigns import mailing
from campaigns.models import Message, MessageKind, Unsubscribed
from campaigns.services import outreach

SHOWN = 50


@signed_in
@never_cache
@require_safe
def inbox(request: LearnerRequest) -> HttpResponse:
    """What was sent to the person on any platform, and what they want to be written about."""
    account = house_account(request.user)
    sent = Message.objects.sent_to_person(account).filter(dismissed_at=None).select_related("account__platform")
    messages = list(sent.order_by("-sent_at")[:SHOWN])
    unread = {message.pk for message in messages if message.opened_at is None}
    Message.objects.filter(pk__in=unread).update(opened_at=timezone.now())
    return render(
        request,
        "campaigns/inbox.html",
        {
            "messages_sent": messages,
            "unread": unread,
            "kinds": _kinds(account),
            "agrees": account.consents_to(Purpose.MARKETING),
        },
    )


@signed_in
@require_POST
def dismiss(request: LearnerRequest, message_id: UUID) -> HttpResponse:
    """Take a message away."""
    account = house_account(request.user)
    outreach.dismissed(get_object_or_404(Message.objects.sent_to_person(account), pk=message_id))
    return HttpResponse() if request.htmx else redirect("campaigns:messages")


@signed_in
@require_POST
def choose(request: LearnerRequest, kind: str) -> HttpResponse:
    """Be written to about something, or not any more."""
    if kind not in MessageKind.values:
        raise Http404
    account = house_account(request.user)
    if "wanted" in request.POST:
        outreach.subscribe_again(account, MessageKind(kind))
    else:
        outreach.unsubscribe(account, MessageKind(kind))
    if not request.htmx:
        return redirect("campaigns:messages")
    chosen = next(each for each in _kinds(account) if each["kind"] == kind)
    return render(request, "campaigns/message_kind.html", {**chosen, "is_saved": True})


@csrf_exempt  # mail programs send RFC 8058's one click without any page of ours; the signed address says who it is
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: PageRequest, told: str) -> HttpResponse:
    """The way out that each e-mail names: a page with one button, or one click in the mail program."""
    try:
        account_id, kind = mailing.read_way_out(told)
        account = LinkedAccount.objects.get(pk=account_id)
        about = MessageKind(kind)
    except (signing.BadSignature, LinkedAccount.DoesNotExist, ValueError):
        raise Http404 from None
    if request.method == "POST":
        outreach.unsubscribe(account, about)
    context = {"kind": about.label, "is_done": request.method == "POST"}
    return render(request, "campaigns/unsubscribe.html", context)


def _kinds(account: LinkedAccount) -> list[dict[str, object]]:
    gone = set(Unsubscribed.objects.filter(account__person_id=account.person_id).values_list("kind", flat=True))
    return [{"kind": kind.value, "label": kind.label, "is_wanted": kind.value not in gone} for kind in MessageKind]
