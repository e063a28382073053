"""What the home page shows."""

from dataclasses import dataclass

from accounts.models import LinkedAccount, Platform
from profiles.catalogue import CategoryCount, categories, newest
from profiles.models import Course
from recommend import serving
from recommend.serving import Device
from recommend.serving.answers import Source

PLACEMENT = "home"
MOST_FOR_YOU = 12
MOST_POPULAR = 8
MOST_NEW = 8
MOST_CATEGORIES = 24


@dataclass(frozen=True)
class Home:
    """The rows of the home page; `for_you` is None for visitors, `popular` where it would only repeat `for_you`."""

    for_you: serving.Answer | None
    popular: serving.Answer | None
    newest: list[Course]
    categories: list[CategoryCount]
    invites_linking: bool


def home_for(account: LinkedAccount | None, device: Device) -> Home:
    """The home page of a person, or of a visitor."""
    own = for_you(account, device) if account else None
    is_personal = own is None or any(item.source is Source.MODEL for item in own.items)
    return Home(
        for_you=own,
        popular=_popular(device) if is_personal else None,
        newest=newest(MOST_NEW),
        categories=categories()[:MOST_CATEGORIES],
        invites_linking=account is not None and not LinkedAccount.objects.others_of(account).exists(),
    )


def for_you(account: LinkedAccount, device: Device) -> serving.Answer:
    """What a person might learn next, with the reason of each course."""
    return serving.recommend(account.platform, account.external_id, PLACEMENT, MOST_FOR_YOU, device=device)


def _popular(device: Device) -> serving.Answer:
    return serving.recommend(Platform.objects.house(), None, "popular", MOST_POPULAR, device=device)
