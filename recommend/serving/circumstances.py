"""Under which circumstances a list is asked for: where it is shown, on what, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import Platform


class Device(StrEnum):
    """What a list is shown on; UNKNOWN where nobody said."""

    UNKNOWN = ""
    PHONE = "phone"
    TABLET = "tablet"
    DESKTOP = "desktop"
    TV = "tv"
    OTHER = "other"


OTHER_NAMES = {
    **dict.fromkeys(("mobile", "smartphone", "iphone", "android", "app", "h5", "手机"), Device.PHONE),
    **dict.fromkeys(("pad", "ipad", "平板"), Device.TABLET),
    **dict.fromkeys(("pc", "web", "computer", "laptop", "mac", "windows", "电脑"), Device.DESKTOP),
    **dict.fromkeys(("television", "电视"), Device.TV),
}
LONGEST_NAME = 20


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that a ranking may look at besides person and courses.

    placement: the key of the slot. hour: 0 to 23, and weekday: 0 (Monday) to 6, in the time zone of the platform.
    language: the language of the reasons, as Django names it. platform_id: who asks, 0 for nobody in particular.
    """

    placement: str
    device: Device
    hour: int
    weekday: int
    language: str
    platform_id: int = 0

    @property
    def noted(self) -> dict[str, str | int]:
        """What is written down with the answer, besides the placement."""
        return {"device": str(self.device), "hour": self.hour, "weekday": self.weekday, "language": self.language}


def circumstances_of(
    platform: Platform, placement: str, device: Device = Device.UNKNOWN, now: datetime | None = None
) -> Circumstances:
    """The circumstances of a question that comes `now` (aware; the present when None)."""
    local = (now or timezone.now()).astimezone(_zone(platform.timezone))
    return Circumstances(placement, device, local.hour, local.weekday(), get_language() or "", platform.pk)


def device_named(name: str) -> Device:
    """The device that a platform means by this word; OTHER for words that we do not know."""
    word = name[: LONGEST_NAME + 1].strip().lower()
    try:
        return Device(word)
    except ValueError:
        return OTHER_NAMES.get(word, Device.OTHER)


def device_of_browser(agent: str) -> Device:
    """The device of a browser that introduces itself so."""
    if not agent:
        return Device.UNKNOWN
    if "iPad" in agent or "Tablet" in agent or ("Android" in agent and "Mobile" not in agent):
        return Device.TABLET
    return Device.PHONE if "Mobi" in agent else Device.DESKTOP


@lru_cache(200)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
