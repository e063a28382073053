"""What a person sees of a command that reads a data set: bars, and the first lines that were skipped."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from recommend.datasets import BrokenLine

READING = "reading"
BROKEN_LINES_SHOWN = 20


class Watch:
    """One progress bar on the standard error, for whatever is going on; and the first broken lines."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[metrics]}"),
        )
        self.subject = ""
        self.broken_lines = 0
        self._progress = Progress(*columns, console=console)
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Watch:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def training(self, step: str, done: int, total: int, metrics: dict[str, float]) -> None:
        """The progress of an algorithm."""
        self._show(
            f"{self.subject}: {step}", done, total, ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        )

    def reading(self, file: str, done: int, total: int) -> None:
        """The progress of reading a file (bytes)."""
        self._show(f"{READING} {file}", done, total, "")

    def broken(self, line: BrokenLine) -> None:
        """A line that was skipped."""
        self.broken_lines += 1
        if self.broken_lines <= BROKEN_LINES_SHOWN:
            self._progress.console.print(f"Skipped {line}", markup=False, highlight=False, soft_wrap=True)

    def sum_up(self) -> None:
        """Say how many lines were skipped, when not all were shown."""
        if self.broken_lines > BROKEN_LINES_SHOWN:
            self._progress.console.print(f"Skipped {self.broken_lines} lines in all.")

    def _show(self, description: str, done: int, total: int, metrics: str) -> None:
        if description not in self._bars:
            self._bars[description] = self._progress.add_task(description, metrics="")
        self._progress.update(self._bars[description], completed=done, total=total, metrics=metrics)
