"""Texts as a sentence encoder reads them: where one is installed, from a folder on this machine and nowhere else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recommend.algorithms.interactions import Float32Array


class NoEncoder(Exception):
    """There is no encoder that could be used; the message says what to do."""


def encoder(folder: Path) -> Any:
    """The model in this folder, on the CPU or a GPU, whichever there is; nothing is downloaded. Raises `NoEncoder`."""
    if not (folder / "modules.json").is_file():
        raise NoEncoder(f"{folder} is no folder of a sentence-transformers model: modules.json is missing.")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise NoEncoder('Texts are not encoded: install it with `pip install ".[sentences]"`.') from error
    try:
        return SentenceTransformer(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise NoEncoder(f"The model in {folder} cannot be used ({type(error).__name__}: {error}).") from error


def encoded(model: Any, texts: Sequence[str]) -> Float32Array:
    """The vectors of these texts, float32 (len(texts), size)."""
    return np.asarray(model.encode(list(texts), show_progress_bar=False), dtype=np.float32)
