"""The coupons of a batch as a file: codes and what became of each, but not who has them."""

import tempfile
from collections.abc import Iterator
from typing import IO

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crossmarket.foundation.csv_lines import BYTE_ORDER_MARK, csv_line, harmless
from promotions.models import Coupon, CouponBatch

ROWS_AT_ONCE = 2_000
MOST_IN_SHEET = 100_000
"""A workbook is made as a whole before it is sent; for more there is CSV, which is sent while it is read."""


class TooMany(Exception):
    """The batch has more coupons than are put into one workbook."""


def csv_pieces(batch: CouponBatch) -> Iterator[str]:
    """A file of CSV a piece at a time, in bounded memory however many coupons there are."""
    yield BYTE_ORDER_MARK + csv_line(_heading())
    piece: list[str] = []
    for row in _rows(batch):
        piece.append(csv_line(row))
        if len(piece) >= ROWS_AT_ONCE:
            yield "".join(piece)
            piece = []
    yield "".join(piece)


def workbook(batch: CouponBatch) -> IO[bytes]:
    """The same as a workbook, in a temporary file. Raises `TooMany`."""
    from openpyxl import Workbook

    if Coupon.objects.filter(batch=batch)[: MOST_IN_SHEET + 1].count() > MOST_IN_SHEET:
        raise TooMany
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(_heading())
    for row in _rows(batch):
        sheet.append([harmless(cell) for cell in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 whoever sends it closes it
    book.save(file)
    file.seek(0)
    return file


def _heading() -> list[str]:
    return [_("code"), _("state"), _("used"), _("claimed"), _("expires"), _("channel")]


def _rows(batch: CouponBatch) -> Iterator[list[str]]:
    for coupon in Coupon.objects.filter(batch=batch).order_by("pk").iterator(ROWS_AT_ONCE):
        times = [f"{localtime(at):%Y-%m-%d %H:%M}" if at else "" for at in (coupon.claimed_at, coupon.expires_at)]
        code = coupon.code or batch.shared_code
        yield [code, str(coupon.get_state_display()), _("yes") if coupon.is_used else _("no"), *times, coupon.channel]
