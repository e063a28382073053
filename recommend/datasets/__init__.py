"""Readers of public data sets: each folder becomes a stream of small typed records, broken lines told by number."""

from recommend.datasets.formats import FORMATS, Dataset, Format, open_dataset
from recommend.datasets.records import BrokenLine, DatasetError, OnBroken, OnProgress, Part, Record

__all__ = [
    "FORMATS",
    "BrokenLine",
    "Dataset",
    "DatasetError",
    "Format",
    "OnBroken",
    "OnProgress",
    "Part",
    "Record",
    "open_dataset",
]
