"""The page about mappings says what the code does."""

import re

from profiles.ingest.mapping import read_document
from profiles.ingest.mapping.document import LARGEST, Document, Rule
from profiles.ingest.mapping.expressions import DEEPEST, LONGEST, MOST_GATHERED, MOST_NODES, MOST_WORK
from profiles.ingest.mapping.times import TimeFormat
from profiles.ingest.mapping.units import UNITS
from tests.docs.pages import ROOT, fences, table_rows, without_fences

PAGE = ROOT / "docs" / "mappings.md"


def told(heading: str) -> set[str]:
    return {name for row in table_rows(PAGE, heading) for name in re.findall(r"`([^`]+)`", row[0])}


def test_its_example_is_a_mapping() -> None:
    examples = [fence.text for fence in fences(PAGE) if fence.language == "json"]
    assert examples
    for example in examples:
        read_document(example)


def test_its_tables_are_whole() -> None:
    assert told("The document") == set(Document.__struct_fields__)
    assert told("Rules") == {name.replace("source", "from") for name in Rule.__struct_fields__}
    assert told("Units") == set(UNITS)
    assert told("Times") == set(TimeFormat.__args__)


def test_its_bounds_are_the_ones_that_are_kept() -> None:
    section = " ".join(without_fences(PAGE).partition("## Bounds")[2].split())
    assert f"{LARGEST // 1024} KiB" in section
    assert f"{LONGEST} characters, {MOST_NODES} parts, {DEEPEST} levels" in section
    assert f"{MOST_GATHERED} members" in section
    assert f"{MOST_WORK:,} steps" in section
    assert "/event/value/0/unit" in section
