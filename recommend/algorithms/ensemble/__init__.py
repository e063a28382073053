"""Several algorithms that answer together, each heard as much as it has proved to know."""

from recommend.algorithms.ensemble.ensemble import Ensemble, EnsembleConfig

__all__ = ["Ensemble", "EnsembleConfig"]
