"""Reading the pages of `docs/`: fences with what stands before them, tables, and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
ELISION = "…"
"""In an example: here the reader sees something else, or has to put in something of their own."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Fence:
    """A block of an example: its language, its text, and the words between it and the block before."""

    language: str
    text: str
    before: str

    @property
    def is_for_the_reader(self) -> bool:
        """Whether it can only be run once the reader has filled something in."""
        return ELISION in self.text


def fences(page: Path) -> list[Fence]:
    """All blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Fence] = []
    end = 0
    for block in _FENCE.finditer(text):
        found.append(Fence(block[1], block[2], text[end : block.start()]))
        end = block.end()
    return found


def without_fences(page: Path) -> str:
    """The words of a page alone."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def table_rows(page: Path, heading: str) -> Iterator[list[str]]:
    """The cells of every table row in the sections whose heading begins so, without the head rows."""
    for section in re.split(r"^(?=#+ )", without_fences(page), flags=re.MULTILINE):
        if not section.lstrip("# ").startswith(heading):
            continue
        lines = section.splitlines()
        for above, line in pairwise(lines):
            is_row = line.startswith("|") and above.startswith("|") and not set(line) <= set("|- ")
            if is_row:
                yield [cell.strip() for cell in line.strip("|").split("|")]


def resembles(shown: object, real: object) -> bool:
    """Whether an answer is the one shown: the same in all, but for texts that were left out in the example."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return list(shown) == list(real) and all(resembles(shown[name], real[name]) for name in shown)
    if isinstance(shown, list) and isinstance(real, list):
        return len(shown) == len(real) and all(map(resembles, shown, real))
    if isinstance(shown, str) and isinstance(real, str):
        pattern = ".*".join(map(re.escape, shown.split(ELISION)))
        return re.fullmatch(pattern, real, re.DOTALL) is not None
    return type(shown) is type(real) and shown == real
