"""The kinds of a receipt in the words of the reader."""

from functools import cache

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.erasure import kinds

OTHERS = {
    "changes": _("messages to platforms"),
    "deliveries": _("deliveries of messages"),
    "exports": _("archives of your data"),
    "files": _("files that platforms gave"),
    "memberships_in_segments": _("memberships in groups"),
    "names_in_the_desk_history": _("names in the history of operators"),
    "refused_rows_in_files": _("refused rows of files"),
    "samples": _("samples"),
    "sessions": _("sign-ins"),
    "traces_in_jobs": _("traces in the logs of jobs"),
}
"""What is no table, or is called otherwise there."""


def words_of(kind: str) -> str:
    """What a kind is called, in the active language."""
    return str(OTHERS.get(kind) or _tables().get(kind) or kind.replace("_", " "))


@cache
def _tables() -> dict[str, Promise | str]:
    tables: dict[str, Promise | str] = {}
    for model in apps.get_models():
        description = model._meta  # noqa: SLF001 Django documents it
        (kind,) = kinds({description.label: 1})
        tables[kind] = description.verbose_name_plural or kind
    return tables
