"""Telling platforms that accounts of theirs were joined or separated, as far as consent lets them know."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Purpose
from accounts.services import changes

JOINED = changes.declare("account.joined", _("Accounts joined"))
SEPARATED = changes.declare("account.separated", _("Accounts separated"))


@dataclass(frozen=True)
class View:
    """What a platform may know of an account of its own: on which other platforms the person is."""

    platform_id: int
    user_id: str
    platforms: frozenset[str]


@contextmanager
def telling(person_ids: Collection[UUID]) -> Iterator[None]:
    """Around a change of what may be known of persons, inside its transaction: tell the platforms it changes it for.

    A platform knows of another one only while both accounts consent to `cross_platform`; whose account it is there,
    it never knows.
    """
    keys = list(LinkedAccount.objects.filter(person_id__in=person_ids).values_list("pk", flat=True))
    before = _views(_read(keys))
    yield
    _tell(before, _views(_read(keys)))


@contextmanager
def telling_among(accounts: Sequence[LinkedAccount]) -> Iterator[None]:
    """The same around a change of who is one person with whom, for whole persons, held and changed in place."""
    before = _views(accounts)
    yield
    _tell(before, _views(accounts))


def _tell(before: Mapping[int, View], after: Mapping[int, View]) -> None:
    changes.record(
        changes.News(
            view.platform_id,
            JOINED if view.platforms > before[key].platforms else SEPARATED,
            view.user_id,
            {"platforms": sorted(view.platforms)},
        )
        for key, view in sorted(after.items())
        if view.platforms != before[key].platforms
    )


def _read(keys: Collection[int]) -> list[LinkedAccount]:
    return list(LinkedAccount.objects.select_related("platform").filter(pk__in=list(keys)))


def _views(accounts: Sequence[LinkedAccount]) -> dict[int, View]:
    """What may be known of each of these accounts, which are whole persons."""
    agreeing = {account.pk for account in accounts if account.consents_to(Purpose.CROSS_PLATFORM)}
    members: dict[UUID, set[str]] = defaultdict(set)
    for account in accounts:
        if account.pk in agreeing:
            members[account.person_id].add(account.platform.slug)
    views: dict[int, View] = {}
    for account in accounts:
        known = members[account.person_id] - {account.platform.slug} if account.pk in agreeing else set()
        views[account.pk] = View(account.platform_id, account.external_id, frozenset(known))
    return views
