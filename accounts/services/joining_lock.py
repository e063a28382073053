"""The one lock under which it changes who is joined with whom."""

from crossmarket.foundation import locks


def one_at_a_time() -> None:
    """Wait until no other joining or separating is under way; they are rare, short, and may meet in any order."""
    locks.one_at_a_time("joining accounts")
