"""Every algorithm by its name."""

from typing import Any

from recommend.algorithms.base import Algorithm
from recommend.algorithms.bilinear import Bilinear
from recommend.algorithms.content import Content
from recommend.algorithms.ease import Ease
from recommend.algorithms.next_item import NextItem
from recommend.algorithms.popularity import Popularity
from recommend.algorithms.sequence import Sequence

ALGORITHMS: dict[str, type[Algorithm[Any]]] = {
    kind.name: kind for kind in (Popularity, Ease, Bilinear, Content, NextItem, Sequence)
}


class UnknownAlgorithm(ValueError):
    """A name that no algorithm has; the message lists the names there are."""


def algorithm(name: str) -> type[Algorithm[Any]]:
    """The algorithm of this name. Raises `UnknownAlgorithm`."""
    try:
        return ALGORITHMS[name]
    except KeyError:
        raise UnknownAlgorithm(f"There is no algorithm {name!r}; the algorithms are {', '.join(ALGORITHMS)}.") from None
