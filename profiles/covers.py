"""Covers for courses that have none: an SVG drawn from title, category and kind, always the same for the same ones."""

import hashlib
import math
import random
import re
from collections.abc import Callable, Collection
from xml.sax.saxutils import escape

from profiles.cover_text import set_title

WIDTH, HEIGHT = 640, 360
_MARGIN = 44
_TITLE_SIZES = ((68, 1), (60, 2), (50, 3), (42, 3))
_FONTS = "'Source Han Serif SC','Noto Serif CJK SC','Songti SC',Georgia,'Noto Sans CJK SC','Microsoft YaHei',serif"
_LABEL_FONTS = "'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',system-ui,sans-serif"
_NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

GROUNDS = (
    "#1f6f63", "#24508f", "#6d3a63", "#98502c", "#33475f", "#a03548", "#5c6a2c", "#3f4fa8",
    "#6f4433", "#0f6f86", "#93365f", "#8a5a14", "#2f5d3a", "#74508f", "#ad4a43", "#a8452f",
)  # fmt: skip
"""Grounds on which white letters are easy to read (a contrast of 4.5 or more); a category keeps its own."""

_SALT = b"4927"
"""Spreads the usual categories over different grounds."""

_GLYPHS = {
    "audio": "M4 15v-3a8 8 0 0 1 16 0v3M4 15a2 2 0 0 1 4 0v3a2 2 0 0 1-4 0zM20 15a2 2 0 0 0-4 0v3a2 2 0 0 0 4 0z",
    "article": "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
    "video": "M3 6h18v12H3zM10 9.5l4.5 2.5-4.5 2.5z",
    "live": "M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7.8 16.2a6 6 0 0 1 0-8.4M16.2 7.8a6 6 0 0 1 0 8.4"
    "M5 19A10 10 0 0 1 5 5M19 5a10 10 0 0 1 0 14",
    "course": "M12 6c-2-1.6-4.6-2-9-2v14c4.4 0 7 .4 9 2 2-1.6 4.6-2 9-2V4c-4.4 0-7 .4-9 2zM12 6v14",
}


def draw_cover(title: str, category: str, kind: str, words: Collection[str] = ()) -> str:
    """The cover as an SVG document of 640 x 360; `words` of the title, such as its tags, are kept on one line.

    Any text is safe, what XML cannot hold is left out.
    """
    title, category = _clean(title), _clean(category)
    ground = ground_of(category)
    chance = random.Random(hashlib.blake2s(f"{category}\n{title}".encode()).digest())  # noqa: S311 (looks, not secrets)
    pattern = chance.choice(_PATTERNS)(chance)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(title)}</title>"
        f'<defs><linearGradient id="shade" x2="1"><stop stop-color="{ground}"/>'
        f'<stop offset=".45" stop-color="{ground}" stop-opacity=".82"/>'
        f'<stop offset="1" stop-color="{ground}" stop-opacity="0"/></linearGradient></defs>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{ground}"/>'
        f'<g fill="none" stroke="#fff">{pattern}</g>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#shade)"/>'
        f"{_label(category)}{_title(title, words)}{_glyph(kind)}</svg>"
    )


def ground_of(category: str) -> str:
    """The colour of a category, as `#rrggbb`."""
    return GROUNDS[hashlib.blake2s(category.encode(), salt=_SALT).digest()[0] % len(GROUNDS)]


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def _label(category: str) -> str:
    shown = "".join(set_title(category, WIDTH - 4 * _MARGIN, ((26, 1),)).lines)
    return f'<text x="{_MARGIN}" y="70" font-family="{_LABEL_FONTS}" font-size="24" fill="#fff">{escape(shown)}</text>'


def _title(title: str, words: Collection[str]) -> str:
    setting = set_title(title, WIDTH - 2 * _MARGIN, _TITLE_SIZES, words)
    leading = setting.size * 1.28
    first = HEIGHT - 52 - leading * (len(setting.lines) - 1)
    spans = "".join(
        f'<tspan x="{_left(line, setting.size)}" y="{first + leading * number:.0f}">{escape(line)}</tspan>'
        for number, line in enumerate(setting.lines)
    )
    return f'<text font-family="{_FONTS}" font-size="{setting.size}" font-weight="700" fill="#fff">{spans}</text>'


def _left(line: str, size: int) -> int:
    """Where a line starts: marks whose left half is empty hang out into the margin."""
    return _MARGIN - (size // 2 if line[:1] in ("《", "（", "「", "『") else 0)


def _glyph(kind: str) -> str:
    drawn = _GLYPHS.get(kind, _GLYPHS["course"])
    return (
        f'<path transform="translate({WIDTH - 84} 40) scale(1.7)" d="{drawn}" fill="none" stroke="#fff" '
        'stroke-width="1.7" stroke-linejoin="round" stroke-linecap="round" stroke-opacity=".9"/>'
    )


def _rings(chance: random.Random) -> str:
    x, y, step = chance.randint(430, 600), chance.randint(20, 320), chance.randint(26, 40)
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{step * number}" stroke-width="{9 - number * 0.6:.1f}" '
        f'stroke-opacity="{0.34 - number * 0.03:.2f}"/>'
        for number in range(1, 11)
    )


def _dots(chance: random.Random) -> str:
    x, y = chance.randint(460, 620), chance.randint(0, 360)
    drawn = []
    for column in range(330, WIDTH + 20, 30):
        for row in range(15, HEIGHT, 30):
            radius = max(1.4, 11 - math.hypot(column - x, row - y) / 24)
            drawn.append(f'<circle cx="{column}" cy="{row}" r="{radius:.1f}"/>')
    return f'<g fill="#fff" fill-opacity=".3" stroke="none">{"".join(drawn)}</g>'


def _waves(chance: random.Random) -> str:
    swing, length, lean = chance.randint(14, 30), chance.randint(90, 150), chance.randint(-40, 40)
    drawn = []
    for number in range(13):
        y = number * 30 + lean
        curve = f"M200 {y} q {length / 2:.0f} {-swing * 2} {length} 0" + f" t {length} 0" * 6
        drawn.append(f'<path d="{curve}" stroke-opacity="{0.12 + 0.018 * number:.2f}"/>')
    return f'<g stroke-width="5">{"".join(drawn)}</g>'


def _bars(chance: random.Random) -> str:
    drawn = []
    for x in range(330, WIDTH + 160, 26):
        height = chance.randint(60, 330)
        drawn.append(
            f'<path d="M{x} {HEIGHT + 20} V{HEIGHT - height}" stroke-opacity="{chance.uniform(0.1, 0.34):.2f}"/>'
        )
    lean = chance.choice((-16, 0, 16))
    slant = f"skewX({lean}) translate({lean * 4} 0)"
    return f'<g stroke-width="14" stroke-linecap="round" transform="{slant}">{"".join(drawn)}</g>'


def _discs(chance: random.Random) -> str:
    drawn = "".join(
        f'<circle cx="{chance.randint(330, 660)}" cy="{chance.randint(-20, 380)}" r="{chance.randint(40, 150)}" '
        f'fill-opacity="{chance.uniform(0.08, 0.2):.2f}"/>'
        for _disc in range(6)
    )
    return f'<g fill="#fff" stroke="none">{drawn}</g>'


def _hills(chance: random.Random) -> str:
    drawn = []
    for number in range(5):
        base = 130 + number * 48
        peaks = [base + chance.randint(-60, 44) for _peak in range(6)]
        points = " ".join(f"{160 + index * 110},{peak}" for index, peak in enumerate(peaks))
        drawn.append(f'<polygon points="160,400 {points} 710,400"/>')
    return f'<g fill="#fff" fill-opacity=".09" stroke="none">{"".join(drawn)}</g>'


def _tiles(chance: random.Random) -> str:
    side, drawn = 60, []
    for column in range(340, WIDTH, side):
        for row in range(0, HEIGHT, side):
            turn = chance.choice((0, 90, 180, 270))
            middle = f"{column + side / 2:.0f} {row + side / 2:.0f}"
            quarter = f"M{column} {row} h{side} a{side} {side} 0 0 1 -{side} {side} z"
            drawn.append(f'<path d="{quarter}" transform="rotate({turn} {middle})"/>')
    return f'<g fill="#fff" fill-opacity=".15" stroke="none">{"".join(drawn)}</g>'


_PATTERNS: tuple[Callable[[random.Random], str], ...] = (_rings, _dots, _waves, _bars, _discs, _hills, _tiles)
