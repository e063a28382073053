"""Cards are kept in memory, and many threads read them at once."""

import pytest
from django.test import override_settings

from profiles.models import Course
from recommend.serving import catalogue
from recommend.serving.answers import CourseCard
from recommend.serving.catalogue import Catalogue, card_of
from tests.factories import CourseFactory

pytestmark = pytest.mark.django_db


def test_nobody_sees_cards_that_are_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    courses = [CourseFactory().pk for _course in range(3)]
    kept = Catalogue(b"now")

    def watching(course: Course) -> CourseCard:
        assert not kept.known_cards
        return card_of(course)

    monkeypatch.setattr(catalogue, "card_of", watching)
    assert [card.id for card in kept.cards(courses)] == courses


def test_what_is_not_listed_has_no_card() -> None:
    listed, hidden = CourseFactory(), CourseFactory(available=False)
    kept = Catalogue(b"now")
    assert [card.id for card in kept.cards([hidden.pk, listed.pk])] == [listed.pk]
    assert [card.id for card in kept.cards([hidden.pk, listed.pk])] == [listed.pk]


def test_too_many_cards_are_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MOST_CARDS", 1)
    courses = [CourseFactory().pk for _course in range(3)]
    kept = Catalogue(b"now")
    for _time in range(2):
        assert [card.id for card in kept.cards(courses)] == courses


@override_settings(PUBLIC_URL="https://cross.example")
def test_a_course_without_a_cover_has_one_drawn_here() -> None:
    own, none = CourseFactory(cover_url="https://learn.example/a.png"), CourseFactory()
    cards = Catalogue(b"now").cards([own.pk, none.pk])
    assert [card.picture_url for card in cards] == [
        "https://learn.example/a.png",
        f"https://cross.example/courses/{none.pk}/cover.svg",
    ]
