"""The page about segments says what the code does."""

import re

from profiles.segmentation.naming import CELLS
from profiles.segmentation.reading_rules import DEEPEST, LEAVES, MOST_CONDITIONS, MOST_VALUES, parse
from profiles.segmentation.rfm import GRID, key_of
from profiles.segmentation.rule import Did
from profiles.segmentation.traits import TRAITS
from tests.docs.pages import ROOT, fences, table_rows, without_fences

PAGE = ROOT / "docs" / "segments.md"


def told(heading: str) -> list[str]:
    return [name for row in table_rows(PAGE, heading) for name in re.findall(r"`([^`]+)`", row[0])]


def test_its_examples_are_rules() -> None:
    examples = [fence.text for fence in fences(PAGE) if fence.language == "json"]
    examples += [each for each in told("Rules") if "…" not in each]
    assert len(examples) > 6
    for example in examples:
        parse(example)


def test_its_tables_are_whole() -> None:
    conditions = re.findall(r'^\| `\{"(\w+)"', PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert conditions == ["all", "any", "not", "did", *LEAVES]
    assert told("What they did") == list(Did.__struct_fields__)
    assert told("Traits") == list(TRAITS)
    assert told("The RFM grid") == [key_of(cell) for cell in GRID]
    assert GRID.keys() == CELLS.keys()


def test_its_bounds_are_the_ones_that_are_kept() -> None:
    section = " ".join(without_fences(PAGE).partition("## Bounds")[2].split())
    assert f"{MOST_CONDITIONS} conditions, {DEEPEST} levels" in section
    assert f"a list {MOST_VALUES} values" in section
