"""The courses of a demo platform: as its own catalogue file, and as it describes them to CrossMarket."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from crossmarket import embedded
from crossmarket.demo.courses import PLATFORMS, Courses
from crossmarket.demo.events import NO_COURSE, Events


class SiteCourse(msgspec.Struct, frozen=True):
    """A course in a partner's own catalogue; price in fen, times in ISO 8601."""

    item_id: str
    title: str
    kind: str
    category: str
    tags: list[str]
    price: int
    teacher: str
    difficulty: str
    language: str
    text: str
    published_at: datetime


class ItemDescription(SiteCourse, frozen=True):
    """The same as the platform sends it to CrossMarket, with the address of its page."""

    url: str = ""
    currency: str = "CNY"


def courses_of(courses: Courses, platform: int) -> list[SiteCourse]:
    """The catalogue of one platform (index into PLATFORMS)."""
    return [
        SiteCourse(
            item_id=courses.item_id[course],
            title=courses.title[course],
            kind=courses.kind[course],
            category=courses.category_name(course),
            tags=courses.tags(course),
            price=int(courses.price[course]),
            teacher=courses.teacher[course],
            difficulty=courses.difficulty[course],
            language=courses.language[course],
            text=courses.text[course],
            published_at=datetime.fromtimestamp(int(courses.published_at[course]), UTC),
        )
        for course in np.flatnonzero(courses.platform == platform).tolist()
    ]


def described(course: SiteCourse, url: str) -> ItemDescription:
    """The course as the platform describes it to CrossMarket."""
    return ItemDescription(**msgspec.structs.asdict(course), url=url)


def site_file(slug: str) -> Path:
    """Where a demo site keeps its catalogue."""
    return embedded.data_folder() / "demo-sites" / f"{slug}.json"


def write_site_files(courses: Courses, events: Events, slugs: tuple[str, ...]) -> None:
    """Give each of these sites its catalogue, the most visited courses first, as shops put them."""
    visits = np.bincount(events.course[events.course != NO_COURSE], minlength=len(courses))
    for index, platform in enumerate(PLATFORMS):
        if platform.slug in slugs:
            place = site_file(platform.slug)
            place.parent.mkdir(parents=True, exist_ok=True)
            by_visits = sorted(
                zip(visits[courses.platform == index], courses_of(courses, index), strict=True), key=_visits
            )
            place.write_bytes(msgspec.json.encode([course for _count, course in by_visits]))


def _visits(counted: tuple[int, SiteCourse]) -> int:
    return -counted[0]


def read_site_file(slug: str) -> list[SiteCourse]:
    """A site's catalogue. Raises FileNotFoundError when the demo was not made yet."""
    return msgspec.json.decode(site_file(slug).read_bytes(), type=list[SiteCourse])
