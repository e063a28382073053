"""What an account did in campaigns, to be given out."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from campaigns.models import Blocked, Chance, CheckIn, Draw, Grant, LeftLeaderboard, Message, Parcel, Unsubscribed
from crossmarket.foundation.holdings import Part, Row

ROWS_AT_ONCE = 500


def parts_of_account(account: LinkedAccount, whole_person: bool) -> Iterator[Part]:
    """Check-ins, rewards, draws with what they were made of, and where prizes are sent."""
    yield Part("check_ins", _("Your check-ins"), _check_ins(account))
    yield Part("rewards", _("What campaigns gave you"), _rewards(account))
    yield Part("draws", _("Your draws in lotteries"), _draws(account))
    yield Part("parcels", _("Where your prizes are sent"), _parcels(account))
    yield Part("messages", _("Messages to you"), _messages(account))
    yield Part("in_campaigns", _("What campaigns know of you besides"), _besides(account))


def _check_ins(account: LinkedAccount) -> Iterator[Row]:
    own = CheckIn.objects.filter(account=account).select_related("campaign").order_by("pk")
    for each in own.iterator(ROWS_AT_ONCE):
        yield {"campaign": each.campaign.name, "day": each.day, "made_up": each.is_make_up, "time": each.made_at}


def _rewards(account: LinkedAccount) -> Iterator[Row]:
    own = Grant.objects.filter(account=account).select_related("campaign").order_by("pk")
    for each in own.iterator(ROWS_AT_ONCE):
        yield {
            "campaign": each.campaign.name,
            "reason": each.reason,
            "reward": each.reward,
            "amount": each.amount,
            "result": each.result,
            "time": each.granted_at,
        }


def _draws(account: LinkedAccount) -> Iterator[Row]:
    own = Draw.objects.filter(entrant__account=account).select_related("campaign", "entrant", "prize").order_by("pk")
    for each in own.iterator(ROWS_AT_ONCE):
        yield {
            "campaign": each.campaign.name,
            "time": each.drawn_at,
            "prize": each.prize.name if each.prize else None,
            "number": each.number,
            "entrant": each.entrant.alias,
            "turn": each.turn,
            "nonce": each.nonce,
            "hash": each.hash,
        }


def _parcels(account: LinkedAccount) -> Iterator[Row]:
    for each in Parcel.objects.filter(account=account).select_related("draw__prize").order_by("pk"):
        yield {
            "prize": each.draw.prize.name if each.draw.prize else "",
            "recipient": each.recipient,
            "phone": each.phone,
            "address": each.address,
            "sent": each.sent_at,
        }


def _messages(account: LinkedAccount) -> Iterator[Row]:
    for each in Message.objects.filter(account=account).order_by("created_at", "pk").iterator(ROWS_AT_ONCE):
        yield {
            "about": each.kind,
            "channel": each.channel,
            "subject": each.subject,
            "text": each.body,
            "state": each.state,
            "reason": each.reason,
            "sent": each.sent_at,
            "opened": each.opened_at,
            "dismissed": each.dismissed_at,
        }


def _besides(account: LinkedAccount) -> Iterator[Row]:
    for chance in Chance.objects.filter(account=account).select_related("campaign").order_by("pk"):
        yield {"campaign": chance.campaign.name, "draws": chance.draws, "reason": chance.reason}
    for left in LeftLeaderboard.objects.filter(account=account).select_related("campaign"):
        yield {"campaign": left.campaign.name, "reason": "not shown among others"}
    for gone in Unsubscribed.objects.filter(account=account):
        yield {"reason": f"unsubscribed: {gone.kind}", "time": gone.at}
    for blocked in Blocked.objects.filter(account=account):
        yield {"reason": f"blocked: {blocked.why}"}
