"""Cards are kept in memory, and many threads read them at once."""

import pytest

from profiles.models import Course
from recommend.serving import catalogue
from recommend.serving.answers import CourseCard
from recommend.serving.catalogue import Catalogue, card_of
from tests.factories import CourseFactory

pytestmark = pytest.mark.django_db


def test_nobody_sees_cards_that_are_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    courses = [CourseFactory().pk for _course in range(3)]
    kept = Catalogue(None)

    def watching(course: Course) -> CourseCard:
        assert not kept.known_cards
        return card_of(course)

    monkeypatch.setattr(catalogue, "card_of", watching)
    assert [card.id for card in kept.cards(courses)] == courses


def test_what_is_not_listed_has_no_card() -> None:
    listed, hidden = CourseFactory(), CourseFactory(available=False)
    kept = Catalogue(None)
    assert [card.id for card in kept.cards([hidden.pk, listed.pk])] == [listed.pk]
    assert [card.id for card in kept.cards([hidden.pk, listed.pk])] == [listed.pk]


def test_too_many_cards_are_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MOST_CARDS", 1)
    courses = [CourseFactory().pk for _course in range(3)]
    kept = Catalogue(None)
    for _time in range(2):
        assert [card.id for card in kept.cards(courses)] == courses
