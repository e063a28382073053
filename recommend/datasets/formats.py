"""The folders that are understood: which files they hold and which records these files give.

sequences       `train.txt` and `test.txt`, each line `user item item …` in the order of time (MOOCCubeX)
interactions    the same files, the items of a line in no order (Gowalla)
pairs           for each platform `<platform>_train.txt` and `<platform>_test.txt`, each line `user item`
                (Amazon, sport and phone)
ratings         for each platform `<platform>_ratings.tsv`, each line `user item rating` (Douban, book and music)

Every file may be gzip-compressed, with `.gz` after its name. Fields are separated by tabs or spaces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recommend.datasets.files import existing, numbered_lines
from recommend.datasets.lines import user_and_item, user_and_items, user_item_rating
from recommend.datasets.records import BrokenLine, DatasetError, OnBroken, OnProgress, Part, Record

LineParser = Callable[[bytes], Iterator[Record]]


@dataclass(frozen=True)
class Format:
    """One kind of folder.

    name: as people write it.
    shape: what the folder must hold, in words.
    has_test: whether a part of the interactions is held back in files of its own.
    suffix: how the names of the files end, before `.gz`; `{part}` stands for train or test.
    several_platforms: whether each file begins with the name of its platform.
    parser: makes the function that turns lines of one platform's file into records.
    """

    name: str
    shape: str
    has_test: bool
    suffix: str
    several_platforms: bool
    parser: Callable[[str], LineParser]


@dataclass(frozen=True)
class Dataset:
    """A folder of one of the formats, with the platforms found in it, in the order of their names."""

    directory: Path
    format: Format
    platforms: tuple[str, ...]

    def records(
        self,
        part: Part = "train",
        on_broken: OnBroken = lambda broken: None,
        on_progress: OnProgress = lambda file, done, total: None,
    ) -> Iterator[Record]:
        """Every interaction of the part, read as they are asked for; platform by platform, in the files' order.

        A line that cannot be understood is skipped whole and told to `on_broken`.
        Raises `DatasetError` when a file is missing or damaged.
        """
        for platform in self.platforms:
            path = self.file(platform, part)
            parse = self.format.parser(platform)
            for number, line in numbered_lines(path, on_progress):
                try:
                    yield from parse(line)
                except ValueError as error:
                    on_broken(BrokenLine(path.name, number, str(error)))

    def file(self, platform: str, part: Part = "train") -> Path:
        """The file of this platform and part. Raises `DatasetError` when it is missing."""
        if part == "test" and not self.format.has_test:
            raise DatasetError(f"The format {self.format.name} has no test part.")
        name = self.format.suffix.format(part=part)
        if self.format.several_platforms:
            name = f"{platform}{name}"
        path = existing(self.directory, name)
        if path is None:
            raise DatasetError(f"{self.directory} has no file {name}.gz or {name}; {self.format.shape}.")
        return path


def open_dataset(format_name: str, directory: Path) -> Dataset:
    """The folder, to be read as this format.

    Raises `DatasetError` for an unknown format, or a folder that is missing or lacks the format's files.
    """
    if format_name not in FORMATS:
        raise DatasetError(f"There is no format {format_name!r}; the formats are {', '.join(FORMATS)}.")
    chosen = FORMATS[format_name]
    try:
        if not directory.is_dir():
            raise DatasetError(f"There is no folder {directory}; {chosen.shape}.")
        dataset = Dataset(directory, chosen, _platforms(chosen, directory))
    except OSError as error:
        raise DatasetError(f"The folder {directory} cannot be read ({error}).") from error
    for platform in dataset.platforms:
        dataset.file(platform)
    return dataset


def _platforms(chosen: Format, directory: Path) -> tuple[str, ...]:
    if not chosen.several_platforms:
        return (directory.resolve().name,)
    suffix = chosen.suffix.format(part="train")
    names = {
        path.name.removesuffix(".gz").removesuffix(suffix)
        for path in directory.iterdir()
        if path.name.removesuffix(".gz").endswith(suffix)
    } - {""}
    if not names:
        raise DatasetError(f"{directory} has no file *{suffix}.gz or *{suffix}; {chosen.shape}.")
    return tuple(sorted(names))


def _sequences(platform: str) -> LineParser:
    seen: Counter[int] = Counter()

    def parse(line: bytes) -> Iterator[Record]:
        user, items = user_and_items(line)
        first = seen[user]
        seen[user] += len(items)
        return (Record(platform, user, item, order=order) for order, item in enumerate(items, first))

    return parse


def _interactions(platform: str) -> LineParser:
    def parse(line: bytes) -> Iterator[Record]:
        user, items = user_and_items(line)
        return (Record(platform, user, item) for item in items)

    return parse


def _pairs(platform: str) -> LineParser:
    def parse(line: bytes) -> Iterator[Record]:
        user, item = user_and_item(line)
        return iter((Record(platform, user, item),))

    return parse


def _ratings(platform: str) -> LineParser:
    def parse(line: bytes) -> Iterator[Record]:
        user, item, rating = user_item_rating(line)
        return iter((Record(platform, user, item, rating=rating),))

    return parse


FORMATS: dict[str, Format] = {
    chosen.name: chosen
    for chosen in (
        Format(
            "sequences",
            "a folder of sequences has train.txt and test.txt with lines `user item item …`",
            has_test=True,
            suffix="{part}.txt",
            several_platforms=False,
            parser=_sequences,
        ),
        Format(
            "ratings",
            "a folder of ratings has a file <platform>_ratings.tsv for each platform, lines `user item rating`",
            has_test=False,
            suffix="_ratings.tsv",
            several_platforms=True,
            parser=_ratings,
        ),
        Format(
            "pairs",
            "a folder of pairs has <platform>_train.txt and <platform>_test.txt for each platform, lines `user item`",
            has_test=True,
            suffix="_{part}.txt",
            several_platforms=True,
            parser=_pairs,
        ),
        Format(
            "interactions",
            "a folder of interactions has train.txt and test.txt with lines `user item item …`",
            has_test=True,
            suffix="{part}.txt",
            several_platforms=False,
            parser=_interactions,
        ),
    )
}
