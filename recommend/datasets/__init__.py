"""Readers of public data sets: each folder becomes a stream of small typed records, broken lines told by number."""

from recommend.datasets.fields import fields_of_items
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
    "fields_of_items",
    "open_dataset",
]
