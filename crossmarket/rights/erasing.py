"""Erasing people, as a job that is begun again until everything is gone."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts import erasure as accounts
from accounts.models import LinkedAccount, Platform, User
from accounts.services import tombstones
from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import OPEN_STATES, Job
from crossmarket.foundation.redis import RedisError
from crossmarket.rights import exporting, rooms
from crossmarket.rights.models import AskedBy, Erasure
from profiles.erasure import much_to_look_through

logger = structlog.get_logger(__name__)

ERASE = gettext_noop("rights.erase")
ERASING = gettext_noop("removing what is known")
LOOKING = gettext_noop("looking through what was sent")
AT_ONCE = 20_000
"""Whoever did more, or whose platform sent more that would have to be looked through, is erased by a worker."""
DEADLOCKS = 3
LONGEST_PAUSE = timedelta(hours=1)


class ErasureRefused(Exception):
    """Somebody is not to be erased like this; the message says what to do first."""


def ask(asked_by: AskedBy, accounts_to_go: Iterable[LinkedAccount], platform: Platform | None = None) -> Erasure:
    """Write down that these accounts are to be erased; `platform` is the one that asks.

    With an account on our own pages goes its login. Raises `ErasureRefused` for those who work at the desk.
    """
    listed = list(accounts_to_go)
    user_id = next((int(each.external_id) for each in listed if each.platform.is_house), None)
    if user_id is not None and User.objects.filter(pk=user_id, is_staff=True).exists():
        raise ErasureRefused(
            gettext("Whoever works at the desk is not erased: an administrator takes these powers away first.")
        )
    subjects = [
        {"account_id": each.pk, "platform_id": each.platform_id, "external_id": each.external_id} for each in listed
    ]
    return Erasure.objects.create(asked_by=asked_by, subjects=subjects, platform=platform, user_id=user_id)


def ask_for_stranger(platform: Platform, external_id: str) -> Erasure:
    """The same for a user of whom the platform may have sent something, though there is no account."""
    subjects = [{"account_id": None, "platform_id": platform.pk, "external_id": external_id}]
    return Erasure.objects.create(asked_by=AskedBy.PLATFORM, subjects=subjects, platform=platform)


def carry_out(erasure: Erasure) -> Erasure:
    """Erase at once, where that is quick, else let a worker do it; returns the erasure as it then stands."""
    is_long = any(
        much_to_look_through(Platform(pk=each["platform_id"]), each["account_id"], AT_ONCE) for each in erasure.subjects
    )
    job = _start(erasure, to_worker=is_long)
    if not is_long:
        jobs.run(job.pk)
    erasure.refresh_from_db()
    return erasure


def finish_open() -> int:
    """Begin erasures again whose job has ended without an end, each time a little later; returns how many."""
    now, begun = timezone.now(), 0
    for erasure in Erasure.objects.unfinished().select_related("job").order_by("requested_at"):
        pause = min(timedelta(minutes=erasure.attempts), LONGEST_PAUSE)
        since = erasure.job.finished_at if erasure.job else erasure.requested_at
        is_running = erasure.job is not None and erasure.job.state in OPEN_STATES
        if not is_running and (since or now) <= now - pause:
            _start(erasure, to_worker=True)
            begun += 1
    return begun


@transaction.atomic
def _start(erasure: Erasure, to_worker: bool) -> Job:
    erasure.job = jobs.enqueue(ERASE, {"erasure_id": str(erasure.pk)}, to_worker)
    erasure.attempts += 1
    erasure.save(update_fields=["job", "attempts"])
    return erasure.job


@job_kind(ERASE)
def erase(reporter: Reporter, /, erasure_id: str) -> Result:
    """The job: each account with all that is known of it, then the login, then what was sent without being taken."""
    erasure = Erasure.objects.filter(pk=erasure_id).first()
    if erasure is None:
        raise JobFailed("There is no such erasure.")
    if erasure.is_done:
        return erasure.removed
    try:
        _erase_accounts(reporter, erasure)
        _look_through(reporter, erasure)
    except RedisError:
        raise JobFailed("Redis does not answer, so copies there may be left. The erasure goes on by itself.") from None
    _finish(erasure)
    reporter.log(f"erased; {erasure.total} removed")
    return erasure.removed


def _erase_accounts(reporter: Reporter, erasure: Erasure) -> None:
    for done, subject in enumerate(erasure.subjects):
        reporter(ERASING, done, len(erasure.subjects))
        if subject["account_id"] is None:
            continue
        for erase_some in rooms.ERASE_SOME:
            while _counted(erasure, partial(erase_some, subject["account_id"])):
                reporter(ERASING, done, len(erasure.subjects))
        _again_after_deadlock(erasure, subject["account_id"])
    reporter(ERASING, len(erasure.subjects), len(erasure.subjects))


def _again_after_deadlock(erasure: Erasure, account_id: int) -> None:
    """Two that hold what the other waits for are told apart by the database, which lets one of them try again."""
    for attempt in range(DEADLOCKS):
        try:
            return _erase_account(erasure.pk, account_id)
        except OperationalError:
            if attempt == DEADLOCKS - 1:
                raise
            logger.warning("erasure_tried_again")
    return None


@transaction.atomic
def _erase_account(erasure_id: UUID, account_id: int) -> None:
    removed = rooms.leave(account_id)
    account = accounts.hold_to_erase(account_id)
    if account is None:
        return
    held = Erasure.objects.select_for_update().get(pk=erasure_id)
    is_own = held.asked_by == AskedBy.PLATFORM
    removed += exporting.erase_account(account)
    removed += rooms.erase_held(account, timezone.now(), held.pk if is_own else None)
    if account.platform.is_house:
        removed += accounts.erase_user(int(account.external_id))
    held.count(removed.items())
    held.save(update_fields=["removed"])


def _look_through(reporter: Reporter, erasure: Erasure) -> None:
    for done, subject in enumerate(erasure.subjects):
        reporter(LOOKING, done, len(erasure.subjects))
        platform = Platform.objects.filter(pk=subject["platform_id"]).first()
        if platform is None:
            continue
        removed = rooms.forget_sent(platform, subject["external_id"])
        if removed and subject["account_id"] is None:
            tombstones.lay(platform.pk, subject["external_id"], timezone.now(), erasure.pk)
        _counted(erasure, partial(Counter, removed))
    if erasure.user_id is not None:
        _counted(erasure, partial(accounts.end_sessions, erasure.user_id))
    reporter(LOOKING, len(erasure.subjects), len(erasure.subjects))


@transaction.atomic
def _counted(erasure: Erasure, remove: Callable[[], Counter[str]]) -> int:
    """Remove something and note it, both or neither; returns how much it was."""
    removed = remove()
    if removed:
        held = Erasure.objects.select_for_update().get(pk=erasure.pk)
        held.count(removed.items())
        held.save(update_fields=["removed"])
    return removed.total()


@transaction.atomic
def _finish(erasure: Erasure) -> None:
    erasure.refresh_from_db()
    erasure.subjects, erasure.user_id, erasure.erased_at = [], None, timezone.now()
    erasure.save(update_fields=["subjects", "user_id", "erased_at"])
