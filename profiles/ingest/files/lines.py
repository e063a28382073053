"""Lines of a text that may be wrongly encoded, compressed without measure, or without a line end for gigabytes."""

import codecs
import zlib
from collections.abc import Iterator
from typing import IO

from profiles.ingest.files.rows import FileBroken

LONGEST_LINE = 1024 * 1024
CHUNK = 64 * 1024
GZIP = 31
MOST_TIMES = 200
"""Text compresses five to thirty times; what unpacks to more than this is made to fill a machine."""
UNPACKED_ANYWAY = 16 * 1024 * 1024
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def lines(file: IO[bytes], encoding: str, is_gzip: bool) -> Iterator[str]:
    """The lines of a text, without the mark that some programs put first. Raises `FileBroken`."""
    for number, line in enumerate(_raw_lines(_unpacked(file) if is_gzip else _chunks(file)), start=1):
        found = line
        if number == 1:
            if found.startswith(WIDE_MARKS):
                raise FileBroken("The text is UTF-16. Save it as UTF-8.")
            found = found.removeprefix(codecs.BOM_UTF8)
        try:
            yield found.decode(encoding)
        except UnicodeDecodeError as error:
            raise FileBroken(
                f"Line {number} is not {encoding.upper()}: byte {error.start + 1} of the line makes no sense. "
                "Save the file as UTF-8, or say which encoding it has."
            ) from None


def _raw_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    number = 1
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else (rest + chunk,)
        for line in whole:
            _check_length(line, number)
            yield line + b"\n"
            number += 1
        _check_length(rest, number)
    if rest:
        yield rest


def _check_length(line: bytes, number: int) -> None:
    if len(line) > LONGEST_LINE:
        raise FileBroken(f"Line {number} has more than {LONGEST_LINE} bytes. Is this a text with one row on each line?")


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """The text in a gzip file, however many members it has, in pieces of bounded size."""
    taken = given = 0
    decompressor = zlib.decompressobj(wbits=GZIP)
    is_begun = False
    for chunk in _chunks(file):
        taken += len(chunk)
        rest = chunk
        while rest:
            try:
                piece = decompressor.decompress(rest, CHUNK)
            except zlib.error as error:
                raise FileBroken(f"The file is no valid gzip: {error}.") from None
            is_begun = True
            given += len(piece)
            if given > max(UNPACKED_ANYWAY, taken * MOST_TIMES):
                raise FileBroken(f"The file unpacks to more than {MOST_TIMES} times its size; it was not read further.")
            yield piece
            rest = decompressor.unconsumed_tail
            if decompressor.eof:
                rest = decompressor.unused_data.lstrip(b"\0")
                decompressor, is_begun = zlib.decompressobj(wbits=GZIP), False
    if is_begun:
        raise FileBroken("The file ends before its gzip stream does. Was it uploaded whole?")
