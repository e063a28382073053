"""A listener to the loading of a demo world that says nothing."""


class Silent:
    """Takes progress and shows none."""

    def begin(self, step: str, total: int) -> None:
        """A step begins."""

    def advance(self, units: int) -> None:
        """Some of it is done."""
