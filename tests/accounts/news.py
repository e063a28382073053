"""Something to tell, for tests of the change stream and of webhooks."""

from typing import Any

from accounts.models import Change, Platform
from accounts.services import changes

TESTED = changes.declare("tested.happened", "Something happened")
OTHER = changes.declare("tested.other", "Something else happened")


def tell(platform: Platform, user_id: str = "ann", change_type: str = TESTED, **data: Any) -> None:
    """Record that something happened to this user of the platform."""
    changes.record([changes.News(platform.pk, change_type, user_id, data)])


def numbers(found: list[Change]) -> list[Any]:
    """The data `number` of each."""
    return [change.data["number"] for change in found]
