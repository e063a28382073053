"""What accounts learn about, as the room that knows it tells: this room compares it, and knows no events."""

from collections.abc import Callable, Collection, Mapping

Learning = Mapping[int, Mapping[str, float]]
"""By account how much of what it did was about each subject, summing to 1; who did little is left out."""
Reader = Callable[[Collection[int]], Learning]

_readers: list[Reader] = []


def declare(reader: Reader) -> Reader:
    """Declare who tells what accounts learn about."""
    if reader not in _readers:
        _readers.append(reader)
    return reader


def learning_of(account_ids: Collection[int]) -> Learning:
    """What these accounts learn about, as far as anybody tells."""
    return {key: shares for reader in _readers for key, shares in reader(account_ids).items()}
