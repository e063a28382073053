"""Lines of CSV for people who open them in a spreadsheet."""

import csv
import io
from collections.abc import Sequence

BYTE_ORDER_MARK = "\ufeff"
"""At the beginning of a file, for spreadsheets that would take it for something else than UTF-8."""
BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV with its end (RFC 4180), which no spreadsheet takes for a formula."""
    line = io.StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def harmless(cell: str) -> str:
    """A text that a spreadsheet shows as it is: one that could be a formula gets an apostrophe before it.

    Also after spaces, which some spreadsheets cut off.
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(BEGINS_FORMULA) else cell
