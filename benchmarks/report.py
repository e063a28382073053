"""How results are told."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

console = Console(width=110)


def machine() -> str:
    """The machine in one line, with how busy it was when asked."""
    information = Path("/proc/cpuinfo")
    models = (
        [line for line in information.read_text().splitlines() if line.startswith("model name")]
        if (information.exists())
        else []
    )
    processor = models[0].partition(":")[2].strip() if models else platform.processor()
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores ({processor}), Python {platform.python_version()}, load {load:.1f}"


def show(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Print a table, numbers to the right, with a note and the machine below."""
    table = Table(title=title, title_justify="left")
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    console.print()
    console.print(table)
    console.print(f"{note} {machine()}.".strip(), markup=False, highlight=False)


def percent(share: float) -> str:
    """A ratio for the eye."""
    return f"{share:.0%}"
