"""Readers that never skip and never repeat, while real processes write, wait, roll back and read at the same time."""

import random
import time
from collections import defaultdict
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from accounts.models import Change, Platform
from accounts.services import change_stream
from tests.accounts.news import numbers, tell
from tests.factories import PlatformFactory
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, ROUNDS = 4, 40


class RolledBack(Exception):
    pass


def test_a_change_that_is_committed_late_comes_late_and_is_not_skipped() -> None:
    platform = PlatformFactory()
    late = connection.copy()
    try:
        with late.cursor() as cursor:
            late.set_autocommit(False)
            cursor.execute(
                "INSERT INTO accounts_change (public_id, platform_id, type, user_id, data, happened_at)"
                " VALUES (gen_random_uuid(), %s, 'tested.happened', 'ann', '{\"number\": 1}', now())",
                [platform.pk],
            )
            tell(platform, number=2)  # a later key, committed before
            first = change_stream.read(platform.pk)
            assert numbers(first.changes) == [2]
            late.commit()
    finally:
        late.close()
    cursor_text = change_stream.cursor_of(first.changes[-1])
    assert numbers(change_stream.read(platform.pk, cursor_text).changes) == [1]


def test_whoever_reads_while_others_write_gets_everything_once_and_in_order() -> None:
    platform = PlatformFactory()
    *written, first, second = side_by_side(
        *[writer(platform, number) for number in range(WRITERS)], reader(platform), reader(platform)
    )
    committed = {change for each in written for change in each}
    assert len(committed) == Change.objects.count() > WRITERS
    assert first == second
    assert len(first) == len(set(first))
    assert set(first) == committed
    of_writer: dict[str, list[int]] = defaultdict(list)
    for user_id, number in first:
        of_writer[user_id].append(number)
    assert all(seen == sorted(seen) for seen in of_writer.values())


def writer(platform: Platform, name: int) -> Callable[[], list[tuple[str, int]]]:
    """Transactions of several changes, some of which linger before they are committed, and some never are."""

    def work() -> list[tuple[str, int]]:
        chance, done = random.Random(name), []
        for number in range(ROUNDS):
            changes = [(f"user-{name}", number * 10 + place) for place in range(chance.randint(1, 3))]
            try:
                with transaction.atomic():
                    for user_id, value in changes:
                        tell(platform, user_id, number=value)
                        time.sleep(chance.random() * 0.01)
                    if chance.random() < 0.2:
                        raise RolledBack
            except RolledBack:
                continue
            done += changes
        tell(platform, f"user-{name}", number=ROUNDS * 10)
        return [*done, (f"user-{name}", ROUNDS * 10)]

    return work


def reader(platform: Platform) -> Callable[[], list[tuple[str, int]]]:
    """Reads on until the last change of every writer was seen."""

    def work() -> list[tuple[str, int]]:
        cursor, seen, ended = "", [], 0
        while ended < WRITERS:
            page = change_stream.read(platform.pk, cursor, limit=7)
            for change in page.changes:
                cursor = change_stream.cursor_of(change)
                seen.append((change.user_id, change.data["number"]))
                ended += change.data["number"] == ROUNDS * 10
        return seen

    return work
