"""The members of a segment as CSV, however many they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import BooleanField, Case, Value, When
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform, Purpose
from accounts.models.linked_account import consenting_to
from crossmarket.foundation.csv_lines import BYTE_ORDER_MARK, csv_line
from profiles.models import Segment, SegmentMember

AT_ONCE = 2_000
COLUMNS = {
    "platform": _("platform"),
    "user_id": _("user id on the platform"),
    "entered_at": _("member since"),
    "consents": _("what they agree to, a column for each purpose"),
}


@dataclass(frozen=True)
class Wanted:
    """What of a segment goes into the file.

    columns: of `COLUMNS`. agreeing_to: a purpose that members must agree to besides profiling, "" for none.
    platform: only accounts on it; None for all.
    """

    columns: tuple[str, ...]
    agreeing_to: str = ""
    platform: Platform | None = None


def csv_of(segment: Segment, wanted: Wanted) -> Iterator[str]:
    """The file in pieces: a heading, and a line for each account, in bounded memory.

    Members are read a few at a time, each time asking anew who agrees, so that nobody is in it who has withdrawn
    before their line was written, and no transaction stays open while somebody downloads slowly.
    """
    columns = [name for name in COLUMNS if name in wanted.columns]
    heading = [name for column in columns for name in _names(column)]
    yield BYTE_ORDER_MARK + csv_line(heading)
    read = [name for column in columns for name in _fields(column)]
    members = _members(segment, wanted).values_list("account_id", *read)
    last = 0
    while rows := list(members.filter(account_id__gt=last)[:AT_ONCE]):
        yield "".join(csv_line([_cell(value) for value in row[1:]]) for row in rows)
        last = rows[-1][0]


def _members(segment: Segment, wanted: Wanted) -> models.QuerySet[SegmentMember]:
    purposes = [wanted.agreeing_to] if wanted.agreeing_to else []
    members = (
        SegmentMember.objects.standing().filter(segment=segment).filter(consenting_to(*purposes, path="account__"))
    )
    if wanted.platform is not None:
        members = members.filter(account__platform=wanted.platform)
    agreed = {f"agrees_to_{purpose}": _agrees(purpose) for purpose in Purpose.values}
    return members.annotate(**agreed).order_by("account_id")


def _agrees(purpose: str) -> Case:
    agrees = When(consenting_to(purpose, path="account__"), then=Value(True))
    return Case(agrees, default=Value(False), output_field=BooleanField())


def _names(column: str) -> list[str]:
    """The headings of a column, which stay the same in all languages, for programs read them too."""
    return list(Purpose.values) if column == "consents" else [column]


def _fields(column: str) -> list[str]:
    if column == "consents":
        return [f"agrees_to_{purpose}" for purpose in Purpose.values]
    return [{"platform": "account__platform__slug", "user_id": "account__external_id"}.get(column, column)]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return localtime(value).isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
