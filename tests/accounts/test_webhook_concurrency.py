"""Several workers, all real processes: nothing is delivered twice or out of order, and a killed one is replaced."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.db import connections

from accounts.models import Delivery, DeliveryState, Platform
from accounts.services import deliveries, webhooks
from crossmarket import heartbeat
from crossmarket.celery import app
from crossmarket.foundation.redis import client
from tests.accounts.news import tell
from tests.factories import PlatformFactory
from tests.processes import PATIENCE, ROOT, process_environment
from tests.receiver import Receiver, running
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

USERS, CHANGES = 4, 15


def look() -> None:
    """What is done every second."""
    for platform_id in deliveries.platforms_with_news():
        deliveries.make_ready(platform_id)
    for endpoint_id in deliveries.endpoints_with_work():
        deliveries.deliver(endpoint_id)


def work_until_done(count: int) -> Callable[[], None]:
    """A worker that looks again and again until so many deliveries are made."""

    def work() -> None:
        while Delivery.objects.filter(state=DeliveryState.DELIVERED).count() < count:
            look()

    return work


def writer(platform: Platform, user: int) -> Callable[[], None]:
    def work() -> None:
        for number in range(CHANGES):
            tell(platform, f"user-{user}", number=number)

    return work


def test_many_workers_deliver_everything_once_and_in_order(receiver: Receiver) -> None:
    platform = PlatformFactory()
    with running() as other:
        for each in (receiver, other):
            webhooks.create_endpoint(platform, each.url)
        workers = [work_until_done(2 * USERS * CHANGES)] * 3
        side_by_side(*workers, *[writer(platform, user) for user in range(USERS)])
        for each in (receiver, other):
            assert each.at_once == 1
            assert len({request.id for request in each.received}) == len(each.received) == USERS * CHANGES
            for user in range(USERS):
                assert [n for who, n in each.told if who == f"user-{user}"] == list(range(CHANGES))


def test_a_receiver_that_hangs_keeps_one_worker_and_delays_no_other(receiver: Receiver) -> None:
    platform = PlatformFactory()
    receiver.pause.clear()  # answers nothing until the other one has got everything
    with running() as well:
        slow, quick = (webhooks.create_endpoint(platform, each.url) for each in (receiver, well))
        for number in range(CHANGES):
            tell(platform, number=number)
        deliveries.make_ready(platform.pk)

        def serve_the_others() -> None:
            while Delivery.objects.filter(endpoint=quick, state=DeliveryState.DELIVERED).count() < CHANGES:
                look()

        connections.close_all()
        hanging = os.fork()
        if not hanging:
            try:
                deliveries.deliver(slow.pk)
            finally:
                os._exit(0)
        try:
            wait_for(lambda: len(receiver.received) == 1)
            side_by_side(serve_the_others, serve_the_others)
            assert [number for _, number in well.told] == list(range(CHANGES))
            assert len(receiver.received) == 1
        finally:
            os.kill(hanging, signal.SIGKILL)
            os.waitpid(hanging, 0)
        receiver.pause.set()
        while Delivery.objects.waiting().exists():  # the killed worker's lock has ended with it
            look()
    assert [number for _, number in receiver.told] == [0, *range(CHANGES)]
    assert receiver.received[0].id == receiver.received[1].id


def test_celery_delivers_by_itself(receiver: Receiver) -> None:
    platform = PlatformFactory()
    webhooks.create_endpoint(platform, receiver.url)
    tell(platform, number=1)
    queue = ["--queues", "webhooks", "--pool", "threads", "--concurrency", "4", "--hostname", "webhooks@%h"]
    command = [sys.executable, "-m", "celery", "-A", "crossmarket", "worker", *queue, "--loglevel", "WARNING"]
    environment = process_environment(WEBHOOKS_TO_PRIVATE_NETWORKS="true")
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        app.send_task("accounts.webhooks.look")
        wait_for(lambda: Delivery.objects.filter(state=DeliveryState.DELIVERED).exists() or worker.poll() is not None)
        beating = client().zrange(heartbeat.KEY, 0, -1)
        assert not [name for name in beating if name.startswith(b"webhooks@")], "it is no sign that jobs are done"
    finally:
        worker.terminate()
        worker.wait(PATIENCE)
    assert receiver.told == [("ann", 1)]


def wait_for(has_happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not has_happened():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
