"""Setting a title in lines, as people who read Chinese and Latin letters expect it."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

LATIN_WIDTH = 0.56
"""The mean width of a Latin letter, digit or space, as a share of a Chinese character's."""

LONGEST = 120
"""Characters of a title that are looked at; no cover has room for more."""

ELLIPSIS = "…"
_NEVER_FIRST = "，。、；：！？）》」』”’…—·,.;:!?)]}%"
_NEVER_LAST = "（《「『“‘([{"
_PARTICLES = "的和与到把讲谈"
_WIDE = r"\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uffef\U00020000-\U0003fffd“”‘’…—"
_PIECES = re.compile(rf"\s+|[{_WIDE}]|[^\s{_WIDE}]+")
_IS_WIDE = re.compile(rf"[{_WIDE}]")


@dataclass(frozen=True)
class Setting:
    """A title set in lines of one size (px)."""

    lines: tuple[str, ...]
    size: int


def width(text: str) -> float:
    """How wide a text is, in Chinese characters."""
    wide = len(_IS_WIDE.findall(text))
    return wide + (len(text) - wide) * LATIN_WIDTH


def set_title(title: str, available: int, sizes: Sequence[tuple[int, int]], words: Collection[str] = ()) -> Setting:
    """Set a title in the first of `sizes`, pairs of (size in px, most lines), in which it fits into `available` px.

    `words` are not torn apart where that can be helped. What does not fit even in the last size ends with an ellipsis.
    """
    title = " ".join(title[:LONGEST].split())
    for size, most_lines in sizes:
        pieces = _pieces(title, available / size, words)
        for count in range(1, most_lines + 1):
            if lines := _best_lines(pieces, count, available / size, words):
                return Setting(tuple(lines), size)
    size, most_lines = sizes[-1]
    lines = _filled_lines(_pieces(title, available / size, ()), available / size)
    if len(lines) > most_lines:
        lines = [*lines[: most_lines - 1], _cut(lines[most_lines - 1], available / size)]
    return Setting(tuple(line.strip() for line in lines if line.strip()), size)


def _best_lines(pieces: list[str], count: int, most: float, words: Collection[str]) -> list[str]:
    """The pieces in so many lines of at most `most` width, ended where a reader would pause; empty when impossible."""
    if width("".join(pieces)) > count * most:
        return []
    ways = (_lines_between(pieces, ends) for ends in combinations(range(1, len(pieces)), count - 1))
    fitting = [lines for lines in ways if all(0 < width(line) <= most for line in lines)]
    return min(fitting, key=lambda lines: _awkwardness(lines, words), default=[])


def _lines_between(pieces: list[str], ends: tuple[int, ...]) -> list[str]:
    return ["".join(pieces[start:end]).strip() for start, end in pairwise((0, *ends, len(pieces)))]


def _awkwardness(lines: list[str], words: Collection[str]) -> float:
    """How much lines displease: by their uneven widths, and by ending in the middle of something."""
    widths = [width(line) for line in lines]
    uneven = sum((max(widths) - each) ** 2 for each in widths) / max(widths) / 2
    return uneven + sum(_tear(line, following, tuple(words)) for line, following in pairwise(lines))


def _tear(line: str, following: str, words: tuple[str, ...]) -> float:
    """How much the end of a line tears apart: nothing at a pause, most between two Chinese characters."""
    if line[-1] in _NEVER_FIRST:
        return 0.0
    between_words = line.endswith(words) or following.startswith(words) or line[-1] in _PARTICLES
    between_scripts = not (_IS_WIDE.match(line[-1]) and _IS_WIDE.match(following[0]))
    return 0.7 if between_words or between_scripts else 2.0


def _filled_lines(pieces: list[str], most: float) -> list[str]:
    lines = [""]
    for piece in pieces:
        if width((lines[-1] + piece).rstrip()) > most:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return lines


def _pieces(title: str, most: float, words: Collection[str]) -> list[str]:
    """The pieces between which a line may end; marks stay with what they close or open."""
    pieces: list[str] = []
    for part in _around(title, words):
        for piece in [part] if part in words else _PIECES.findall(part):
            joins = bool(pieces) and (piece[0] in _NEVER_FIRST or pieces[-1][-1] in _NEVER_LAST)
            if joins and width(pieces[-1] + piece) <= most:
                pieces[-1] += piece
            else:
                pieces.extend(_broken(piece, most))
    return pieces


def _around(title: str, words: Collection[str]) -> list[str]:
    """The title in parts, of which those that are `words` are whole."""
    longest_first = sorted((re.escape(word) for word in words if word), key=len, reverse=True)
    return [part for part in re.split(f"({'|'.join(longest_first)})", title) if part] if longest_first else [title]


def _broken(piece: str, most: float) -> list[str]:
    """A piece as it is, or in parts that fit on a line each."""
    if width(piece) <= most:
        return [piece]
    length = max(1, int(most if _IS_WIDE.search(piece) else most / LATIN_WIDTH))
    return [piece[start : start + length] for start in range(0, len(piece), length)]


def _cut(line: str, most: float) -> str:
    while line and width(line + ELLIPSIS) > most:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS
