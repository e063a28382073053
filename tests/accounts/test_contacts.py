"""Digests of contacts under keys of ours, and the rotation of these keys."""

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.models import LinkedAccount
from accounts.services import contacts
from accounts.services.accounts import UserDescription, describe_users
from tests.accounts.joined import sha256
from tests.factories import LinkedAccountFactory
from tests.waiting import PATIENCE, wait_for_somebody_to_wait

pytestmark = pytest.mark.django_db

ANN, BOB = sha256("ann@example.com"), sha256("bob@example.com")


@pytest.fixture(autouse=True)
def _first_key(settings: Any) -> None:
    settings.CONTACT_KEYS = ["first"]


def rotated(*keys: str, settings: Any) -> str:
    settings.CONTACT_KEYS = list(keys)
    told = StringIO()
    call_command("rotate_contact_keys", stdout=told)
    return told.getvalue()


def test_a_digest_is_neither_the_hash_nor_the_same_under_another_key(settings: Any) -> None:
    under_first = contacts.digest(ANN)
    assert ANN not in under_first
    assert contacts.digest(ANN) == under_first == contacts.digest(ANN.upper())
    assert contacts.digest("") == ""
    settings.CONTACT_KEYS = ["second"]
    assert contacts.digest(ANN).split(":")[1] != under_first.split(":")[1]


def test_an_address_has_the_digest_of_its_hash() -> None:
    assert contacts.digest_of_email(" Ann@Example.com ") == contacts.digest(ANN)


def test_rotation_makes_of_kept_digests_what_is_made_of_new_ones(settings: Any) -> None:
    account = LinkedAccountFactory(email_digest=contacts.digest(ANN), phone_digest=contacts.digest(ANN))
    for keys in (["first", "second"], ["first", "second", "third"]):
        assert "2 contact digests renewed, 0 cleared" in rotated(*keys, settings=settings)
        account.refresh_from_db()
        assert account.email_digest == account.phone_digest == contacts.digest(ANN)
    assert "0 contact digests renewed" in rotated("first", "second", "third", settings=settings)


def test_digests_of_several_keys_ago_are_renewed_too(settings: Any) -> None:
    account = LinkedAccountFactory(email_digest=contacts.digest(ANN))
    rotated("first", "second", "third", settings=settings)
    account.refresh_from_db()
    assert account.email_digest == contacts.digest(ANN)


@pytest.mark.django_db(transaction=True)
def test_what_is_told_while_keys_are_rotated_is_kept(settings: Any) -> None:
    account = LinkedAccountFactory(email_digest=contacts.digest(ANN))
    settings.CONTACT_KEYS = ["first", "second"]
    is_told = threading.Event()

    def tell() -> None:
        try:
            with transaction.atomic():
                describe_users(account.platform, [UserDescription(account.external_id, email_sha256=BOB)])
                is_told.set()
                wait_for_somebody_to_wait()
        finally:
            connection.close()

    platform = threading.Thread(target=tell)
    platform.start()
    assert is_told.wait(PATIENCE)
    contacts.rotate()
    platform.join()
    account.refresh_from_db()
    assert account.email_digest == contacts.digest(BOB)


def test_digests_under_a_key_that_is_lost_are_cleared(settings: Any) -> None:
    account = LinkedAccountFactory(email_digest=contacts.digest(ANN))
    assert "0 contact digests renewed, 1 cleared" in rotated("another", settings=settings)
    account.refresh_from_db()
    assert account.email_digest == ""


@pytest.mark.parametrize(("first_key_is_the_secret_key", "is_kept"), [(True, True), (False, False)])
def test_digests_from_before_keys_had_names_are_kept_if_they_can_be(
    settings: Any, first_key_is_the_secret_key: bool, is_kept: bool
) -> None:
    settings.CONTACT_KEYS = [settings.SECRET_KEY if first_key_is_the_secret_key else "another"]
    kept = contacts.digest(ANN)
    plain = LinkedAccountFactory(email_digest=kept.split(":")[1])
    odd = LinkedAccountFactory(phone_digest=ANN[:10])
    step = MigrationExecutor(connection).loader.get_migration("accounts", "0005_contact_digests_name_their_key")
    with connection.schema_editor() as editor:
        step.operations[0].code(None, editor)
    assert LinkedAccount.objects.get(pk=plain.pk).email_digest == (kept if is_kept else "")
    assert LinkedAccount.objects.get(pk=odd.pk).phone_digest == ""
