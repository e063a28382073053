"""Files of rows: CSV, JSON Lines, Parquet and XLSX, read in bounded memory, one row at a time.

A file that is broken as a whole (its encoding, its compression, its header, a line without end) raises `FileBroken`; a
row that is broken by itself is a `Row` with a fault, and the next one follows. Nothing here knows Django.
"""

from profiles.ingest.files.reading import ENCODINGS, FORMATS, read_rows
from profiles.ingest.files.rows import FileBroken, Row

__all__ = ["ENCODINGS", "FORMATS", "FileBroken", "Row", "read_rows"]
