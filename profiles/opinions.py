"""What people think of a course: ratings and comments, which are events like all others."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext

from accounts.models import LinkedAccount
from profiles import services
from profiles.models import Course, Event, EventType
from profiles.models.event import EventQuerySet

COMMENTS_PER_PAGE = 10
STARS = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class RatingShare:
    """How many people gave so many stars, also in percent of all."""

    stars: int
    count: int
    percent: int


@dataclass(frozen=True)
class Ratings:
    """All ratings that count: the latest of each person. `average` is 0 when there are none."""

    average: float
    count: int
    shares: tuple[RatingShare, ...]


@dataclass(frozen=True)
class Comment:
    """A comment as others see it; `rating` is what its author thinks of the course now, or None."""

    author: str
    text: str
    at: datetime
    rating: int | None
    is_own: bool


@dataclass(frozen=True)
class Opinions:
    """The ratings of a course and one page of its comments."""

    ratings: Ratings
    comments: Page


def opinions_on(course: Course, reader: LinkedAccount | None = None, page: int | str = 1) -> Opinions:
    """What people think of a course; `reader` finds the own comments marked."""
    return Opinions(ratings_of(course), comments_on(course, reader, page))


def ratings_of(course: Course) -> Ratings:
    """Average and distribution of the ratings, one of each person."""
    given = Counter(stars for _person, stars in _stars(_current_ratings(course).cleaned()))
    count = given.total()
    average = sum(stars * number for stars, number in given.items()) / count if count else 0.0
    shares = tuple(RatingShare(stars, given[stars], round(100 * given[stars] / (count or 1))) for stars in STARS)
    return Ratings(average, count, shares)


def comments_on(course: Course, reader: LinkedAccount | None = None, number: int | str = 1) -> Page:
    """One page of the comments, the latest first."""
    written = course.events.of_type(EventType.COMMENT).filter(context__has_key="text").exclude(context__text="")
    page = Paginator(written.select_related("account").order_by("-timestamp", "-id"), COMMENTS_PER_PAGE).get_page(
        number
    )
    events = list(page.object_list)
    stars = _stars_of(course, {event.account.person_id for event in events})
    comments = [
        Comment(
            author=author_name(event.account),
            text=str((event.context or {}).get("text", "")),
            at=event.timestamp,
            rating=stars.get(event.account.person_id),
            is_own=reader is not None and event.account.person_id == reader.person_id,
        )
        for event in events
    ]
    return Page(comments, page.number, page.paginator)


def author_name(account: LinkedAccount) -> str:
    """The nickname somebody goes by, or a neutral word; never a name or an id."""
    nickname = account.traits.get("nickname")
    return nickname.strip() if isinstance(nickname, str) and nickname.strip() else gettext("A learner")


def own_rating(course: Course, account: LinkedAccount) -> int | None:
    """How many stars the person gave, on whatever platform."""
    return _stars_of(course, {account.person_id}).get(account.person_id)


def give_opinion(account: LinkedAccount, course: Course, rating: int | None, comment: str) -> bool:
    """Write down a rating (1 to 5) and a comment, each where it says something new; tell whether either did."""
    is_new_rating = rating is not None and rating != own_rating(course, account)
    is_new_comment = bool(comment) and not _said_last(account, course, comment)
    if is_new_rating:
        services.record(account, EventType.RATING, course, value=rating)
    if is_new_comment:
        services.record(account, EventType.COMMENT, course, context={"text": comment})
    return is_new_rating or is_new_comment


def _said_last(account: LinkedAccount, course: Course, comment: str) -> bool:
    """Whether this is what the account said of the course last, as when a form is sent twice."""
    last = account.events.of_type(EventType.COMMENT).filter(course=course).order_by("-timestamp", "-id").first()
    return last is not None and (last.context or {}).get("text") == comment


def _current_ratings(course: Course) -> EventQuerySet:
    """The latest rating of each person."""
    given = Event.objects.of_type(EventType.RATING).filter(course=course, value__isnull=False)
    return given.order_by("account__person_id", "-timestamp", "-id").distinct("account__person_id")


def _stars_of(course: Course, person_ids: Collection[UUID]) -> dict[UUID, int]:
    if not person_ids:
        return {}
    return dict(_stars(_current_ratings(course).filter(account__person_id__in=person_ids)))


def _stars(ratings: EventQuerySet) -> Iterator[tuple[UUID, int]]:
    for person_id, value in ratings.values_list("account__person_id", "value"):
        yield person_id, round(value or 0)
