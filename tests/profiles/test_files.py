"""Files are read one row at a time; what is broken as a whole says so, in bounded memory."""

import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.ingest.files import FileBroken, Row, read_rows
from tests.profiles.made_files import SHEET, Endless, parquet, xlsx, xlsx_with

MEBIBYTE = 2**20
LOCAL = datetime(2026, 3, 1, 20, 15)  # noqa: DTZ001 sheets know no zones


def rows(content: Any, name: str, encoding: str = "utf-8") -> list[Row]:
    return list(read_rows(io.BytesIO(content) if isinstance(content, bytes) else content, name, encoding))


def read(content: bytes, name: str, encoding: str = "utf-8") -> list[tuple[int, Any]]:
    return [(row.number, json.loads(row.payload)) for row in rows(content, name, encoding)]


def broken(content: Any, name: str, encoding: str = "utf-8") -> str:
    with pytest.raises(FileBroken) as told:
        for _row in read_rows(io.BytesIO(content) if isinstance(content, bytes) else content, name, encoding):
            pass
    return str(told.value)


@contextmanager
def at_most(mebibytes: int) -> Iterator[None]:
    """Whatever is done in here holds no more than this at any moment."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < mebibytes * MEBIBYTE
    finally:
        tracemalloc.stop()


class TestCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    def test_rows_have_the_numbers_of_their_lines(self, delimiter: str, ending: str) -> None:
        text = ending.join(["a,b", "1,x", "", '2,"y', 'z"', ",w", ""]).replace(",", delimiter)
        assert read(text.encode(), "f.csv") == [
            (2, {"a": "1", "b": "x"}),
            (4, {"a": "2", "b": f"y{ending}z"}),
            (6, {"b": "w"}),
        ]

    def test_encodings_are_those_of_the_programs_that_people_have(self) -> None:
        text = "课程,价格\n编程,99\n"
        for encoding, said in [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gbk", "gb18030"), ("big5", "big5")]:
            written = text.replace("课", "課").replace("编", "編").replace("价", "價") if said == "big5" else text
            assert len(read(written.encode(encoding, errors="ignore"), "f.csv", said)) == 1, encoding

    def test_a_row_with_too_many_cells_spoils_no_other(self) -> None:
        found = rows(b"a,b\n1,2,3\n4,5\n6,7,,\n", "f.csv")
        assert [row.fault for row in found] == ["The row has 3 cells, the header has 2.", "", ""]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "first line is empty"),
            (b"\n1,2\n", "first line is empty"),
            (b"a,,b\n", "Column 2 has no name"),
            (b"a,b,a\n", "'a' is there twice"),
            (b"x" * 300 + b"\n", "no names of columns"),
            (b",".join(b"c%d" % n for n in range(1_200)) + b"\n", "1200 columns"),
            ("课程\n".encode("gbk"), "Line 1 is not UTF-8"),
            (b"a\nok\n\xff\n", "Line 3 is not UTF-8: byte 1"),
            ("a,b\n1,2\n".encode("utf-16"), "The text is UTF-16"),
            (b'a,b\n1,"' + b"x\n" * 100_000, "Is a quotation mark not closed?"),
            (b'a,b\n"1"2,3\n', "Line 2 is no CSV"),
            (b"PK\x03\x04" + b"\x00\xff" * 50, "is not UTF-8"),
        ],
    )
    def test_a_broken_one_says_where_and_what_to_do(self, content: bytes, told: str) -> None:
        assert told in broken(content, "f.csv")


class TestJsonLines:
    def test_rows_are_objects_with_the_numbers_of_their_lines(self) -> None:
        assert read(b'\xef\xbb\xbf{"a": 1}\n\n  {"b": {"c": [2]}}  \r\n', "f.jsonl") == [
            (1, {"a": 1}),
            (3, {"b": {"c": [2]}}),
        ]

    def test_a_bad_line_spoils_no_other(self) -> None:
        found = rows(b'{"a": 1}\n{"a": \n[1]\n{"a": 2}', "f.ndjson")
        assert [bool(row.fault) for row in found] == [False, True, True, False]

    @pytest.mark.parametrize("content", [b"[\n{}]\n", b"a,b\n1,2\n", b"5\n", b"[" * 10_000])
    def test_what_is_none_at_all_is_told(self, content: bytes) -> None:
        assert "no object of JSON" in broken(content, "f.jsonl")


class TestGzip:
    def test_members_one_after_the_other_are_one_text(self) -> None:
        packed = gzip.compress(b"a,b\n1,") + gzip.compress(b"2\n") + b"\0" * 10
        assert read(packed, "F.CSV.GZ") == [(2, {"a": "1", "b": "2"})]

    @pytest.mark.parametrize("length", [0, 5, 20, 60, -9, -1])
    def test_one_that_ends_early_is_broken(self, length: int) -> None:
        packed = gzip.compress(b"".join(b'{"a": %d}\n' % n for n in range(1_000)))
        told = broken(packed[:length], "f.jsonl.gz") if length else "" if not rows(b"", "f.jsonl.gz") else "?"
        assert ("ends before its gzip stream" in told) == bool(length)

    def test_one_that_is_none_is_told(self) -> None:
        assert "no valid gzip" in broken(b"a,b\n1,2\n", "f.csv.gz")


class TestXlsx:
    def test_rows_have_the_numbers_of_the_sheet(self) -> None:
        content = xlsx([["a", "b", "c"], ["x", 1.0, LOCAL], [], [None, 2.5, True]])
        first = {"a": "x", "b": 1, "c": "2026-03-01T20:15:00"}
        assert read(content, "f.xlsx") == [(2, first), (4, {"b": 2.5, "c": True})]

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"", "no whole XLSX"),
            (b"a,b\n1,2\n", "no whole XLSX"),
            (xlsx([["a"], [1]])[:-200], "no whole XLSX"),
            (xlsx([["a"], [1]])[:1_000], "no whole XLSX"),
            (xlsx([[None], [1]]), "first row is empty"),
            (xlsx([["a", "a"]]), "'a' is there twice"),
            (xlsx_with(SHEET, b"<worksheet><sheetData><row>"), "no whole XLSX"),
            (xlsx_with(SHEET, b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'), "declarations of its own"),
            (xlsx_with("xl/workbook.xml", b"<workbook/>"), "no sheet"),
        ],
    )
    def test_a_broken_one_is_told(self, content: bytes, told: str) -> None:
        assert told in broken(content, "f.xlsx")


class TestParquet:
    def test_values_keep_their_types(self) -> None:
        columns = {
            "text": ["课程", None],
            "count": [1, 2],
            "at": [datetime(2026, 3, 1, 12, 15, tzinfo=UTC), None],
            "day": [date(2026, 3, 1), None],
            "price": [Decimal("99.90"), None],
            "inner": [{"tags": ["a", "b"]}, None],
        }
        assert read(parquet(columns), "f.parquet") == [
            (
                1,
                {
                    "text": "课程",
                    "count": 1,
                    "at": "2026-03-01T12:15:00Z",
                    "day": "2026-03-01",
                    "price": "99.90",
                    "inner": {"tags": ["a", "b"]},
                },
            ),
            (2, {"count": 2}),
        ]

    @pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n", parquet({"a": [1, 2]})[:-20]])
    def test_a_broken_one_is_told(self, content: bytes) -> None:
        assert "no whole Parquet" in broken(content, "f.parquet")

    def test_one_value_repeated_beyond_measure_is_not_unfolded(self) -> None:
        table = {"a": pa.DictionaryArray.from_arrays([0] * 50_000, ["x" * (3 * MEBIBYTE)])}
        assert "has a text of" in broken(parquet(table), "f.parquet")

    def test_encodings_that_unfold_are_refused(self) -> None:
        content = parquet({"a": ["x" * 100] * 9}, use_dictionary=False, column_encoding={"a": "DELTA_BYTE_ARRAY"})
        assert "an encoding that is not taken" in broken(content, "f.parquet")


class TestMemory:
    """However large the file, and however it was made, little of it is held."""

    @pytest.mark.parametrize("name", ["f.csv", "f.jsonl"])
    @pytest.mark.parametrize("start", [b"", b'{"a": 1}\n', b"a,b\n1,2\n", b'a,b\n1,"'])
    def test_a_line_of_a_gigabyte_is_told_at_its_first_mebibyte(self, name: str, start: bytes) -> None:
        endless = Endless(start)
        with at_most(16):
            assert broken(endless, name)
        assert endless.given < 3 * MEBIBYTE

    def test_a_gzip_bomb_is_told_long_before_it_is_unpacked(self) -> None:
        bomb = gzip.compress((b" " * 60_000 + b"\n") * 300) * 100
        with at_most(16):
            assert "more than 200 times its size" in broken(bomb, "f.jsonl.gz")

    @pytest.mark.parametrize("part", [SHEET, "xl/styles.xml", "xl/sharedStrings.xml", "docProps/app.xml"])
    def test_a_workbook_bomb_is_not_unpacked(self, part: str) -> None:
        bomb = xlsx_with(part, b"<worksheet>" + b" " * (64 * MEBIBYTE))
        with at_most(16):
            assert "more than 200 times its size" in broken(bomb, "f.xlsx")

    def test_sizes_that_lie_do_not_help(self) -> None:
        bomb = bytearray(xlsx_with(SHEET, b"<worksheet>" + b" " * (64 * MEBIBYTE)))
        true_size = (64 * MEBIBYTE + 11).to_bytes(4, "little")
        with at_most(16):
            assert "no whole XLSX" in broken(bytes(bomb.replace(true_size, b"\x00\x01\x00\x00")), "f.xlsx")

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (lambda: b"<c><v>" + _noise(2 * MEBIBYTE), "a cell or a tag of more than"),
            (lambda: b"<row>" + _cells(9 * MEBIBYTE), "a row of more than"),
            (lambda: _cells(9 * MEBIBYTE), "elements that are no rows"),
            (lambda: b"<row/>".join([_cells(MEBIBYTE)] * 9), "elements that are no rows"),
        ],
        ids=["cell", "row", "elements", "between rows"],
    )
    def test_a_workbook_of_one_huge_thing_is_told(self, content: Callable[[], bytes], told: str) -> None:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(SHEET, b"<worksheet><sheetData>" + content())
        with at_most(16):
            assert told in broken(made.getvalue(), "f.xlsx")

    def test_rows_that_a_sheet_only_names_are_not_counted_up_to_forever(self) -> None:
        sheet = (
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            b'<row r="1"><c t="inlineStr"><is><t>a</t></is></c></row>'
            b'<row r="2000000000"><c><v>1</v></c></row></sheetData></worksheet>'
        )
        assert "rows beyond" in broken(xlsx_with(SHEET, sheet), "f.xlsx")

    def test_many_rows_are_read_one_at_a_time(self) -> None:
        content = io.BytesIO(b"a,b\n" + b"1,some text\n" * 30_000)
        with at_most(8):
            assert sum(1 for _row in read_rows(content, "f.csv")) == 30_000


def _noise(size: int) -> bytes:
    return bytes(65 + n * 7 % 26 for n in range(1_000)) * (size // 1_000)


def _cells(size: int) -> bytes:
    return b"<c><v>1</v></c>" * (size // 15)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400) | st.text(alphabet='a,;"\n\r{}[]:1 ', max_size=200).map(str.encode),
    st.sampled_from(["f.csv", "f.jsonl", "f.csv.gz", "f.xlsx", "f.parquet", "f.doc"]),
    st.sampled_from(["utf-8", "gb18030", "big5", "latin-1"]),
)
def test_whatever_the_bytes_are_they_are_rows_or_told(content: bytes, name: str, encoding: str) -> None:
    try:
        found = rows(content, name, encoding)
    except FileBroken as told:
        found = []
        assert str(told)  # noqa: PT017 either is right
    assert all(isinstance(json.loads(row.payload), object) for row in found if not row.fault)
