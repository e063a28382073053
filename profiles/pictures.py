"""Pictures of profiles and segments as SVG: a radar of interests, a heat map of hours, bars of weeks, a line of days.

They are drawn in the colour of the text around them, so they suit light and dark pages.
"""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

RADAR = 100.0
"""The radius of the radar; it is drawn in a box of 420 x 280."""
FEWEST_AXES = 3
LONGEST_LABEL = 12
CELL = 16


def radar(names: Sequence[str], shares: Sequence[float], title: str) -> str:
    """A radar with an axis per interest, the largest share at the rim; "" for fewer than three interests."""
    if len(names) < FEWEST_AXES or max(shares) <= 0:
        return ""
    largest = max(shares)
    angles = [2 * math.pi * at / len(names) - math.pi / 2 for at in range(len(names))]
    rings = "".join(
        _polygon(angles, [ring] * len(angles), 'fill="none" stroke-opacity=".18"') for ring in (1 / 3, 2 / 3, 1.0)
    )
    area = _polygon(angles, [share / largest for share in shares], 'fill="currentColor" fill-opacity=".22"')
    labels = "".join(_radar_label(name, share, angle) for name, share, angle in zip(names, shares, angles))
    return _svg("-210 -140 420 280", title, f'<g stroke="currentColor">{rings}{area}</g>{labels}')


def heat_map(visits: Sequence[Sequence[int]], weekdays: Sequence[str], title: str) -> str:
    """Visits by weekday (rows) and hour (columns), the darker the more."""
    most = max((count for row in visits for count in row), default=0)
    parts = []
    for day, row in enumerate(visits):
        parts.append(_text(34, 14 + day * CELL, weekdays[day], "end"))
        for hour, count in enumerate(row):
            strength = 0.06 + 0.94 * math.sqrt(count / most) if most else 0.06
            place = f'x="{40 + hour * CELL}" y="{2 + day * CELL}"'
            parts.append(
                f'<rect {place} width="{CELL - 2}" height="{CELL - 2}" rx="3" fill="currentColor" '
                f'fill-opacity="{strength:.2f}"><title>{escape(weekdays[day])} {hour:02d}:00 · {count}</title></rect>'
            )
    parts += [_text(40 + hour * CELL + CELL / 2, 130, f"{hour}", "middle") for hour in range(0, 24, 3)]
    return _svg(f"0 0 {44 + 24 * CELL} 136", title, "".join(parts))


def bars(counts: Sequence[int], title: str) -> str:
    """How much happened in each stretch of time, the latest on the right."""
    most = max(counts, default=0)
    width = CELL
    parts = []
    for at, count in enumerate(counts):
        height = max(1.0, 60.0 * count / most) if most else 1.0
        parts.append(
            f'<rect x="{at * width}" y="{62 - height:.1f}" width="{width - 3}" height="{height:.1f}" rx="2" '
            f'fill="currentColor" fill-opacity=".55"><title>{count}</title></rect>'
        )
    return _svg(f"0 0 {len(counts) * width} 64", title, "".join(parts))


def sparkline(values: Sequence[float], title: str) -> str:
    """A small line through values of equal distance, the latest on the right with a dot; "" for none."""
    if not values:
        return ""
    low, high = min(values), max(values)
    step = 92 / max(len(values) - 1, 1)
    middle = high == low
    heights = [12.0 if middle else 21 - 18 * (value - low) / (high - low) for value in values]
    points = " ".join(f"{4 + at * step:.1f},{height:.1f}" for at, height in enumerate(heights))
    x, y = points.split(" ")[-1].split(",")
    line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/>'
    return _svg("0 0 100 24", title, f'{line}<circle cx="{x}" cy="{y}" r="2.5" fill="currentColor"/>')


def _polygon(angles: Sequence[float], lengths: Sequence[float], look: str) -> str:
    points = " ".join(
        f"{RADAR * length * math.cos(angle):.1f},{RADAR * length * math.sin(angle):.1f}"
        for angle, length in zip(angles, lengths)
    )
    return f'<polygon points="{points}" {look}/>'


def _radar_label(name: str, share: float, angle: float) -> str:
    x, y = (RADAR + 12) * math.cos(angle), (RADAR + 14) * math.sin(angle) + 4
    anchor = "middle" if abs(x) < RADAR / 4 else "start" if x > 0 else "end"
    short = name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
    return _text(x, y, f"{short} {share:.0%}", anchor)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'
    )


def _svg(box: str, title: str, inside: str) -> str:
    return (
        f'<svg class="picture" xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
        f"aria-label={quoteattr(title)}>{inside}</svg>"
    )
