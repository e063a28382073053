"""The partner API of what next."""

from functools import lru_cache
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from drf_spectacular.utils import OpenApiParameter

from accounts.models import Platform
from accounts.partner_view import PartnerView, answer
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import ITEM_ID, documented
from profiles.models import Course
from recommend import serving
from recommend.serving import RecommendedCourse
from recommend.serving.situation import keys_ahead

LONGEST_PLACEMENT = 100
DEFAULT_PLACEMENT = "home"


class ModelAnswer(msgspec.Struct, frozen=True):
    """Which model answered."""

    name: str
    version: int


class ItemAnswer(msgspec.Struct, frozen=True):
    """A recommended item; price in minor units of the currency."""

    item_id: str
    title: str
    url: str
    cover_url: str
    price: int | None
    currency: str
    reason: str
    source: str


class RecommendationAnswer(msgspec.Struct, frozen=True):
    """One answer to a placement, best first; `model` is null when no trained model took part."""

    recommendation_id: UUID
    placement: str
    model: ModelAnswer | None
    items: list[ItemAnswer]


class SimilarAnswer(msgspec.Struct, frozen=True):
    """Items that go with an item, best first."""

    item_id: str
    items: list[ItemAnswer]


LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": serving.MOST_ITEMS}, description="How many items at most."
)
LANGUAGE = OpenApiParameter("lang", str, description="Language of the reasons: zh-hans or en.")


class Recommendations(PartnerView):
    """`/recommendations`."""

    browsers_may_call = True

    @documented(
        "Recommend",
        answers={200: RecommendationAnswer},
        problems=(422,),
        parameters=[
            OpenApiParameter("user_id", str, description="Whom for; left out for an anonymous visitor."),
            OpenApiParameter("placement", str, description="Where the list is shown."),
            LIMIT,
            LANGUAGE,
            OpenApiParameter(
                "context.device",
                str,
                description="What it is shown on: phone, tablet, desktop, tv, other, or a usual word for one of these.",
            ),
        ],
        tag="recommendations",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        """What this user of the platform should learn next."""
        query = request.GET
        placement = _text(query.get("placement", ""), "placement", LONGEST_PLACEMENT) or DEFAULT_PLACEMENT
        limit = _limit(query.get("limit", ""))
        caller = self.caller
        with translation.override(language(query.get("lang", ""), caller.platform.locale)):
            made = serving.recommend(caller.platform, self._user_id(), placement, limit, caller.ahead, self._device())
        model = ModelAnswer(made.model.name, made.model.version) if made.model else None
        return answer(RecommendationAnswer(made.recommendation_id, placement, model, _items(made.items)))

    def keys_ahead(self, platform: Platform, user_id: str | None) -> list[str]:
        """What serving will look up."""
        return keys_ahead(platform.pk, user_id or self.request.GET.get("user_id") or None)

    def _device(self) -> serving.Device:
        """What the list is shown on: as said, or what a browser says of itself."""
        if said := self.request.GET.get("context.device", ""):
            return serving.device_named(said)
        if self.caller.is_server:
            return serving.Device.UNKNOWN
        return serving.device_of_browser(self.request.headers.get("User-Agent", ""))

    def _user_id(self) -> str | None:
        """Whom for: as asked by a server, or the person of a browser's token."""
        asked = _text(self.request.GET.get("user_id", ""), "user_id", 200) or None
        if self.caller.is_server:
            return asked
        if asked is not None:
            self.caller.require_user(asked)
        return self.caller.user_id


class Similar(PartnerView):
    """`/items/{item_id}/similar`."""

    browsers_may_call = True

    @documented(
        "Similar items",
        answers={200: SimilarAnswer},
        problems=(404, 422),
        parameters=[ITEM_ID, LIMIT, LANGUAGE],
        tag="recommendations",
    )
    def get(self, request: HttpRequest, item_id: str) -> HttpResponse:
        """Items of the platform that go with this one."""
        platform = self.caller.platform
        limit = _limit(request.GET.get("limit", ""))
        item_id = _text(item_id, "item_id", 200)
        course = Course.objects.select_related("platform").filter(platform=platform, item_id=item_id).first()
        if course is None:
            raise Problem(404, "item_not_found", f"{platform} has no item {item_id!r} here.")
        with translation.override(language(request.GET.get("lang", ""), platform.locale)):
            return answer(SimilarAnswer(item_id, _items(serving.similar(course, limit))))


@lru_cache(1_000)
def language(asked: str, default: str) -> str:
    """A language we speak: the one asked for (`zh`, `en-US`, …), else the default of the platform."""
    for code in (asked, default):
        try:
            return get_supported_language_variant("zh-hans" if code.lower().startswith("zh") else code)
        except LookupError:
            continue
    return "zh-hans"


def _items(courses: list[RecommendedCourse]) -> list[ItemAnswer]:
    return [
        ItemAnswer(
            item_id=each.course.item_id,
            title=each.course.title,
            url=each.course.url,
            cover_url=each.course.picture_url,
            price=each.course.price,
            currency=each.course.currency,
            reason=each.reason,
            source=str(each.source),
        )
        for each in courses
    ]


def _limit(value: str) -> int:
    if not value:
        return serving.DEFAULT_LIMIT
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and 1 <= int(value) <= serving.MOST_ITEMS):
        raise _invalid("limit", f"limit is a whole number from 1 to {serving.MOST_ITEMS}.")
    return int(value)


def _text(value: str, name: str, longest: int) -> str:
    if len(value) > longest or "\0" in value:
        raise _invalid(name, f"{name} has at most {longest} characters, and not U+0000.")
    return value


def _invalid(name: str, detail: str) -> Problem:
    return Problem(422, "invalid_parameter", detail, [FieldError(f"/{name}", "invalid", detail)])
