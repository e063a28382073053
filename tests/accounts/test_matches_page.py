"""`/me/platforms/`: a person is asked about accounts elsewhere that have their address, and decides."""

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import LinkedAccount, Match, User
from accounts.services import contact_matching, house_contacts
from tests.accounts.joined import account_with, are, persons
from tests.factories import MatchFactory, UserFactory

pytestmark = pytest.mark.django_db

ANN = "ann@example.com"


def person(email: str = ANN, verified: bool = True) -> User:
    user = UserFactory(email=email)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


@pytest.fixture
def own(client: Client) -> LinkedAccount:
    """The account on our own pages of somebody who is signed in and has verified their address."""
    user = person()
    client.force_login(user)
    return house_contacts.refresh(user)


@pytest.fixture
def elsewhere(own: LinkedAccount) -> LinkedAccount:
    """An account with the same address, on a platform that does not verify addresses."""
    account = account_with(ANN, verified=False, external_id="ann-at-tide", platform__name="听道")
    contact_matching.look()
    return account


def shown(client: Client) -> str:
    return client.get(reverse("accounts:platforms")).content.decode()


def decide(client: Client, what: str) -> HttpResponse:
    return client.post(reverse(f"accounts:{what}_match", args=[Match.objects.get().pk]), follow=True)


def test_the_person_is_asked_and_told_why(client: Client, elsewhere: LinkedAccount) -> None:
    page = shown(client)
    assert "这是你吗？" in page
    assert "ann-at-tide" in page
    assert "听道" in page
    assert "邮箱相同" in page


def test_yes_connects_and_is_agreement_on_the_own_side(
    client: Client, own: LinkedAccount, elsewhere: LinkedAccount
) -> None:
    answer = decide(client, "confirm")
    assert "已关联听道" in answer.content.decode()
    assert persons() == are((own, elsewhere))
    own.refresh_from_db()
    assert own.cross_platform is True
    assert "这是你吗？" not in shown(client)


def test_no_is_kept(client: Client, own: LinkedAccount, elsewhere: LinkedAccount) -> None:
    answer = decide(client, "reject")
    assert "不会再问" in answer.content.decode()
    assert persons() == are((own,), (elsewhere,))
    assert "这是你吗？" not in shown(client)


def test_who_has_disconnected_is_not_asked_again(client: Client, elsewhere: LinkedAccount) -> None:
    decide(client, "confirm")
    client.post(reverse("accounts:leave", args=[elsewhere.pk]))
    contact_matching.look()
    assert "这是你吗？" not in shown(client)


def test_others_are_neither_asked_nor_may_they_decide(client: Client, elsewhere: LinkedAccount) -> None:
    for stranger in (person("eve@example.com"), person("mallory@example.com", verified=False)):
        client.force_login(stranger)
        assert "ann-at-tide" not in shown(client)
        assert decide(client, "confirm").status_code == decide(client, "reject").status_code == 404
    assert Match.objects.waiting().exists()


def test_whoever_gave_the_address_up_is_not_asked(client: Client, elsewhere: LinkedAccount) -> None:
    EmailAddress.objects.all().delete()
    assert "ann-at-tide" not in shown(client)
    assert decide(client, "confirm").status_code == 404


def test_resemblance_alone_is_shown_to_nobody(client: Client, own: LinkedAccount) -> None:
    match = MatchFactory(first=own)
    assert match.second.external_id not in shown(client)
    assert decide(client, "confirm").status_code == 404


def test_confirming_an_address_finds_the_account_elsewhere(client: Client) -> None:
    user = person(verified=False)
    account_with(ANN, verified=False, external_id="ann-at-tide")
    client.force_login(user)
    assert "ann-at-tide" not in shown(client)
    from allauth.account.models import get_emailconfirmation_model

    address = EmailAddress.objects.get()
    key = get_emailconfirmation_model().create(address).key
    client.post(reverse("account_confirm_email", args=[key]))
    address.refresh_from_db()
    assert address.verified
    contact_matching.look()
    assert "ann-at-tide" in shown(client)


def test_only_a_form_sent_here_decides(own: LinkedAccount, elsewhere: LinkedAccount) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.get(pk=own.external_id))
    for what in ("confirm", "reject"):
        address = reverse(f"accounts:{what}_match", args=[Match.objects.get().pk])
        assert careful.post(address).status_code == 403
        assert careful.get(address).status_code == 405
