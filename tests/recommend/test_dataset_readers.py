"""Folders of real data become streams of records; a broken line is told by number and skipped."""

import gzip
from pathlib import Path

import pytest

from recommend.datasets import BrokenLine, DatasetError, Record, open_dataset


def _write(directory: Path, **files: str | bytes) -> Path:
    """Files by name, with `__` for a dot; those ending in `.gz` are compressed."""
    for name, content in files.items():
        path = directory / name.replace("__", ".")
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return directory


def _read(format_name: str, directory: Path, part: str = "train") -> tuple[list[Record], list[BrokenLine]]:
    broken: list[BrokenLine] = []
    records = list(open_dataset(format_name, directory).records(part, broken.append))
    return records, broken


def test_sequences_come_with_their_order(tmp_path):
    _write(tmp_path, train__txt__gz="7 30 10 20\n8 10\n", test__txt__gz="7 40\n")
    records, broken = _read("sequences", tmp_path)
    platform = tmp_path.name
    assert records == [
        Record(platform, 7, 30, order=0),
        Record(platform, 7, 10, order=1),
        Record(platform, 7, 20, order=2),
        Record(platform, 8, 10, order=0),
    ]
    assert not broken
    assert [record.item for record in _read("sequences", tmp_path, "test")[0]] == [40]


def test_a_second_line_of_a_person_continues_the_sequence(tmp_path):
    _write(tmp_path, train__txt="1 5 6\n2 5\n1 7\n", test__txt="")
    assert [record.order for record in _read("sequences", tmp_path)[0]] == [0, 1, 0, 2]


def test_interactions_have_no_order(tmp_path):
    _write(tmp_path, train__txt="1 5 6\n", test__txt="")
    assert [(record.item, record.order) for record in _read("interactions", tmp_path)[0]] == [(5, None), (6, None)]


def test_pairs_come_platform_by_platform(tmp_path):
    _write(tmp_path, sport_train__txt__gz="1\t5\n", phone_train__txt__gz="1\t5\n2\t6\n", phone_test__txt__gz="1\t7\n")
    dataset = open_dataset("pairs", tmp_path)
    assert dataset.platforms == ("phone", "sport")
    assert _read("pairs", tmp_path)[0] == [Record("phone", 1, 5), Record("phone", 2, 6), Record("sport", 1, 5)]
    with pytest.raises(DatasetError, match=r"sport_test\.txt\.gz"):
        _read("pairs", tmp_path, "test")


def test_ratings_come_with_the_platform_of_their_file(tmp_path):
    _write(tmp_path, book_ratings__tsv__gz="1\t5\t4\n", music_ratings__tsv="1\t5\t2.5\n")
    assert _read("ratings", tmp_path)[0] == [Record("book", 1, 5, rating=4), Record("music", 1, 5, rating=2.5)]
    with pytest.raises(DatasetError, match="no test part"):
        _read("ratings", tmp_path, "test")


@pytest.mark.parametrize(
    ("format_name", "file", "line", "reason"),
    [
        ("sequences", "train.txt", "3", "at least one item"),
        ("sequences", "train.txt", "3 x", "item 'x' is not a whole number"),
        ("sequences", "train.txt", "3 4 -5 6", "item '-5'"),
        ("sequences", "train.txt", "x 4", "user 'x'"),
        ("sequences", "train.txt", "3 4.5", "item '4.5'"),
        ("sequences", "train.txt", "3 1_000", "item '1_000'"),
        ("sequences", "train.txt", "3 ٣", "item '٣'"),
        ("sequences", "train.txt", "3 0x1F", "item '0x1F'"),
        ("interactions", "train.txt", "3 " + "9" * 10_000, "is larger than"),
        ("interactions", "train.txt", "3 9223372036854775808", "is larger than"),
        ("interactions", "train.txt", '{"user": 3}', "user"),
        ("pairs", "sport_train.txt", "3", "expected `user item`, found 1 value"),
        ("pairs", "sport_train.txt", "3 4 5", "found 3 values"),
        ("ratings", "book_ratings.tsv", "3 4", "expected `user item rating`"),
        ("ratings", "book_ratings.tsv", "3 4 6", "rating '6' is not a number from 1 to 5"),
        ("ratings", "book_ratings.tsv", "3 4 0", "rating '0'"),
        ("ratings", "book_ratings.tsv", "3 4 nan", "rating 'nan'"),
        ("ratings", "book_ratings.tsv", "3 4 good", "rating 'good'"),
    ],
)
def test_a_broken_line_is_skipped_whole_and_told_by_number(tmp_path, format_name, file, line, reason):
    good = {"pairs": "1 2", "ratings": "1 2 3"}.get(format_name, "1 2")
    (tmp_path / file).write_text(f"{good}\n\n{line}\n{good}\n", encoding="utf-8")
    records, broken = _read(format_name, tmp_path)
    assert [record.user for record in records] == [1, 1]
    assert [(told.file, told.line) for told in broken] == [(file, 3)]
    assert reason in broken[0].reason
    assert len(str(broken[0])) < 200


def test_bytes_that_are_no_text_are_a_broken_line(tmp_path):
    _write(tmp_path, train__txt=b"1 2\n\xff\xfe 3\n1 \x00\n4 5")
    records, broken = _read("interactions", tmp_path)
    assert [record.user for record in records] == [1, 4]
    assert [told.line for told in broken] == [2, 3]


def test_line_ends_of_other_systems_and_blanks_are_fine(tmp_path):
    _write(tmp_path, train__txt=b"  1\t2 3  \r\n\r\n \n4 5\r\n")
    records, broken = _read("interactions", tmp_path)
    assert [(record.user, record.item) for record in records] == [(1, 2), (1, 3), (4, 5)]
    assert not broken


def test_records_are_read_as_they_are_asked_for(tmp_path):
    _write(tmp_path, train__txt="1 2\nbroken\n")
    broken: list[BrokenLine] = []
    records = open_dataset("interactions", tmp_path).records(on_broken=broken.append)
    assert next(records).item == 2
    assert not broken


def test_reading_is_reported_up_to_the_end_and_may_be_stopped(tmp_path):
    _write(tmp_path, train__txt__gz="1 2\n" * 5000)
    reports: list[tuple[str, int, int]] = []
    list(open_dataset("interactions", tmp_path).records(on_progress=lambda *report: reports.append(report)))
    assert len(reports) >= 3
    assert {name for name, _, _ in reports} == {"train.txt.gz"}
    assert reports[-1][1] == reports[-1][2] == (tmp_path / "train.txt.gz").stat().st_size

    def stop(*_report: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(open_dataset("interactions", tmp_path).records(on_progress=stop))


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(DatasetError, match="sequences, ratings, pairs, interactions"):
        open_dataset("spreadsheet", tmp_path)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(DatasetError, match="no folder"):
        open_dataset("pairs", tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="cannot be read"):
        open_dataset("pairs", Path("x" * 5000))


@pytest.mark.parametrize("format_name", ["sequences", "ratings", "pairs", "interactions"])
def test_a_folder_without_the_files_of_the_format_is_told_what_they_are(tmp_path, format_name):
    _write(tmp_path, readme__md="nothing here")
    with pytest.raises(DatasetError, match=r"has no file .*lines `user item"):
        open_dataset(format_name, tmp_path)


def test_a_file_cut_short_is_said_with_the_line(tmp_path):
    content = gzip.compress(b"".join(b"%d %d\n" % (number, number * 7919 % 1000) for number in range(5000)))
    (tmp_path / "train.txt.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetError, match=r"train\.txt\.gz cannot be read after line \d\d+"):
        _read("interactions", tmp_path)


def test_a_file_that_is_not_compressed_as_its_name_says_is_said(tmp_path):
    (tmp_path / "train.txt.gz").write_bytes(b"1 2\n")
    with pytest.raises(DatasetError, match="fetch the file again"):
        _read("interactions", tmp_path)
