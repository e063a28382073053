"""Texts and controls stand out from their grounds as WCAG 2.2 AA asks, in light and in dark."""

import re

import pytest
from django.conf import settings

TEXT, CONTROL = 4.5, 3.0
PAIRS = [
    *((text, ground, TEXT) for text in ("ink", "ink-soft", "ink-faint", "brand") for ground in ("paper", "surface")),
    *((text, "sunken", TEXT) for text in ("ink", "ink-soft")),
    *((text, "brand-wash", TEXT) for text in ("ink", "ink-soft", "good-ink", "brand")),
    ("on-brand", "brand", TEXT),
    ("on-brand", "brand-strong", TEXT),
    ("good-ink", "surface", TEXT),
    ("good-ink", "good-wash", TEXT),
    ("bad", "surface", TEXT),
    ("bad", "paper", TEXT),
    ("bad-strong", "bad-wash", TEXT),
    ("on-bad", "bad", TEXT),
    ("warn-ink", "warn-wash", TEXT),
    ("line-strong", "surface", CONTROL),
    ("line-strong", "paper", CONTROL),
    ("star", "surface", CONTROL),
    ("star", "paper", CONTROL),
]


def colours(scheme: str) -> dict[str, str]:
    """The colours of a scheme as `#rrggbb`; dark ones replace light ones."""
    text = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    found = re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", light + (dark if scheme == "dark" else ""))
    return {name: value if len(value) == 6 else "".join(2 * digit for digit in value) for name, value in found}


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast_is_enough(scheme: str, front: str, ground: str, least: float) -> None:
    known = colours(scheme)
    assert contrast(known[front], known[ground]) >= least
