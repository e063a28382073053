"""Prices and ratings in words."""

import pytest
from django.utils import translation

from crossmarket.templatetags.money import money
from crossmarket.templatetags.stars import stars


@pytest.mark.parametrize(
    ("language", "minor_units", "currency", "shown"),
    [
        ("zh-hans", 9_900, "CNY", "¥99"),
        ("zh-hans", 9_950, "CNY", "¥99.50"),
        ("zh-hans", 1, "CNY", "¥0.01"),
        ("zh-hans", 123_456_700, "CNY", "¥1,234,567"),
        ("zh-hans", 0, "CNY", "免费"),
        ("zh-hans", 500, "JPY", "JP¥500"),
        ("zh-hans", 500, "XXQ", "XXQ5"),
        ("en", 9_900, "CNY", "¥99"),
        ("en", 1_050, "USD", "$10.50"),
        ("en", 0, "USD", "Free"),
        ("en", None, "CNY", ""),
    ],
)
def test_a_price_is_written_as_people_write_it(
    language: str, minor_units: int | None, currency: str, shown: str
) -> None:
    with translation.override(language):
        assert money(minor_units, currency).replace("\xa0", "") == shown


@pytest.mark.parametrize(("rating", "filled", "words"), [(5, 100, "5 out of 5"), (3.75, 75, "3.8 out of 5")])
def test_stars_are_filled_and_read_aloud(rating: float, filled: int, words: str) -> None:
    with translation.override("en"):
        drawn = stars(rating)
    assert f"--filled:{filled}%" in drawn
    assert words in drawn
