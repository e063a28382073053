"""Telling platforms that accounts of theirs were joined or separated, as far as consent lets them know."""

from collections import defaultdict
from collections.abc import Collection, Iterator
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
    """Around a change of who is joined, inside its transaction: tell the platforms for which something changes.

    A platform knows of another one only while both accounts consent to `cross_platform`; whose account it is there,
    it never knows.
    """
    before = _views(LinkedAccount.objects.filter(person_id__in=person_ids).values_list("pk", flat=True))
    yield
    after = _views(before)
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


def _views(keys: Collection[int]) -> dict[int, View]:
    """What may be known of each of these accounts, which are whole persons."""
    accounts = list(LinkedAccount.objects.select_related("platform").filter(pk__in=list(keys)))
    agreeing = [account for account in accounts if account.consents_to(Purpose.CROSS_PLATFORM)]
    members: dict[UUID, set[str]] = defaultdict(set)
    for account in agreeing:
        members[account.person_id].add(account.platform.slug)
    views: dict[int, View] = {}
    for account in accounts:
        known = members[account.person_id] - {account.platform.slug} if account in agreeing else set()
        views[account.pk] = View(account.platform_id, account.external_id, frozenset(known))
    return views
