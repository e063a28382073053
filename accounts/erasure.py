"""Erasing accounts: the last of the rooms, for all others point to its rows."""

import uuid
from collections import Counter
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import sharing
from accounts.models import (
    Bond,
    Change,
    Delivery,
    DeliveryAttempt,
    LinkedAccount,
    Person,
    RegroupedAccount,
    Regrouping,
    Stirring,
    User,
)
from accounts.services import bonds, changes, joining_news, tombstones
from accounts.services.joining_lock import one_at_a_time
from accounts.services.stirring import stir_persons

ERASED = changes.declare(changes.ERASED, _("User erased"))
UNTOLD = "…"
"""What stands in the desk's history where a name has been."""


def hold_to_erase(account_id: int) -> LinkedAccount | None:
    """The account, which nobody else writes of until the running transaction ends; None when it is gone.

    Whoever holds it, as those do who take events, is waited for. Nobody is joined or separated meanwhile.
    """
    one_at_a_time()
    accounts = LinkedAccount.objects.select_related("platform").select_for_update(of=("self",))
    return accounts.filter(pk=account_id).first()


@transaction.atomic
def erase_account(account: LinkedAccount, erased_at: datetime, receipt: UUID | None) -> Counter[str]:
    """Remove a held account with all that hangs on it, and what was told of it; returns how much, by kind.

    Its platform is told, and those that knew of it as another account of theirs. What happened before cannot come back.
    """
    account_id, person_id = account.pk, account.person_id
    removed = erase_changes(account.platform_id, account.external_id)
    removed += _untell_history(LinkedAccount, account_id)
    sharing.forget_on_commit([person_id])
    tombstones.lay(account.platform_id, account.external_id, erased_at, receipt)
    bonds.take_out(account_id)
    joinings = list(account.regroupings.values_list("regrouping_id", flat=True))
    with joining_news.telling([person_id]):
        removed += kinds(account.delete()[1])
    removed += kinds(Regrouping.objects.filter(pk__in=joinings, accounts=None).delete()[1])
    _take_marks_off(account_id)
    if LinkedAccount.objects.filter(person_id=person_id).exists():
        stir_persons([person_id])
    else:
        removed += _untell_history(Person, person_id)
        removed += kinds(Person.objects.filter(pk=person_id).delete()[1])
    for gone in {person_id, account.home or person_id}:
        _rename_person(gone)
    if not account.platform.is_house:
        tell_erased(account.platform_id, account.external_id, erased_at)
    return removed


def _take_marks_off(account_id: int) -> None:
    """Nobody is to look at the account any more; marks that somebody is just looking at are left to them."""
    with_it = Stirring.objects.filter(account_ids__contains=[account_id]).select_for_update(skip_locked=True)
    for mark in with_it:
        mark.account_ids = [each for each in mark.account_ids if each != account_id]
        mark.save(update_fields=["account_ids"])


def _rename_person(person_id: UUID) -> None:
    """Call a person by another id in what others' accounts remember of joinings, unless somebody is that person."""
    if Person.objects.filter(pk=person_id).exists() or LinkedAccount.objects.filter(home=person_id).exists():
        return
    other = uuid.uuid4()
    RegroupedAccount.objects.filter(person_before=person_id).update(person_before=other)
    RegroupedAccount.objects.filter(person_after=person_id).update(person_after=other)
    Bond.objects.filter(first_side=person_id).update(first_side=other)


def tell_erased(platform_id: int, external_id: str, erased_at: datetime) -> None:
    """Tell the platform that everything about its user is gone."""
    changes.record([changes.News(platform_id, ERASED, external_id, {"erased_at": erased_at.isoformat()})])


@transaction.atomic
def erase_changes(platform_id: int, external_id: str) -> Counter[str]:
    """Remove what a platform was told or is still to be told of its user, with all attempts to deliver it."""
    told = Change.objects.filter(platform=platform_id, user_id=external_id)
    change_ids = list(told.select_for_update().order_by("pk").values_list("pk", flat=True))
    return _drop_changes(change_ids)


@transaction.atomic
def forget_notices(before: datetime) -> int:
    """Remove what platforms were told of erasures before this moment; returns how many they are."""
    old = Change.objects.filter(type=ERASED, happened_at__lt=before)
    change_ids = list(old.select_for_update().order_by("pk").values_list("pk", flat=True))
    return _drop_changes(change_ids)["changes"]


@transaction.atomic
def erase_user(user_id: int) -> Counter[str]:
    """Remove a login with its addresses, providers and second factors, and end its sessions."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        return Counter()
    return _untell_history(User, user_id) + kinds(user.delete()[1])


def end_sessions(user_id: int) -> Counter[str]:
    """Sign the user out everywhere. Sessions are looked through one by one, for they say only inside whose they are."""
    ended = [
        session.pk
        for session in Session.objects.iterator(chunk_size=500)
        if session.get_decoded().get("_auth_user_id") == str(user_id)
    ]
    return Counter(sessions=Session.objects.filter(pk__in=ended).delete()[0])


def kinds(removed: dict[str, int]) -> Counter[str]:
    """What Django says of removed rows, by model, as plain words in English."""
    counted: Counter[str] = Counter()
    with translation.override("en"):
        for label, count in removed.items():
            words = str(apps.get_model(label)._meta.verbose_name_plural)  # noqa: SLF001 Django documents it
            counted[words.lower().replace("-", " ").replace(" ", "_")] += count
    return counted


def _drop_changes(change_ids: list[int]) -> Counter[str]:
    """In an order in which no delivery or attempt comes in between: whoever makes one holds what it belongs to."""
    deliveries = Delivery.objects.filter(change__in=change_ids)
    delivery_ids = list(deliveries.select_for_update().order_by("pk").values_list("pk", flat=True))
    DeliveryAttempt.objects.filter(delivery__in=delivery_ids).delete()
    Delivery.objects.filter(pk__in=delivery_ids).delete()
    Change.objects.filter(pk__in=change_ids).delete()
    return Counter(changes=len(change_ids), deliveries=len(delivery_ids))


def _untell_history(model: type[models.Model], key: object) -> Counter[str]:
    """Take the name out of what the desk remembers that operators did; that they did something stays."""
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id=str(key))
    untold = entries.update(object_id=None, object_repr=UNTOLD, change_message="")
    return Counter(names_in_the_desk_history=untold)
