"""Giving out what is held about somebody, as one archive."""

import tempfile
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import IO
from uuid import UUID

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import LinkedAccount
from accounts.services.holding import hold
from crossmarket.foundation import jobs
from crossmarket.foundation.holdings import Part
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.rights import archive, rooms
from crossmarket.rights.models import FOLDER, AskedBy, Export
from profiles.erasure import much_to_look_through

EXPORT = gettext_noop("rights.export")
WRITING = gettext_noop("writing the archive")
KEPT_FOR = timedelta(days=3)
"""So long an archive can be fetched; then it is removed."""
FRESH_FOR = timedelta(hours=1)
"""So long an archive that was asked for answers the same question."""
AT_ONCE = 20_000
"""Whoever did more, or whose platform sent more that has to be looked through, waits for a worker."""
IN_MEMORY = 8 * 1024 * 1024
"""Beyond so many bytes an archive that is being written goes to the disk."""
LONGEST_BUILDING = timedelta(hours=12)


def is_long(account: LinkedAccount) -> bool:
    """Whether writing the archive of an account takes longer than anybody should wait for an answer."""
    return much_to_look_through(account.platform, account.pk, AT_ONCE)


def write_now(account: LinkedAccount) -> IO[bytes]:
    """What is held about one account, as its platform may have it: an archive that is kept nowhere, to be read once."""
    target = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 whoever reads it closes it
    archive.write(target, _folders([account], whole_person=False), timezone.now(), lambda _rows: None)
    target.seek(0)
    return target


@transaction.atomic
def start(account: LinkedAccount, asked_by: AskedBy, whole_person: bool, to_worker: bool = True) -> Export:
    """Have an archive made; one that is under way or was just made for the same is given instead."""
    LinkedAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    recent = latest(account, asked_by, whole_person)
    if recent is not None:
        return recent
    export = Export.objects.create(
        account=account, asked_by=asked_by, whole_person=whole_person, expires_at=timezone.now() + KEPT_FOR
    )
    export.job = jobs.enqueue(EXPORT, {"export_id": str(export.pk)}, to_worker)
    export.save(update_fields=["job"])
    return export


def latest(account: LinkedAccount, asked_by: AskedBy, whole_person: bool) -> Export | None:
    """An archive that is under way, or was made within the hour."""
    asked = Export.objects.select_related("job").filter(account=account, asked_by=asked_by, whole_person=whole_person)
    export = asked.order_by("-requested_at").first()
    if export is None:
        return None
    is_fresh = export.is_ready and export.ready_at is not None and export.ready_at > timezone.now() - FRESH_FOR
    return export if is_fresh or export.is_under_way else None


@job_kind(EXPORT)
def build(reporter: Reporter, /, export_id: str) -> Result:
    """The job: write the archive and put it where it can be fetched, unless somebody in it is erased meanwhile."""
    export = Export.objects.select_related("account__platform").filter(pk=export_id).first()
    if export is None or export.ready_at is not None:
        raise JobFailed("This export is there already, was removed after its time, or the person was erased.")
    accounts = _accounts_of(export)
    with tempfile.TemporaryFile() as target:
        reporter(WRITING, 0, 0)
        rows = archive.write(
            target, _folders(accounts, export.whole_person), timezone.now(), lambda rows: reporter(WRITING, rows, 0)
        )
        size = target.tell()
        reporter(WRITING, rows, rows)
        target.seek(0)
        _deposit(export, target, size, [each.pk for each in accounts])
    return {"rows": rows, "bytes": size}


def forget_over() -> int:
    """Remove archives that have had their time, and files that belong to none; returns how many archives went."""
    over = list(Export.objects.over().values_list("pk", flat=True))
    _drop(over)
    _drop_strays()
    return len(over)


def erase_account(account: LinkedAccount) -> Counter[str]:
    """Remove all archives in which a held account is."""
    with_it = Export.objects.filter(account=account) | Export.objects.filter(account_ids__contains=[account.pk])
    found = list(with_it.values_list("pk", flat=True))
    _drop(found)
    return Counter(exports=len(found))


def _accounts_of(export: Export) -> list[LinkedAccount]:
    accounts = LinkedAccount.objects.select_related("platform").order_by("pk")
    if export.whole_person:
        return list(accounts.filter(person_id=export.account.person_id))
    return [export.account]


def _folders(accounts: Iterable[LinkedAccount], whole_person: bool) -> dict[str, Iterable[Part]]:
    """The parts by folder: one for each account, called by its platform."""
    folders: dict[str, Iterable[Part]] = {}
    for account in accounts:
        name, number = account.platform.slug, 2
        while name in folders:
            name, number = f"{account.platform.slug}-{number}", number + 1
        folders[name] = rooms.holdings(account, whole_person)
    return folders


def _deposit(export: Export, content: IO[bytes], size: int, account_ids: list[int]) -> None:
    name = default_storage.save(f"{FOLDER}/{export.pk}.zip", File(content))
    with transaction.atomic():
        are_there = hold(account_ids) == set(account_ids)
        given = Export.objects.select_for_update().filter(pk=export.pk, account__person=export.account.person_id)
        if are_there and given.exists():
            now = timezone.now()
            given.update(file=name, size=size, account_ids=account_ids, ready_at=now, expires_at=now + KEPT_FOR)
            return
    default_storage.delete(name)
    raise JobFailed("Somebody in it was erased or separated meanwhile; ask for it again.")


@transaction.atomic
def _drop(export_ids: Iterable[UUID]) -> None:
    for export in Export.objects.select_for_update().filter(pk__in=list(export_ids)):
        if export.file:
            transaction.on_commit(partial(default_storage.delete, str(export.file.name)))
        export.delete()


def _drop_strays() -> None:
    """Files without a row: what a process left behind that ended between the two."""
    try:
        names = default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        return
    kept = {str(name) for name in Export.objects.exclude(file="").values_list("file", flat=True)}
    for name in (f"{FOLDER}/{each}" for each in names):
        if name not in kept and default_storage.get_modified_time(name) < timezone.now() - LONGEST_BUILDING:
            default_storage.delete(name)
