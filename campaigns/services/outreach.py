"""Writing to people: messages wait, and at the moment of sending it is decided whether the person can bear one more.

Whoever sends holds the person, so that the caps hold over all platforms, channels, campaigns and workers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Purpose
from accounts.services import changes
from accounts.services.changes import News
from campaigns import mailing
from campaigns.models import (
    Campaign,
    Channel,
    HeldBack,
    HoldReason,
    Message,
    MessageKind,
    MessageState,
    OutreachPolicy,
    Unsubscribed,
)
from campaigns.pacing.caps import WEEK, Caps, held_back
from campaigns.pacing.fatigue import Outcome, Reaction, fatigue, share_of_cap
from promotions.services.person_holding import hold_person_of

CREATED = changes.declare("message.created", _("Message for a person"))
REMEMBERED = timedelta(days=120)
"""What became of older messages says nothing of how tired somebody is."""
TIME_TO_REACT = timedelta(days=1)
AT_ONCE = 200
MOST_COUNTED = 200
"""Messages of a week; no rule allows more."""
ZONE_TRAIT = "timezone"


@dataclass(frozen=True)
class Words:
    """What a message says. url: where it leads."""

    subject: str
    body: str = ""
    url: str = ""


@dataclass(frozen=True)
class Timing:
    """When a message may be sent. priority: of several that compete, the highest goes first."""

    due_at: datetime | None = None
    expires_at: datetime | None = None
    priority: int = 0


def queue(
    account: LinkedAccount,
    kind: MessageKind,
    reference: str,
    words: Words,
    channel: Channel = Channel.INBOX,
    timing: Timing | None = None,
    campaign: Campaign | None = None,
) -> Message:
    """Let a message wait for its moment, once for each reference of an account."""
    timing = timing or Timing()
    message, _is_new = Message.objects.get_or_create(
        account=account,
        reference=reference,
        defaults={
            "kind": kind,
            "channel": channel,
            "campaign": campaign,
            "subject": words.subject[:200],
            "body": words.body,
            "url": words.url,
            "priority": timing.priority,
            "due_at": timing.due_at or timezone.now(),
            "expires_at": timing.expires_at,
        },
    )
    return message


def send_due(moment: datetime | None = None, limit: int = AT_ONCE) -> int:
    """Send what is due and can be borne, to so many people at most; returns to how many there was something to say."""
    now = moment or timezone.now()
    due = Message.objects.due_at_moment(now).order_by("account__person_id").values_list("account__person_id", flat=True)
    people = list(due.distinct()[:limit])
    for person_id in people:
        send_to(person_id, now)
    return len(people)


@transaction.atomic
def send_to(person_id: UUID, now: datetime) -> Message | None:
    """Send the most important message that is due to a person, if they can bear one; the others wait on, or end."""
    account = LinkedAccount.objects.filter(person_id=person_id).order_by("pk").first()
    if account is None:
        return None
    account = hold_person_of(account)
    own = LinkedAccount.objects.filter(person_id=account.person_id)
    due = Message.objects.due_at_moment(now).filter(account__in=own).select_related("account__platform", "campaign")
    sent: Message | None = None
    for message in due.order_by("-priority", "due_at", "created_at"):
        if reason := _never(message, now):
            _stop(message, reason)
        elif (
            wait := held_back(_caps(), _sent_times(account, now), now, zone_of(account), _share(account, now))
        ) is None:
            _send(message, now)
            sent = message
        elif message.expires_at is not None and wait.until >= message.expires_at:
            _hold(message, HoldReason(wait.reason), now)
            _stop(message, HoldReason(wait.reason))
        else:
            _hold(message, HoldReason(wait.reason), now)
            Message.objects.filter(pk=message.pk).update(due_at=wait.until, reason=wait.reason)
    return sent


@transaction.atomic
def unsubscribe(account: LinkedAccount, kind: MessageKind) -> Unsubscribed:
    """No more messages of this kind to any account of the person."""
    hold_person_of(account)
    gone, _is_new = Unsubscribed.objects.get_or_create(account=account, kind=kind)
    return gone


@transaction.atomic
def subscribe_again(account: LinkedAccount, kind: MessageKind) -> None:
    """Messages of this kind again, to all accounts of the person."""
    held = hold_person_of(account)
    Unsubscribed.objects.filter(account__person_id=held.person_id, kind=kind).delete()


def opened(message: Message) -> None:
    """Note that the person has read it."""
    Message.objects.filter(pk=message.pk, opened_at=None).update(opened_at=timezone.now())


def dismissed(message: Message) -> None:
    """Note that the person does not want to see it any more."""
    Message.objects.filter(pk=message.pk, dismissed_at=None).update(dismissed_at=timezone.now())


def zone_of(account: LinkedAccount) -> str:
    """The time zone that a platform has told of any of the person's accounts, or else ours."""
    accounts = LinkedAccount.objects.filter(person_id=account.person_id, traits__has_key=ZONE_TRAIT).order_by("pk")
    told = (str(traits[ZONE_TRAIT]) for traits in accounts.values_list("traits", flat=True))
    return next((zone for zone in told if zone in available_timezones()), settings.TIME_ZONE)


def tiredness(account: LinkedAccount, now: datetime) -> float:
    """How tired of messages the person is, from 0 to 1."""
    own = Message.objects.sent_to_person(account).filter(sent_at__gt=now - REMEMBERED)
    outcomes = [outcome for message in own if (outcome := _outcome(message, now)) is not None]
    gone = Unsubscribed.objects.filter(account__person_id=account.person_id).values_list("at", flat=True)
    outcomes += [Outcome(Reaction.UNSUBSCRIBED, (now - at).total_seconds() / 86_400) for at in gone]
    return fatigue(outcomes)


def _outcome(message: Message, now: datetime) -> Outcome | None:
    if message.sent_at is None:
        return None
    days_ago = (now - message.sent_at).total_seconds() / 86_400
    if message.opened_at is not None:
        return Outcome(Reaction.OPENED, days_ago)
    if message.dismissed_at is not None:
        return Outcome(Reaction.DISMISSED, days_ago)
    return Outcome(Reaction.IGNORED, days_ago) if now - message.sent_at > TIME_TO_REACT else None


def _share(account: LinkedAccount, now: datetime) -> float:
    return share_of_cap(tiredness(account, now))


def _caps() -> Caps:
    policy = OutreachPolicy.current()
    gap = timedelta(minutes=policy.gap_minutes)
    return Caps(policy.a_day, policy.a_week, gap, policy.quiet_from, policy.quiet_until)


def _sent_times(account: LinkedAccount, now: datetime) -> list[datetime]:
    """When the person got messages: the last, and all of the week."""
    times = Message.objects.sent_to_person(account).order_by("-sent_at").values_list("sent_at", flat=True)
    latest = [at for at in times[:MOST_COUNTED] if at is not None]
    return [at for place, at in enumerate(latest) if place == 0 or at > now - WEEK]


def _never(message: Message, now: datetime) -> HoldReason | None:
    """Why a message will not be sent at all."""
    account = message.account
    if message.expires_at is not None and message.expires_at <= now:
        return HoldReason.TOO_LATE
    if not account.consents_to(Purpose.MARKETING):
        return HoldReason.NO_CONSENT
    if Unsubscribed.objects.filter(account__person_id=account.person_id, kind=message.kind).exists():
        return HoldReason.UNSUBSCRIBED
    if message.channel == Channel.EMAIL and mailing.address_of(account) is None:
        return HoldReason.NO_ADDRESS
    return None


def _stop(message: Message, reason: HoldReason) -> None:
    Message.objects.filter(pk=message.pk).update(state=MessageState.STOPPED, reason=reason)


def _hold(message: Message, reason: HoldReason, now: datetime) -> None:
    HeldBack.objects.create(message=message, reason=reason, at=now)


def _send(message: Message, now: datetime) -> None:
    message.state, message.reason, message.sent_at = MessageState.SENT, "", now
    message.save(update_fields=["state", "reason", "sent_at"])
    account = message.account
    told = {
        "message_id": str(message.pk),
        "kind": message.kind,
        "channel": message.channel,
        "subject": message.subject,
        "body": message.body,
        "url": message.url,
    }
    changes.record([News(account.platform_id, CREATED, account.external_id, told)])
    if message.channel == Channel.EMAIL:
        transaction.on_commit(lambda: mailing.send(message))
