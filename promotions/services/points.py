"""Points that people earn, spend and lose: every movement is booked twice, and nothing is booked twice over.

Points belong to the account that earned them. A person spends those of all their accounts, what expires first going
first; separated again, each account has what is left of its own. Whoever moves a person's points holds the person.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, F, Sum
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import LinkedAccount
from promotions.models import Entry, Lot, LotUse, Purse, PurseKind, Transfer, TransferKind
from promotions.services.person_holding import hold_person_of

EXPIRED_AT_ONCE = 500
OF_EXPIRY = "expiry"
OF_REVERSAL = "reversal"
OF_ERASURE = "erasure"


class NotEnough(Exception):
    """The person has fewer points than are to be spent."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"{missing} points are missing.")
        self.missing = missing


@dataclass(frozen=True)
class _Taken:
    """So many points of a lot."""

    lot: Lot
    amount: int


def balance(account: LinkedAccount) -> int:
    """The points of the person behind this account, on all accounts."""
    own = Purse.objects.filter(holder__person_id=account.person_id)
    return int(own.aggregate(points=Sum("balance"))["points"] or 0)


@transaction.atomic
def earn(
    account: LinkedAccount, points: int, source: str, reference: str, expires_at: datetime | None = None
) -> Transfer:
    """Give points to an account, once for each reference of a source. Raises ValueError for less than 1."""
    _require_some(points)
    account = hold_person_of(account)
    if known := _booked(source, reference):
        return known
    purse = _purse_of(account)
    booked = _book(TransferKind.EARN, source, reference, {purse.pk: points, _ours(PurseKind.ISSUED): -points})
    Lot.objects.create(purse=purse, transfer=booked, amount=points, left=points, expires_at=expires_at)
    return booked


@transaction.atomic
def spend(account: LinkedAccount, points: int, source: str, reference: str) -> Transfer:
    """Take points of the person behind this account, once for each reference of a source.

    Raises `NotEnough`, and ValueError for less than 1.
    """
    _require_some(points)
    account = hold_person_of(account)
    if known := _booked(source, reference):
        return known
    lots = Lot.objects.left().filter(purse__holder__person_id=account.person_id)
    taken = _take(lots.exclude(expires_at__lte=timezone.now()), points)
    missing = points - sum(each.amount for each in taken)
    if missing:
        raise NotEnough(missing)
    return _book_taken(TransferKind.SPEND, source, reference, taken, PurseKind.SPENT)


@transaction.atomic
def reverse(transfer: Transfer) -> Transfer:
    """Undo a transfer, once. What was spent comes back to where it was; what was earned goes, as far as it is there.

    What comes back to an account that was erased meanwhile expires. Raises ValueError for a reversal or an expiry,
    which are final.
    """
    if transfer.kind not in (TransferKind.EARN, TransferKind.SPEND):
        raise ValueError("Only what was earned or spent can be reversed.")
    entries = transfer.entries.filter(purse__kind=PurseKind.HOLDER, purse__holder__isnull=False)
    holders = LinkedAccount.objects.filter(pk__in=entries.values("purse__holder")).order_by("person_id", "pk")
    if not holders:
        raise ValueError("The account of these points was erased.")
    for holder in holders:
        hold_person_of(holder)
    if known := _booked(OF_REVERSAL, str(transfer.pk)):
        return known
    if transfer.kind == TransferKind.EARN:
        return _take_back(transfer)
    return _give_back(transfer)


def expire(moment: datetime | None = None) -> int:
    """Let points go whose time is over; returns how many lots there were, `EXPIRED_AT_ONCE` at most."""
    moment = moment or timezone.now()
    overdue = Lot.objects.left().filter(expires_at__lte=moment).select_related("purse__holder")
    lots = list(overdue[:EXPIRED_AT_ONCE])
    for lot in lots:
        _expire(lot)
    return len(lots)


@transaction.atomic
def _expire(lot: Lot) -> None:
    if lot.purse.holder is None:
        return
    hold_person_of(lot.purse.holder)
    held = Lot.objects.get(pk=lot.pk)
    if held.left:
        reference = f"{held.pk}, {held.uses.count()} uses"
        _book_taken(TransferKind.EXPIRE, OF_EXPIRY, reference, [_Taken(held, held.left)], PurseKind.EXPIRED)


@transaction.atomic
def erase(account: LinkedAccount) -> int:
    """Let the points of a held account go, and its name from its purse; returns how many transfers told of it."""
    hold_person_of(account)
    purse = Purse.objects.filter(holder=account).first()
    if purse is None:
        return 0
    lots = Lot.objects.left().filter(purse=purse)
    if taken := [_Taken(lot, lot.left) for lot in lots]:
        _book_taken(TransferKind.EXPIRE, OF_ERASURE, str(purse.pk), taken, PurseKind.EXPIRED)
    told = Transfer.objects.filter(entries__purse=purse)
    changed = told.update(reference=Cast(F("pk"), CharField()))
    Purse.objects.filter(pk=purse.pk).update(holder=None)
    return changed


def _take_back(transfer: Transfer) -> Transfer:
    """First what is left of the very points, then other points of the same purse, down to 0."""
    own = transfer.lots.get()
    points = own.amount
    taken = [_Taken(own, own.left)] if own.left else []
    others = Lot.objects.left().filter(purse=own.purse_id).exclude(pk=own.pk)
    taken += _take(others, points - own.left)
    return _book_taken(TransferKind.REVERSE, OF_REVERSAL, str(transfer.pk), taken, PurseKind.ISSUED, transfer)


def _give_back(transfer: Transfer) -> Transfer:
    uses = list(transfer.lot_uses.select_related("lot__purse"))
    moved: Counter[int] = Counter()
    for use in uses:
        if use.lot.purse.holder_id is None:
            moved[_ours(PurseKind.EXPIRED)] += use.amount
            continue
        moved[use.lot.purse_id] += use.amount
        Lot.objects.filter(pk=use.lot_id).update(left=F("left") + use.amount)
    moved[_ours(PurseKind.SPENT)] -= sum(use.amount for use in uses)
    return _book(TransferKind.REVERSE, OF_REVERSAL, str(transfer.pk), moved, transfer)


def _take(lots: Iterable[Lot], points: int) -> list[_Taken]:
    """As many points of these lots as are wanted, or all that there are."""
    taken: list[_Taken] = []
    for lot in lots:
        if points <= 0:
            break
        taken.append(_Taken(lot, min(points, lot.left)))
        points -= lot.left
    return taken


def _book_taken(
    kind: TransferKind,
    source: str,
    reference: str,
    taken: Iterable[_Taken],
    into: PurseKind,
    reverses: Transfer | None = None,
) -> Transfer:
    """Move what was taken of lots into one of our own purses."""
    taken = list(taken)
    moved: Counter[int] = Counter()
    for each in taken:
        moved[each.lot.purse_id] -= each.amount
        Lot.objects.filter(pk=each.lot.pk).update(left=F("left") - each.amount)
    moved[_ours(into)] += sum(each.amount for each in taken)
    booked = _book(kind, source, reference, moved, reverses)
    LotUse.objects.bulk_create(LotUse(transfer=booked, lot=each.lot, amount=each.amount) for each in taken)
    return booked


def _book(
    kind: TransferKind, source: str, reference: str, moved: dict[int, int], reverses: Transfer | None = None
) -> Transfer:
    """Write a transfer with its entries, and the balances of people that follow."""
    if sum(moved.values()):
        raise ValueError("What one purse gains another must lose.")
    booked = Transfer.objects.create(kind=kind, source=source, reference=reference, reverses=reverses)
    entries = [Entry(transfer=booked, purse_id=purse, amount=amount) for purse, amount in moved.items() if amount]
    Entry.objects.bulk_create(entries)
    for entry in entries:
        Purse.objects.filter(pk=entry.purse_id, kind=PurseKind.HOLDER).update(balance=F("balance") + entry.amount)
    return booked


def _booked(source: str, reference: str) -> Transfer | None:
    return Transfer.objects.filter(source=source, reference=reference).first()


def _purse_of(account: LinkedAccount) -> Purse:
    return Purse.objects.get_or_create(holder=account)[0]


def _ours(kind: PurseKind) -> int:
    """The key of one of our own purses."""
    return Purse.objects.get_or_create(kind=kind, defaults={"balance": None})[0].pk


def _require_some(points: int) -> None:
    if points < 1:
        raise ValueError("Points are moved from 1 on.")
