"""Rows of Parquet, a few at a time, and only where no value can unfold beyond measure."""

from collections.abc import Iterator
from typing import IO, Any

from profiles.ingest.files.lines import LONGEST_LINE
from profiles.ingest.files.rows import CheckColumns, FileBroken, Row, named_columns, row_of

ROWS_AT_ONCE = 256
LARGEST_CHUNK = 256 * 1024 * 1024
"""Unpacked bytes of one column of one row group: so much may have to be held at once."""
UNFOLDING = {"DELTA_BYTE_ARRAY"}
"""Encodings in which a few bytes repeat a long value any number of times."""
HOW_TO_MEND = "Write it anew with smaller row groups."


def parquet_rows(file: IO[bytes], check_columns: CheckColumns) -> Iterator[Row]:
    """The rows, numbered from 1. Raises `FileBroken`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(file, read_dictionary=_texts(pq.read_schema(file)))
        names = named_columns(parquet.schema_arrow.names)
        check_columns(names)
        _check_groups(parquet.metadata)
        number = 0
        for batch in parquet.iter_batches(batch_size=ROWS_AT_ONCE, use_threads=False):
            _check_texts(batch)
            columns = [column.to_pylist() for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                yield row_of(number, names, cells)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise FileBroken(f"The file is no whole Parquet file: {str(error)[:300]}") from None


def _texts(schema: Any) -> list[str]:
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_binary, pa.types.is_large_string, pa.types.is_large_binary)
    return [field.name for field in schema if any(is_kind(field.type) for is_kind in kinds)]


def _check_groups(metadata: Any) -> None:
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            column = metadata.row_group(group).column(place)
            if column.total_uncompressed_size > LARGEST_CHUNK:
                raise FileBroken(
                    f"Column {column.path_in_schema} has {column.total_uncompressed_size} bytes in row group "
                    f"{group + 1}; {LARGEST_CHUNK} may be. {HOW_TO_MEND}"
                )
            if UNFOLDING & set(column.encodings):
                raise FileBroken(f"Column {column.path_in_schema} has an encoding that is not taken. Write it plainly.")


def _check_texts(batch: Any) -> None:
    """Look at the texts while each is still held once, however often it is repeated."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name, column in zip(batch.schema.names, batch.columns):
        values = column.dictionary if pa.types.is_dictionary(column.type) else column
        if not hasattr(values, "type") or not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)):
            continue
        longest = pc.max(pc.binary_length(values)).as_py() or 0
        if longest > LONGEST_LINE:
            raise FileBroken(f"Column {name} has a text of {longest} bytes; {LONGEST_LINE} may be.")
