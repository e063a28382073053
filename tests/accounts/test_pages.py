"""Signing up and in, and deciding about one's own accounts."""

import re

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import ConsentSource, LinkedAccount, Person, Platform, Purpose, User
from accounts.services import linking
from accounts.services.accounts import house_account
from tests.factories import PASSWORD, LinkedAccountFactory, PlatformFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client) -> LinkedAccount:
    """The account on our own pages of somebody who is signed in."""
    user = UserFactory()
    client.force_login(user)
    return house_account(user)


@pytest.fixture
def partner(own: LinkedAccount) -> LinkedAccount:
    """Another account of the same person."""
    return LinkedAccountFactory(person=own.person)


def platforms(client: Client) -> str:
    return client.get(reverse("accounts:platforms")).content.decode()


def decide(client: Client, account: LinkedAccount, purpose: str, **granted: str) -> HttpResponse:
    address = reverse("accounts:consent", args=[account.pk, purpose])
    return client.post(address, granted, headers={"HX-Request": "true"})


def enter(client: Client, code: str, **more: str) -> HttpResponse:
    return client.post(reverse("accounts:enter_code"), {"code": code, **more})


class TestSigningUp:
    def sign_up(self, client: Client, **given: str) -> HttpResponse:
        return client.post(reverse("account_signup"), {"email": "mei@example.com", "password1": PASSWORD, **given})

    def test_an_address_and_a_password_are_enough(self, client: Client) -> None:
        assert self.sign_up(client).url == reverse("recommend:home")
        account = LinkedAccount.objects.get(platform=Platform.objects.house())
        assert account.external_id == str(User.objects.get(email="mei@example.com").pk)

    def test_a_name_given_is_what_others_see(self, client: Client) -> None:
        self.sign_up(client, name="梅子")
        assert User.objects.get().name == "梅子"
        assert LinkedAccount.objects.get().traits == {"nickname": "梅子"}

    @pytest.mark.parametrize(
        "given", [{"email": "no address"}, {"password1": "123"}, {"name": "长" * 101}, {"email": "a\0@example.com"}]
    )
    def test_nonsense_is_refused_beside_its_field(self, client: Client, given: dict[str, str]) -> None:
        assert 'aria-invalid="true"' in self.sign_up(client, **given).content.decode()
        assert not User.objects.exists()

    def test_one_address_is_one_user_whatever_its_capitals(self, client: Client) -> None:
        self.sign_up(client)
        self.sign_up(Client(), email="MEI@example.com")
        assert User.objects.count() == 1

    def test_signing_in_and_out(self, client: Client) -> None:
        user = UserFactory()
        given = {"login": user.email.upper(), "password": PASSWORD}
        assert client.post(reverse("account_login"), given).status_code == 302
        assert user.email in client.get("/").content.decode()
        client.post(reverse("account_logout"))
        assert user.email not in client.get("/").content.decode()

    def test_a_forgotten_password_is_reset_by_mail(self, client: Client) -> None:
        user = UserFactory()
        client.post(reverse("account_reset_password"), {"email": user.email})
        address = re.search(r"https?://\S+?(/\S+)", mail.outbox[0].body)[1]
        form_address = client.get(address).url
        client.post(form_address, {"password1": "another fine day", "password2": "another fine day"})
        user.refresh_from_db()
        assert user.check_password("another fine day")


ACCOUNT_PAGES = (
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_email_verification_sent",
    "account_inactive",
    "account_signup",
)
OWN_PAGES = ("account_email", "account_change_password", "account_logout", "mfa_index", "socialaccount_connections")


@pytest.mark.parametrize("name", ACCOUNT_PAGES)
@pytest.mark.parametrize(("language", "word"), [("zh-CN", "跳到正文"), ("en", "Skip to the content")])
def test_pages_of_signing_in_wear_our_dress(client: Client, name: str, language: str, word: str) -> None:
    shown = client.get(reverse(name), headers={"Accept-Language": language}).content.decode()
    assert word in shown
    assert 'class="entrance"' in shown


@pytest.mark.parametrize("name", OWN_PAGES)
def test_pages_about_oneself_wear_our_dress(client: Client, own: LinkedAccount, name: str) -> None:
    assert "settings-nav" in client.get(reverse(name)).content.decode()


class TestMyPlatforms:
    def test_visitors_sign_in_first(self, client: Client) -> None:
        address = reverse("accounts:platforms")
        assert client.get(address).url == f"{reverse('account_login')}?next={address}"

    def test_own_accounts_are_listed_and_nobody_elses(self, client: Client, partner: LinkedAccount) -> None:
        stranger = LinkedAccountFactory()
        shown = platforms(client)
        assert partner.platform.name in shown
        assert stranger.platform.name not in shown

    def test_more_accounts_cost_no_more_queries(
        self, client: Client, own: LinkedAccount, django_assert_max_num_queries
    ) -> None:
        for _number in range(6):
            LinkedAccountFactory(person=own.person)
        with django_assert_max_num_queries(12):
            platforms(client)


class TestConsents:
    def test_a_decision_counts_at_once_and_is_written_down(self, client: Client, partner: LinkedAccount) -> None:
        answer = decide(client, partner, "recommendation")
        assert "已保存" in answer.content.decode()
        assert "consent-changed" in answer.headers["HX-Trigger"]
        partner.refresh_from_db()
        assert not partner.consents_to(Purpose.RECOMMENDATION)
        statement = partner.consent_history.get()
        assert (statement.granted, statement.source) == (False, ConsentSource.PERSON)
        assert statement.policy_version

    def test_what_was_refused_can_be_allowed_again(self, client: Client, partner: LinkedAccount) -> None:
        decide(client, partner, "marketing")
        decide(client, partner, "marketing", granted="on")
        partner.refresh_from_db()
        assert partner.consents_to(Purpose.MARKETING)

    def test_defaults_of_the_platform_are_told_from_decisions(self, client: Client, own: LinkedAccount) -> None:
        assert platforms(client).count("平台默认") == len(Purpose)
        decide(client, own, "profiling", granted="on")
        assert platforms(client).count("平台默认") == len(Purpose) - 1

    def test_the_history_names_what_was_decided_latest_first(self, client: Client, own: LinkedAccount) -> None:
        decide(client, own, "marketing", granted="on")
        decide(client, own, "marketing")
        address = reverse("accounts:history", args=[own.pk])
        shown = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert shown.index("不同意") < shown.rindex("同意</strong>")
        assert "<html" in client.get(address).content.decode()

    def test_accounts_of_others_and_unknown_purposes_do_not_exist(self, client: Client, own: LinkedAccount) -> None:
        stranger = LinkedAccountFactory()
        assert decide(client, stranger, "marketing", granted="on").status_code == 404
        assert decide(client, own, "world-domination", granted="on").status_code == 404
        assert client.get(reverse("accounts:history", args=[stranger.pk])).status_code == 404
        assert client.post(f"/me/platforms/{10**30}/leave/").status_code == 404

    def test_an_expired_session_leads_to_the_sign_in_page(self, partner: LinkedAccount) -> None:
        assert "HX-Redirect" in decide(Client(), partner, "marketing").headers


class TestConnecting:
    def test_a_code_from_another_platform_connects_and_both_sides_agree(
        self, client: Client, own: LinkedAccount
    ) -> None:
        other = LinkedAccountFactory(platform__name="听道")
        code = linking.create_link_code(other).code
        answer = client.post(reverse("accounts:enter_code"), {"code": code, "agreed": "on"}, follow=True)
        assert "已关联听道" in answer.content.decode()
        own.refresh_from_db()
        other.refresh_from_db()
        assert own.person == other.person
        assert own.consents_to(Purpose.CROSS_PLATFORM)
        assert other.consents_to(Purpose.CROSS_PLATFORM)

    def test_nothing_is_connected_without_explicit_agreement(self, client: Client, own: LinkedAccount) -> None:
        other = LinkedAccountFactory()
        answer = enter(client, linking.create_link_code(other).code)
        assert answer.status_code == 422
        assert "需要你同意" in answer.content.decode()
        assert Person.objects.count() == 2

    @pytest.mark.parametrize("code", ["", "WRONG-CODES", "\0", "码" * 40, "A" * 500])
    def test_a_wrong_code_is_refused_beside_its_field(self, client: Client, own: LinkedAccount, code: str) -> None:
        answer = enter(client, code, agreed="on")
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()

    def test_a_code_made_here_is_for_elsewhere(self, client: Client, own: LinkedAccount) -> None:
        answer = enter(client, linking.create_link_code(own).code, agreed="on")
        assert "这个关联码是在本站生成的" in answer.content.decode()

    def test_a_second_account_on_the_same_platform_is_refused(self, client: Client, partner: LinkedAccount) -> None:
        double = LinkedAccountFactory(platform=partner.platform)
        answer = enter(client, linking.create_link_code(double).code, agreed="on")
        assert "已经关联了另一个账号" in answer.content.decode()
        double.refresh_from_db()
        assert not double.consents_to(Purpose.CROSS_PLATFORM)

    def test_a_code_to_carry_elsewhere_works_there(self, client: Client, own: LinkedAccount) -> None:
        answer = client.post(reverse("accounts:make_code"), headers={"HX-Request": "true"})
        code = answer.context["new_code"].code
        assert code in answer.content.decode()
        elsewhere = LinkedAccountFactory(platform=PlatformFactory(cross_platform_default=True))
        linking.link(elsewhere, code, person_agrees=True)
        own.refresh_from_db()
        assert elsewhere.platform.name in platforms(client)

    def test_disconnecting_separates_again(self, client: Client, partner: LinkedAccount) -> None:
        client.post(reverse("accounts:leave", args=[partner.pk]))
        assert partner.platform.name not in client.get(reverse("accounts:name")).content.decode().split("</main>")[1]
        person = partner.person_id
        partner.refresh_from_db()
        assert partner.person_id != person

    def test_only_a_form_sent_here_connects_or_disconnects(self, own: LinkedAccount, partner: LinkedAccount) -> None:
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(User.objects.get(pk=own.external_id))
        assert careful.post(reverse("accounts:leave", args=[partner.pk])).status_code == 403
        assert careful.get(reverse("accounts:leave", args=[partner.pk])).status_code == 405


def test_a_new_name_is_seen_by_others(client: Client, own: LinkedAccount) -> None:
    client.post(reverse("accounts:name"), {"name": "山竹"})
    own.refresh_from_db()
    assert own.traits["nickname"] == "山竹"
    assert User.objects.get(pk=own.external_id).name == "山竹"
