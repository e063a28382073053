"""The command line that all measurements share."""

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """quick: small and once. rounds: how often each thing is measured. data: a folder of real data."""

    quick: bool
    rounds: int
    data: Path | None


def read(description: str | None) -> Options:
    """The options given to this program."""
    parser = ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="small and once, to see that it runs")
    parser.add_argument("--rounds", type=int, default=3, help="how often each thing is measured, in turns (default 3)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder of sequences to learn from, as MOOCCubeX")
    given = parser.parse_args()
    return Options(given.quick, 1 if given.quick else max(1, given.rounds), given.data)
