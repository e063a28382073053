"""The desk of who: keys shown once, secrets on request, consents stated, accounts separated, the widget previewed."""

import re
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import known_keys
from accounts.models import ApiKey, ConsentSource, KeyKind, LinkedAccount, Platform, Purpose, User
from accounts.services.keys import digest_of, issue_key
from accounts.services.previews import PREVIEW
from tests.factories import LinkedAccountFactory, PlatformFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform() -> Platform:
    return PlatformFactory(name="学海课堂", origins=["https://xuehai.example"])


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_{name}", args=args)


def tokens_in(response: Any) -> list[str]:
    return re.findall(r'<code class="desk-token">([sp]k_[\w-]+)</code>', response.content.decode())


class TestKeys:
    """Keys are shown once, when they are made."""

    def test_an_issued_key_is_shown_with_the_snippet_and_works(self, admin_client: Client, platform: Platform) -> None:
        form = {"kind": "pk", "name": "web", "days": "30"}
        response = admin_client.post(admin_url("platform_new_key", platform.pk), form)
        (token,) = tokens_in(response)
        key = known_keys.read(digest_of(token))
        assert key is not None
        assert key.platform == platform
        assert timedelta(days=29) < key.expires_at - timezone.now() <= timedelta(days=30)
        assert f'data-key="{token}"'.replace('"', "&quot;") in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]

    def test_no_page_shows_it_again(self, admin_client: Client, platform: Platform) -> None:
        response = admin_client.post(admin_url("platform_new_key", platform.pk), {"kind": "sk", "name": "", "days": ""})
        (token,) = tokens_in(response)
        for name in ("platform_change", "platform_embed", "platform_new_key"):
            assert token not in admin_client.get(admin_url(name, platform.pk)).content.decode()

    def test_a_new_platform_starts_with_one_key_of_each_kind(self, admin_client: Client) -> None:
        form = {
            "name": "听道",
            "slug": "tingdao",
            "origins": "https://tingdao.example",
            "locale": "en",
            "timezone": "UTC",
        }
        response = admin_client.post(admin_url("platform_add"), form)
        platform = Platform.objects.get(slug="tingdao")
        assert sorted(token[:2] for token in tokens_in(response)) == ["pk", "sk"]
        assert platform.origins == ["https://tingdao.example"]
        assert sorted(platform.api_keys.values_list("kind", flat=True)) == ["pk", "sk"]

    def test_a_bad_origin_is_refused_with_words(self, admin_client: Client) -> None:
        form = {"name": "a", "slug": "a", "origins": "https://a.example/path", "locale": "en", "timezone": "Mars/Base"}
        response = admin_client.post(admin_url("platform_add"), form)
        assert {"origins", "timezone"} <= set(response.context["adminform"].form.errors)
        assert not Platform.objects.filter(slug="a").exists()

    def test_rotation_lets_the_old_key_work_for_the_overlap(self, admin_client: Client, platform: Platform) -> None:
        old = issue_key(platform, KeyKind.SECRET, "server")
        response = admin_client.post(admin_url("key_rotate", old.key.pk), {"overlap": "1"})
        (token,) = tokens_in(response)
        old.key.refresh_from_db()
        assert old.key.is_valid
        assert old.key.expires_at - timezone.now() <= timedelta(hours=1)
        assert known_keys.read(digest_of(token)).name == "server"

    def test_revoking_asks_first_and_is_final(self, admin_client: Client, platform: Platform) -> None:
        key = issue_key(platform, KeyKind.SECRET).key
        assert admin_client.get(admin_url("key_revoke", key.pk)).status_code == 200
        assert key in ApiKey.objects.valid()
        admin_client.post(admin_url("key_revoke", key.pk))
        assert key not in ApiKey.objects.valid()
        assert admin_client.post(admin_url("key_rotate", key.pk), {"overlap": "24"}).status_code == 404


class TestSigningSecret:
    """The secret is not in the page until it is asked for."""

    def test_it_is_shown_on_request_only(self, admin_client: Client, platform: Platform) -> None:
        page = admin_client.get(admin_url("platform_change", platform.pk)).content.decode()
        assert platform.signing_secret not in page
        assert admin_client.get(admin_url("platform_secret", platform.pk)).status_code == 405
        shown = admin_client.post(admin_url("platform_secret", platform.pk))
        assert platform.signing_secret in shown.content.decode()

    def test_a_new_one_takes_its_place_after_a_question(self, admin_client: Client, platform: Platform) -> None:
        before = platform.signing_secret
        admin_client.get(admin_url("platform_renew_secret", platform.pk))
        platform.refresh_from_db()
        assert platform.signing_secret == before
        admin_client.post(admin_url("platform_renew_secret", platform.pk), {"_form_submitted": "on"})
        platform.refresh_from_db()
        assert platform.signing_secret != before


class TestPreview:
    """The real widget, under a key that ends in an hour."""

    def test_the_frame_embeds_the_widget_with_a_key_of_its_own(self, admin_client: Client, platform: Platform) -> None:
        form = {"placement": "course", "lang": "en", "user": "u-7"}
        response = admin_client.post(admin_url("platform_preview", platform.pk), form)
        body = response.content.decode()
        key = ApiKey.objects.get(name=PREVIEW)
        assert '<script async src="/widget/v1.js"' in body
        assert 'data-placement="course" data-lang="en"' in body
        assert digest_of(re.search(r'data-key="(pk_[\w-]+)"', body)[1]) == key.digest
        assert key.expires_at - timezone.now() <= timedelta(hours=1)
        token = re.search(r'data-user-token="([\w.-]+)"', body)[1]
        assert jwt.decode(token, platform.signing_secret, algorithms=["HS256"])["sub"] == "u-7"

    def test_it_can_reach_nothing_but_recommendations(self, admin_client: Client, platform: Platform) -> None:
        response = admin_client.post(admin_url("platform_preview", platform.pk))
        policy = response.headers["Content-Security-Policy"]
        assert "connect-src http://testserver/api/v1/recommendations;" in policy

    def test_changing_a_choice_makes_no_further_key(self, admin_client: Client, platform: Platform) -> None:
        for placement in ("home", "course", "cart"):
            admin_client.post(admin_url("platform_preview", platform.pk), {"placement": placement})
        assert ApiKey.objects.filter(name=PREVIEW).count() == 1

    def test_ended_preview_keys_are_removed(self, admin_client: Client, platform: Platform) -> None:
        issue_key(platform, KeyKind.PUBLISHABLE, PREVIEW, timedelta(seconds=-1))
        admin_client.post(admin_url("platform_preview", platform.pk))
        assert ApiKey.objects.filter(name=PREVIEW).count() == 1


class TestAccounts:
    """An operator states consents and separates accounts, and both leave a trace."""

    def form(self, **stated: str) -> dict[str, str]:
        return {**dict.fromkeys(Purpose.values, "unknown"), "policy_version": "2026-11", **stated}

    def test_a_changed_consent_is_a_statement_by_the_operator(self, admin_client: Client) -> None:
        account = LinkedAccountFactory()
        admin_client.post(admin_url("linkedaccount_change", account.pk), self.form(marketing="true"))
        account.refresh_from_db()
        statement = account.consent_history.get()
        assert account.marketing is True
        assert account.profiling is None
        assert (statement.purpose, statement.granted) == (Purpose.MARKETING, True)
        assert (statement.source, statement.policy_version) == (ConsentSource.OPERATOR, "2026-11")

    def test_what_was_stated_cannot_be_unsaid(self, admin_client: Client) -> None:
        account = LinkedAccountFactory(marketing=False)
        response = admin_client.post(admin_url("linkedaccount_change", account.pk), self.form())
        assert "marketing" in response.context["adminform"].form.errors
        assert not account.consent_history.exists()

    def test_separating_asks_first(self, admin_client: Client) -> None:
        account = LinkedAccountFactory()
        LinkedAccountFactory(person=account.person)
        admin_client.get(admin_url("linkedaccount_separate", account.pk))
        assert LinkedAccount.objects.others_of(account).exists()
        admin_client.post(admin_url("linkedaccount_separate", account.pk), {"_form_submitted": "on"})
        account.refresh_from_db()
        assert not LinkedAccount.objects.others_of(account).exists()


class TestPersons:
    """Persons are found by their accounts and by the beginning of their id."""

    def found(self, client: Client, **query: str) -> set[Any]:
        return set(client.get(admin_url("person_changelist"), query).context["cl"].result_list)

    def test_they_are_found_by_account_and_by_id(self, admin_client: Client) -> None:
        account = LinkedAccountFactory(external_id="wd_700039")
        LinkedAccountFactory(external_id="other")
        assert self.found(admin_client, q="wd_70") == {account.person}
        assert self.found(admin_client, q=str(account.person)) == {account.person}
        assert self.found(admin_client, q=str(account.person_id)) == {account.person}

    def test_joined_ones_can_be_picked_out(self, admin_client: Client) -> None:
        account = LinkedAccountFactory()
        LinkedAccountFactory(person=account.person)
        alone = LinkedAccountFactory()
        assert self.found(admin_client, joined="yes") == {account.person}
        assert self.found(admin_client, joined="no") == {alone.person}


class TestUsers:
    """Only superusers hand out powers."""

    @pytest.fixture
    def manager(self, client: Client) -> Client:
        from django.contrib.auth.models import Permission

        user = UserFactory(is_staff=True)
        names = ("view_user", "add_user", "change_user", "delete_user")
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        return client

    def test_a_user_is_added_by_address(self, admin_client: Client) -> None:
        form = {"email": "Ming@Example.com", "name": "明", "usable_password": "true"}
        passwords = {"password1": "correct horse battery", "password2": "correct horse battery"}
        admin_client.post(admin_url("user_add"), form | passwords)
        assert User.objects.get(email="ming@example.com").check_password("correct horse battery")

    def test_others_cannot_make_superusers(self, manager: Client) -> None:
        user = UserFactory()
        inlines = ("emailaddress_set", "socialaccount_set", "authenticator_set")
        counts = {f"{name}-{what}_FORMS": "0" for name in inlines for what in ("TOTAL", "INITIAL")}
        form = {"email": user.email, "name": "新名", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
        manager.post(admin_url("user_change", user.pk), form | counts)
        user.refresh_from_db()
        assert user.name == "新名"
        assert not user.is_superuser
        assert not user.is_staff

    def test_others_cannot_touch_superusers(self, manager: Client) -> None:
        chief = UserFactory(is_superuser=True, is_staff=True)
        password = {"password1": "correct horse staple", "password2": "correct horse staple"}
        address = reverse("admin:auth_user_password_change", args=[chief.pk])
        assert manager.post(address, password).status_code == 403
        assert manager.post(admin_url("user_change", chief.pk), {"email": "x@example.com"}).status_code == 403
        assert manager.post(admin_url("user_delete", chief.pk), {"post": "yes"}).status_code == 403
