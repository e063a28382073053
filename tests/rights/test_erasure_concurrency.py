"""A person is erased while everything else goes on, in real processes: nothing breaks, and nothing is left over."""

from collections.abc import Callable

import pytest

from accounts.models import Change, ConsentSource, LinkedAccount, Purpose
from accounts.services import deliveries, linking, webhooks
from accounts.services.consents import state_consents
from accounts.services.linking import LinkRefused
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from crossmarket.rights import erasing
from crossmarket.rights.models import Erasure
from profiles.models import EventType
from profiles.profiling.building import enqueue_build
from profiles.services import record
from recommend.serving.record import _outbox, store_pending
from tests.factories import LinkedAccountFactory
from tests.partner import Partner, batch, event, new_partner
from tests.receiver import Receiver
from tests.rights.traces import keys_with, tables_with
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "mark7f3e9a"
ROUNDS = 25


def sender(shop: Partner, name: str) -> Callable[[], set[int]]:
    """Events of the person and of somebody else, good ones and bad ones, all from before the erasure."""

    def work() -> set[int]:
        return {
            shop.post(
                "/events",
                batch(
                    event(user_id=MARK, item_id=f"c{number}", message_id=f"{name}-{number}"),
                    event(user_id="other", item_id=f"c{number}"),
                    event(user_id=MARK, type="vieuw", context={"who": MARK}),
                ),
            ).status_code
            for number in range(ROUNDS)
        }

    return work


def joiner(account: LinkedAccount, other: LinkedAccount) -> Callable[[], int]:
    def work() -> int:
        done = 0
        for _ in range(ROUNDS):
            try:
                linking.link(other, linking.create_link_code(account).code)
                state_consents(account, {Purpose.CROSS_PLATFORM: True}, "v1", ConsentSource.PLATFORM)
                record(account, EventType.VIEW, None)
                linking.leave(account)
                done += 1
            except (LinkRefused, LinkedAccount.DoesNotExist):
                continue
        return done

    return work


def builder() -> list[str]:
    return [jobs.run(enqueue_build(to_worker=False).pk).error for _ in range(3)]


def asker(shop: Partner) -> Callable[[], set[int]]:
    def work() -> set[int]:
        seen = set()
        for _ in range(ROUNDS):
            seen |= {
                shop.get(f"/recommendations?user_id={MARK}").status_code,
                shop.get(f"/users/{MARK}/profile").status_code,
            }
            _outbox.flush()
            store_pending()
        return seen

    return work


def teller(shop: Partner, endpoint_id: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(2 * ROUNDS):
            deliveries.make_ready(shop.platform.pk)
            deliveries.deliver(endpoint_id, seconds=0.1)

    return work


def eraser(shop: Partner) -> Callable[[], list[int]]:
    def work() -> list[int]:
        return [shop.delete(f"/users/{MARK}").status_code for _ in range(5)]

    return work


def test_nothing_breaks_and_nothing_is_left(receiver: Receiver) -> None:
    shop = new_partner()
    endpoint = webhooks.create_endpoint(shop.platform, receiver.url)
    shop.post("/events", batch(*(event(user_id=who, item_id=f"c{n}") for n in range(5) for who in (MARK, "other"))))
    account, other = shop.platform.accounts.get(external_id=MARK), LinkedAccountFactory(cross_platform=True)
    LinkedAccount.objects.filter(pk=account.pk).update(cross_platform=True)
    works = [sender(shop, "a"), sender(shop, "b"), joiner(account, other), builder, asker(shop)]
    sent, also_sent, _joined, built, asked, _told, statuses = side_by_side(
        *works, teller(shop, endpoint.pk), eraser(shop)
    )
    assert sent == also_sent == {202}
    assert asked <= {200, 404}
    assert set(statuses) == {200}, Job.objects.filter(kind=erasing.ERASE).values_list("error", flat=True)
    assert set(built) <= {"", "Profiles are being built already; wait until that job has ended."}
    assert not Erasure.objects.unfinished().exists()
    assert not Job.objects.filter(kind=erasing.ERASE).exclude(state=JobState.SUCCEEDED).exists()
    assert set(Change.objects.filter(user_id=MARK).values_list("type", flat=True)) == {"user.erased"}
    assert tables_with([MARK]) <= {"accounts_change", "accounts_delivery"}
    assert keys_with([MARK]) == set()
    assert shop.platform.accounts.get().events.count() == 5 + 2 * ROUNDS
