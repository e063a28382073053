"""The tables of who."""

from accounts.models.api_key import ApiKey, KeyKind
from accounts.models.change import Change, ChangeStream
from accounts.models.consent import Consent, ConsentSource, Purpose
from accounts.models.joining import Bond, RegroupedAccount, Regrouping, RegroupingCause, RegroupingKind
from accounts.models.linked_account import Contact, LinkCode, LinkedAccount
from accounts.models.match import Match, MatchDue, MatchState
from accounts.models.person import Person
from accounts.models.platform import HOUSE_SLUG, Platform
from accounts.models.stirring import Stirring
from accounts.models.tombstone import Tombstone
from accounts.models.user import User
from accounts.models.webhook import Delivery, DeliveryAttempt, DeliveryState, WebhookEndpoint

__all__ = [
    "HOUSE_SLUG",
    "ApiKey",
    "Bond",
    "Change",
    "ChangeStream",
    "Consent",
    "ConsentSource",
    "Contact",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "KeyKind",
    "LinkCode",
    "LinkedAccount",
    "Match",
    "MatchDue",
    "MatchState",
    "Person",
    "Platform",
    "Purpose",
    "RegroupedAccount",
    "Regrouping",
    "RegroupingCause",
    "RegroupingKind",
    "Stirring",
    "Tombstone",
    "User",
    "WebhookEndpoint",
]
