"""Time against persons as a picture: both axes by powers of ten, so that growth in proportion is a straight line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 760, 430
LEFT, RIGHT, TOP, BOTTOM = 76, 210, 56, 52
STYLE = """
    svg { --paper: #ffffff; --line: #c3ccd4; --ink: #17232e; --quiet: #51606e; --first: #0d6b52; --second: #a8541f;
      font-family: system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #12181f; --line: #44525f; --ink: #e8eef3; --quiet: #a9b6c2; --first: #6fd0ac; --second: #f0a36f; }
    }
    .paper { fill: var(--paper); }
    .grid { stroke: var(--line); stroke-width: 1; }
    .guide { stroke: var(--quiet); stroke-width: 1.5; stroke-dasharray: 5 5; fill: none; }
    text { fill: var(--ink); font-size: 14px; }
    .title { font-size: 17px; font-weight: 650; }
    .quiet { fill: var(--quiet); }
    .line0 { stroke: var(--first); stroke-width: 2.5; fill: none; } .mark0 { fill: var(--first); }
    .line1 { stroke: var(--second); stroke-width: 2.5; fill: none; } .mark1 { fill: var(--second); }
"""


@dataclass(frozen=True)
class Line:
    """A name, and (persons, seconds) in order of persons."""

    name: str
    points: Sequence[tuple[float, float]]


def growth_chart(title: str, lines: Sequence[Line]) -> str:
    """An SVG of up to two lines, each with a guide from its first point that grows in proportion."""
    points = [point for line in lines for point in line.points]
    across = _Scale([persons for persons, _seconds in points], LEFT, WIDTH - RIGHT)
    up = _Scale([seconds for _persons, seconds in points], HEIGHT - BOTTOM, TOP)
    body = [*_grid(across, up)]
    for number, line in enumerate(lines):
        body += _drawn(line, number, across, up)
    named = "; ".join(f"{line.name}: " + ", ".join(f"{p:,.0f} in {s:,.0f} s" for p, s in line.points) for line in lines)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
            f'  <title id="title">{title}</title>',
            f'  <desc id="description">{named}. Dashed: in proportion to the first point.</desc>',
            f"  <style>{STYLE}  </style>",
            f'  <rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
            f'  <text class="title" x="{LEFT}" y="30">{title}</text>',
            *(f"  {element}" for element in body),
            "</svg>\n",
        ]
    )


class _Scale:
    """From numbers to places along an axis, by powers of ten."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.first = math.floor(math.log10(min(values)))
        self.last = max(math.ceil(math.log10(max(values))), self.first + 1)
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return round(self._start + share * (self._end - self._start), 1)

    def ticks(self) -> list[int]:
        return [10**power for power in range(max(self.first, 0), self.last + 1)]


def _grid(across: _Scale, up: _Scale) -> list[str]:
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    drawn = []
    for tick in across.ticks():
        x = across(tick)
        drawn.append(f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{floor}"/>')
        drawn.append(f'<text class="quiet" x="{x}" y="{floor + 20}" text-anchor="middle">{tick:,}</text>')
    for tick in up.ticks():
        y = up(tick)
        drawn.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
        drawn.append(f'<text class="quiet" x="{LEFT - 8}" y="{y + 5}" text-anchor="end">{tick:,} s</text>')
    drawn.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 12}" text-anchor="middle">persons</text>')
    return drawn


def _drawn(line: Line, number: int, across: _Scale, up: _Scale) -> list[str]:
    (first, began), (last, ended) = line.points[0], line.points[-1]
    places = [(across(persons), up(seconds)) for persons, seconds in line.points]
    path = " ".join(f"{x},{y}" for x, y in places)
    proportional = min(began * last / first, 10.0**up.last)
    reached = first * proportional / began
    guide = f"{places[0][0]},{places[0][1]} {across(reached)},{up(proportional)}"
    return [
        f'<polyline class="guide" points="{guide}"/>',
        f'<polyline class="line{number}" points="{path}"/>',
        *(f'<circle class="mark{number}" cx="{x}" cy="{y}" r="5"/>' for x, y in places),
        *_named(line.name, f"{ended:,.0f} s for {last:,.0f}", *places[-1]),
    ]


def _named(name: str, words: str, x: float, y: float) -> list[str]:
    """What a line is, at its end: beside it, or above it where the other line goes on."""
    beside = x >= WIDTH - RIGHT
    at, up, anchor = (x + 12, y + 5, "start") if beside else (x - 10, y - 50, "end")
    return [
        f'<text x="{at}" y="{up}" text-anchor="{anchor}">{name}</text>',
        f'<text class="quiet" x="{at}" y="{up + 18}" text-anchor="{anchor}">{words}</text>',
    ]
