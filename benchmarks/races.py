"""Who races for coupons over HTTP: exactly the limit is served, whatever dies meanwhile.

200 clients at once on a shared code for one use, on the codes of a batch, on a limit of one for each person with three
accounts, and on a budget; once undisturbed, once while web workers are killed (SIGKILL), and once while PostgreSQL
crashes and comes back. Clients ask again until they have an answer. Then every counter has to be what the uses say.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from benchmarks import report
from benchmarks.crowd import Answer, Call, Crowd, Outcome
from benchmarks.options import Options, read
from benchmarks.scratch import scratch_system, web_processes

if TYPE_CHECKING:
    from accounts.services.platforms import NewPlatform
    from promotions.models import CouponBatch

CLIENTS, QUICK_CLIENTS = 200, 40
CODES, QUICK_CODES = 1_000, 15
CLAIMANTS, QUICK_CLAIMANTS = 10_000, 60
PERSONS, QUICK_PERSONS = 67, 7
"""With three accounts each: as many accounts as clients."""
BUDGET, VALUE = 10_000, 333
PRICE = 10_000
FIRST = 0.1
"""Disturbed when so many have their answers."""
BLOWS = ((FIRST, None), (0.4, 1))
"""How many workers are killed, and when: all of them, and once more one."""


@dataclass(frozen=True)
class Sizes:
    """How many there are of everything."""

    clients: int = CLIENTS
    codes: int = CODES
    claimants: int = CLAIMANTS
    persons: int = PERSONS


QUICK = Sizes(QUICK_CLIENTS, QUICK_CODES, QUICK_CLAIMANTS, QUICK_PERSONS)


@dataclass(frozen=True)
class Race:
    """What is raced for: who calls, and how many of them have to get it. batch: what counts them."""

    name: str
    calls: list[Call]
    limit: int
    batch: "CouponBatch"
    takes_coupon: bool = False


@dataclass(frozen=True)
class Finish:
    """How a race ended; faults: what is not as it has to be."""

    race: Race
    outcome: Outcome
    served: int
    faults: list[str]


def races(shops: "Sequence[NewPlatform]", sizes: Sizes, run: str) -> list[Race]:
    """The four races with everything that they need; `shops` are three platforms, `run` tells this time from others."""
    first = shops[0]
    return [
        _for_one_use(first, sizes, run),
        _for_codes(first, sizes, run),
        _for_persons(shops, sizes, run),
        _for_budget(first, sizes, run),
    ]


def finish(race: Race, port: int, clients: int, during: Callable[[Crowd], None] | None = None) -> Finish:
    """Run a race to its end, have what was reserved paid, and look whether everything adds up."""
    from django.db import connections

    crowd = Crowd(port, clients, during)
    outcome = crowd.send(race.calls)
    connections.close_all()  # ours may have broken too
    served = outcome.with_status(200, 201)
    faults = [*outcome.faults]
    if not race.takes_coupon:
        keys = {call.once: call.key for call in race.calls}
        paid = Crowd(port, clients).send(
            [
                Call(f"/redemptions/{answer.body['id']}/commit", keys[call.once])
                for call, answer in zip(race.calls, outcome.answers, strict=True)
                if answer.status == 201
            ]
        )
        faults += paid.faults + [f"not paid: {answer}" for answer in paid.answers if answer.status != 200]
    return Finish(race, outcome, len(served), [*faults, *_imbalances(race, served)])


def kill_workers(
    server: "subprocess.Popen[bytes]", blows: Sequence[tuple[float, int | None]] = BLOWS
) -> Callable[[Crowd], None]:
    """Kill workers of this web server (SIGKILL) while they work: so many (None: all) once so many are answered."""

    def during(crowd: Crowd) -> None:
        for share, some in blows:
            _wait_until(crowd, share)
            workers = _children(server.pid)
            for pid in workers if some is None else random.sample(workers, min(some, len(workers))):
                os.kill(pid, signal.SIGKILL)

    return during


def crash_database(crowd: Crowd) -> None:
    """Have the bundled PostgreSQL stop at once, as in a crash, and start again with what its log of writes tells."""
    from crossmarket.embedded import postgresql

    _wait_until(crowd, FIRST)
    postgresql.crash()
    time.sleep(0.3)
    postgresql.start()


def measure(options: Options) -> None:
    """Run all races and print the table. Raises `RuntimeError` where anything does not add up."""
    from accounts.services.platforms import create_platform

    sizes = QUICK if options.quick else Sizes()
    shops = [create_platform(f"race-{number}") for number in range(3)]
    rows: list[list[str]] = []
    with web_processes() as (port, server):
        ways: dict[str, Callable[[Crowd], None] | None] = {
            "undisturbed": None,
            "workers killed": kill_workers(server),
            "database crashed": crash_database,
        }
        for way, during in list(ways.items())[: 1 if options.quick else None]:
            for race in races(shops, sizes, way):
                ended = finish(race, port, sizes.clients, during)
                if ended.faults:
                    raise RuntimeError(f"{race.name}, {way}: {ended.faults[:5]}")
                again = sum(answer.tries > 1 for answer in ended.outcome.answers)
                seconds = ended.outcome.seconds
                calls = f"{len(race.calls):,}"
                rows.append([f"{race.name}, {way}", calls, f"{ended.served:,}", f"{again:,}", f"{seconds:.1f}"])
    note = f"{sizes.clients} clients at once. Each race served exactly its limit, and all counters add up."
    report.show("Races for coupons", ["", "calls", "served", "asked again", "seconds"], rows, note)


def _for_one_use(shop: "NewPlatform", sizes: Sizes, run: str) -> Race:
    batch = _batch(run, "one", limit_total=1)
    users = [f"{run} one {number}" for number in range(sizes.clients)]
    return Race("a code for one use", [_reserve(shop.secret_key, batch, user) for user in users], 1, batch)


def _for_budget(shop: "NewPlatform", sizes: Sizes, run: str) -> Race:
    batch = _batch(run, "budget", budget=BUDGET)
    users = [f"{run} budget {number}" for number in range(sizes.clients)]
    calls = [_reserve(shop.secret_key, batch, user) for user in users]
    return Race("a budget of 100.00 in parts of 3.33", calls, min(BUDGET // VALUE, len(calls)), batch)


def _for_persons(shops: "Sequence[NewPlatform]", sizes: Sizes, run: str) -> Race:
    """Each person's three accounts, on three platforms, ask one after the other, so that they race each other."""
    from accounts.models import LinkedAccount
    from accounts.services.accounts import ensure_accounts

    batch = _batch(run, "person", limit_person=1)
    calls: list[Call] = []
    for number in range(sizes.persons):
        user = f"{run} person {number}"
        references = [ensure_accounts(shop.platform, [user])[user] for shop in shops]
        accounts = LinkedAccount.objects.filter(pk__in=[reference.id for reference in references])
        accounts.update(person_id=references[0].person_id)
        calls += [_reserve(shop.secret_key, batch, user, shop.platform.slug) for shop in shops]
    return Race("once for each person with 3 accounts", calls, sizes.persons, batch)


def _for_codes(shop: "NewPlatform", sizes: Sizes, run: str) -> Race:
    from promotions.models import CodeKind
    from promotions.services import generating

    batch = _batch(run, "codes", code_kind=CodeKind.UNIQUE, shared_code="")
    generating.make(batch.pk, sizes.codes)
    body = {"batch_id": str(batch.pk)}
    users = [f"{run} codes {number}" for number in range(sizes.claimants)]
    calls = [Call("/coupons", shop.secret_key, {**body, "user_id": user}) for user in users]
    return Race("the codes of a batch", calls, min(sizes.codes, len(calls)), batch, takes_coupon=True)


def _batch(run: str, name: str, **rules: Any) -> "CouponBatch":
    from promotions.models import BatchState, CodeKind, CouponBatch

    code = "".join(f"{run}{name}".split()).upper()
    common = {"state": BatchState.LIVE, "benefit": "amount", "value": VALUE, "limit_person": None}
    shared = {"code_kind": CodeKind.SHARED, "shared_code": code}
    return CouponBatch.objects.create(name=f"{name}, {run}", **{**common, **shared, **rules})


def _reserve(key: str, batch: "CouponBatch", user: str, where: str = "") -> Call:
    items = [{"item_id": "a", "price": PRICE // 2}, {"item_id": "b", "price": PRICE // 2}]
    order = {"order_id": user, "amount": PRICE, "currency": "CNY", "items": items}
    body = {"user_id": user, "codes": [batch.shared_code], "order": order}
    return Call("/redemptions", key, body, once=f"{where} {user}")


def _imbalances(race: Race, served: Sequence[Answer]) -> list[str]:
    """What does not add up: who was told to have something, what is stored, and what is counted."""
    from django.db.models import Sum

    from promotions.models import BatchDay, Coupon, CouponState, Use

    found: list[str] = []

    def require(what: str, is_so: bool) -> None:
        if not is_so:
            found.append(what)

    batch = type(race.batch).objects.get(pk=race.batch.pk)
    require(f"{len(served)} were served instead of {race.limit}", len(served) == race.limit)
    if race.takes_coupon:
        codes = {answer.body["code"] for answer in served}
        held = set(Coupon.objects.filter(batch=batch, state=CouponState.HELD).values_list("code", flat=True))
        holders = Coupon.objects.filter(batch=batch, state=CouponState.HELD).values("holder").distinct().count()
        require("codes were told that nobody holds, or twice", len(codes) == len(served) and codes == held)
        require("somebody holds two", holders == len(held))
        return found
    uses = Use.objects.filter(batch=batch, counts=True)
    told = {UUID(answer.body["id"]) for answer in served}
    money = uses.aggregate(all=Sum("amount"))["all"] or 0
    days = BatchDay.objects.filter(batch=batch).aggregate(all=Sum("used"))["all"] or 0
    stored = set(uses.values_list("redemption", flat=True))
    require("redemptions are stored that nobody was told of, or the other way round", stored == told)
    require("not all of them are paid", set(uses.values_list("redemption__state", flat=True)) <= {"committed"})
    require(f"{batch.used} uses are counted, {uses.count()} stored", batch.used == uses.count() == days)
    require(f"{batch.spent} is counted as taken off, {money} stored", batch.spent == money)
    persons = uses.values("redemption__account__person").distinct().count()
    require("a person has used it twice", persons == len(told))
    return found


def _wait_until(crowd: Crowd, share: float) -> None:
    """Until this share of the calls is answered, or a moment where a crowd is too quick or too slow for that."""
    wanted = share * crowd.expected
    deadline = time.monotonic() + 20
    while crowd.answered < wanted and not crowd.is_done and time.monotonic() < deadline:
        time.sleep(0.005)


def _children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)
