"""What can be wrong with a mapping, and with an entry that is to be mapped."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a mapping: a JSON pointer into its document, and words for people."""

    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}" if self.path else self.detail


class MappingError(Exception):
    """A document that is no mapping; `faults` has all that could be found at once."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class Unmappable(Exception):
    """An entry that the mapping makes nothing of: the field of ours at which it failed, and words for people."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"{path}: {detail}" if path else detail)
        self.path, self.detail = path, detail


class Inconvertible(Exception):
    """A value that cannot be converted; the message says why, and whoever knows the field adds where."""
