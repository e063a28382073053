"""Every algorithm by its name."""

from typing import Any

from recommend.algorithms.als import Als
from recommend.algorithms.base import Algorithm
from recommend.algorithms.bilinear import Bilinear
from recommend.algorithms.content import Content
from recommend.algorithms.cross_platform import CrossPlatform
from recommend.algorithms.deep_matrix_factorisation import DeepMF
from recommend.algorithms.ease import Ease
from recommend.algorithms.ensemble import Ensemble
from recommend.algorithms.next_item import NextItem
from recommend.algorithms.popularity import Popularity
from recommend.algorithms.sequence import Sequence
from recommend.algorithms.spectral import Spectral

KINDS: tuple[type[Algorithm[Any]], ...] = (
    Popularity,
    Ease,
    Bilinear,
    Content,
    DeepMF,
    NextItem,
    Sequence,
    Spectral,
    Als,
    CrossPlatform,
    Ensemble,
)
ALGORITHMS: dict[str, type[Algorithm[Any]]] = {kind.name: kind for kind in KINDS}

DEFAULT = "default"
"""Another name for the algorithm to take when nothing speaks for a particular one."""

ALIASES = {DEFAULT: Ensemble.name}


class UnknownAlgorithm(ValueError):
    """A name that no algorithm has; the message lists the names there are."""


def algorithm(name: str) -> type[Algorithm[Any]]:
    """The algorithm of this name or alias. Raises `UnknownAlgorithm`."""
    try:
        return ALGORITHMS[ALIASES.get(name, name)]
    except KeyError:
        raise UnknownAlgorithm(
            f"There is no algorithm {name!r}; the algorithms are {', '.join([*ALGORITHMS, *ALIASES])}."
        ) from None
