"""Making the demo's world without anybody watching."""


class Silent:
    """Takes the progress of loading and shows none."""

    def begin(self, step: str, total: int) -> None:
        """A step begins."""

    def advance(self, units: int) -> None:
        """Some of it is done."""
