"""Every test of a person's rights begins and ends with no stored files."""

from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage


@pytest.fixture(autouse=True)
def _no_files() -> Iterator[None]:
    _empty("")
    yield
    _empty("")


def _empty(folder: str) -> None:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{folder}/{name}".lstrip("/"))
    for inner in folders:
        _empty(f"{folder}/{inner}".lstrip("/"))
