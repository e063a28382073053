"""Files that platforms gave and that are kept: by what mapping they are read, and whom they name."""

import json
import tempfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, cast

import structlog
from django.core.files import File
from django.db import transaction

from accounts.models import Platform
from profiles.declared_mappings import NoMapping, declared_mapper
from profiles.ingest.events import erased_among
from profiles.ingest.files import FileBroken, read_rows
from profiles.ingest.mapping import OWN_NAMES, Mapper, MappingError, Subject, mapper_for
from profiles.ingest.naming import names
from profiles.models import FileImport, FileShape, FileSubject

logger = structlog.get_logger(__name__)


def mapper_of(file_import: FileImport) -> Mapper:
    """What makes the rows of a file ours. Raises `NoMapping`."""
    platform, subject = file_import.platform, cast("Subject", str(file_import.subject))
    if file_import.shape == FileShape.DECLARED:
        return declared_mapper(platform, subject)
    document = OWN_NAMES if file_import.shape == FileShape.OWN_NAMES else file_import.document
    try:
        return mapper_for(document, subject, platform.timezone)
    except MappingError as error:
        raise NoMapping(f"The mapping given does not serve here: {error}") from None


def with_events(platform_id: int) -> list[FileImport]:
    """The files of events of a platform that are kept, or whose refused rows are."""
    given = FileImport.objects.select_related("platform").filter(platform=platform_id, subject=FileSubject.EVENT)
    return list(given.exclude(file="", rejects="").order_by("pk"))


def forget_user(file_import: FileImport, external_id: str) -> tuple[bool, int]:
    """Remove what a file says of a user: whether it was removed, and how many refused rows were.

    Out of a file that was given nothing can be cut, so it goes as a whole: the platform has it still.
    """
    mapper = _mapper_or_none(file_import)
    is_removed = _names_user(file_import, external_id, mapper)
    if is_removed:
        file_import.file.delete(save=False)
        FileImport.objects.filter(pk=file_import.pk).update(file="")
    return is_removed, _cut(file_import, lambda payload: names(payload, external_id, mapper))


def forget_erased(file_import: FileImport) -> int:
    """Remove refused rows of users who were erased while the file was imported; returns how many they were."""
    platform, mapper = file_import.platform, _mapper_or_none(file_import)
    return _cut(file_import, lambda payload: bool(erased_among(platform, [payload], mapper)))


def _mapper_or_none(file_import: FileImport) -> Mapper | None:
    try:
        return mapper_of(file_import)
    except NoMapping:
        return None


def _names_user(file_import: FileImport, external_id: str, mapper: Mapper | None) -> bool:
    """Whether the file has a row of this user, or cannot be read to its end, so that nobody can tell."""
    if not file_import.file:
        return False
    try:
        with file_import.file.open("rb") as file:
            rows = read_rows(cast("IO[bytes]", file), file_import.name, file_import.encoding)
            return any(names(row.payload, external_id, mapper) for row in rows)
    except FileBroken:
        return True
    except OSError as error:
        logger.warning("kept_file_unreadable", file_import=file_import.pk, error=type(error).__name__)
        return True


@transaction.atomic
def _cut(file_import: FileImport, is_to_go: Callable[[bytes], bool]) -> int:
    """Write the file of refused rows anew without some of them; returns how many went."""
    held = FileImport.objects.select_for_update().get(pk=file_import.pk)
    if not held.rejects:
        return 0
    gone = kept = 0
    with tempfile.TemporaryFile() as remaining:
        with held.rejects.open("rb") as lines:
            for line in lines:
                if is_to_go(json.loads(line)["content"].encode()):
                    gone += 1
                else:
                    kept += 1
                    remaining.write(line)
        if gone:
            name = PurePosixPath(str(held.rejects.name)).name
            held.rejects.delete(save=False)
            remaining.seek(0)
            if kept:
                held.rejects.save(name, File(remaining), save=False)
            held.save(update_fields=["rejects"])
    return gone


def platform_samples_name(platform: Platform, sample: str, external_id: str) -> bool:
    """Whether the sample of an event beside a platform's mapping is about this user."""
    try:
        mapper: Mapper | None = declared_mapper(platform, "event")
    except NoMapping:
        mapper = None
    return names(sample.encode(errors="replace"), external_id, mapper)
