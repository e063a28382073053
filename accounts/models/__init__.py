"""The tables of who."""

from accounts.models.api_key import ApiKey, KeyKind
from accounts.models.change import Change, ChangeStream
from accounts.models.consent import Consent, ConsentSource, Purpose
from accounts.models.linked_account import LinkCode, LinkedAccount
from accounts.models.person import Person
from accounts.models.platform import HOUSE_SLUG, Platform
from accounts.models.stirring import Stirring
from accounts.models.user import User
from accounts.models.webhook import Delivery, DeliveryAttempt, DeliveryState, WebhookEndpoint

__all__ = [
    "HOUSE_SLUG",
    "ApiKey",
    "Change",
    "ChangeStream",
    "Consent",
    "ConsentSource",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "KeyKind",
    "LinkCode",
    "LinkedAccount",
    "Person",
    "Platform",
    "Purpose",
    "Stirring",
    "User",
    "WebhookEndpoint",
]
