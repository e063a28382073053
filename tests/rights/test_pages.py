"""A person fetches what is held about them, and has it erased; an operator does it for somebody who asks."""

import io
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import LinkedAccount, User
from accounts.services.accounts import house_account
from crossmarket.foundation import jobs
from crossmarket.rights.models import AskedBy, Erasure, Export
from tests.factories import PASSWORD, EventFactory, LinkedAccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def own(user: User) -> LinkedAccount:
    return house_account(user)


@pytest.fixture
def partner(own: LinkedAccount) -> LinkedAccount:
    """The same person's account on another platform."""
    account = LinkedAccountFactory(person=own.person)
    EventFactory(account=account, platform=account.platform)
    return account


@pytest.fixture
def client(user: User) -> Client:
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(user)
    return client


def made_by_worker() -> Export:
    export = Export.objects.get()
    jobs.run(export.job_id)
    export.refresh_from_db()
    return export


class TestDownloading:
    def test_the_archive_is_made_and_fetched(self, client: Client, partner: LinkedAccount) -> None:
        assert "制作归档" in client.get(reverse("rights:mine")).content.decode()
        client.post(reverse("rights:export"))
        client.post(reverse("rights:export"))
        assert "正在制作归档" in client.get(reverse("rights:mine"), headers={"HX-Request": "true"}).content.decode()
        export = made_by_worker()
        assert reverse("rights:download", args=[export.pk]) in client.get(reverse("rights:mine")).content.decode()
        answer = client.get(reverse("rights:download", args=[export.pk]))
        with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
            assert f"{partner.platform.slug}/events.json" in archive.namelist()

    def test_nobody_else_gets_it(self, client: Client, own: LinkedAccount) -> None:
        client.post(reverse("rights:export"))
        address = reverse("rights:download", args=[made_by_worker().pk])
        stranger = Client()
        assert stranger.get(address).status_code == 302
        stranger.force_login(UserFactory(is_superuser=True, is_staff=True))
        assert stranger.get(address).status_code == 404
        Export.objects.update(expires_at="2026-01-01T00:00Z")
        assert client.get(address).status_code == 404


class TestErasing:
    def test_everything_goes_and_the_person_is_signed_out(
        self, client: Client, user: User, own: LinkedAccount, partner: LinkedAccount
    ) -> None:
        elsewhere = Client()
        elsewhere.force_login(user)
        answer = client.post(reverse("rights:erase"), {"what": "everything", "password": PASSWORD}, follow=True)
        assert "删除回执" in answer.content.decode()
        assert "登录会话" in answer.content.decode()
        assert not User.objects.filter(pk=user.pk).exists()
        assert not LinkedAccount.objects.exists()
        for signed_in in (client, elsewhere):
            assert signed_in.get(reverse("rights:mine")).status_code == 302
        assert Erasure.objects.get().removed["sessions"] == 2

    def test_one_platform_goes_and_the_login_stays(
        self, client: Client, user: User, own: LinkedAccount, partner: LinkedAccount
    ) -> None:
        client.post(reverse("rights:erase"), {"what": str(partner.pk), "password": PASSWORD})
        assert list(LinkedAccount.objects.all()) == [own]
        assert client.get(reverse("rights:mine")).status_code == 200

    def test_it_takes_the_password(self, client: Client, own: LinkedAccount) -> None:
        for password in ("", "wrong"):
            answer = client.post(reverse("rights:erase"), {"what": "everything", "password": password})
            assert answer.status_code == 422
        assert "密码不正确" in answer.content.decode()
        answer = client.post(reverse("rights:erase"), {"what": "17", "password": PASSWORD})
        assert answer.status_code == 422
        assert not Erasure.objects.exists()

    def test_whoever_has_no_password_types_the_address(self, client: Client, user: User, own: LinkedAccount) -> None:
        user.set_unusable_password()
        user.save()
        client.force_login(user)
        assert client.post(reverse("rights:erase"), {"what": "everything", "email": "a@b.c"}).status_code == 422
        client.post(reverse("rights:erase"), {"what": "everything", "email": user.email.upper()})
        assert not User.objects.filter(pk=user.pk).exists()

    def test_whoever_works_at_the_desk_is_told_what_comes_first(self, client: Client, user: User) -> None:
        User.objects.filter(pk=user.pk).update(is_staff=True)
        answer = client.post(reverse("rights:erase"), {"what": "everything", "password": PASSWORD})
        assert "后台工作人员" in answer.content.decode()
        assert User.objects.filter(pk=user.pk).exists()

    def test_receipts_of_platforms_are_not_shown(self, client: Client) -> None:
        erasure = Erasure.objects.create(asked_by=AskedBy.PLATFORM)
        assert client.get(reverse("rights:receipt", args=[erasure.pk])).status_code == 404


class TestAtTheDesk:
    @pytest.fixture
    def desk(self, admin_client: Client) -> Client:
        return admin_client

    def test_an_operator_erases_after_typing_the_id(self, desk: Client, partner: LinkedAccount) -> None:
        address = reverse("admin:accounts_linkedaccount_erase_person", args=[partner.pk])
        assert partner.external_id in desk.get(address).content.decode()
        wrong = desk.post(address, {"scope": "one", "external_id": "x"})
        assert wrong.status_code == 422
        answer = desk.post(address, {"scope": "one", "external_id": partner.external_id}, follow=True)
        assert answer.status_code == 200
        assert not LinkedAccount.objects.filter(pk=partner.pk).exists()
        assert LinkedAccount.objects.filter(person=partner.person_id).exists()
        erasure = Erasure.objects.get()
        assert (erasure.asked_by, erasure.is_done) == (AskedBy.OPERATOR, True)

    def test_an_operator_erases_all_accounts_of_a_person(self, desk: Client, partner: LinkedAccount) -> None:
        address = reverse("admin:accounts_linkedaccount_erase_person", args=[partner.pk])
        desk.post(address, {"scope": "all", "external_id": partner.external_id})
        assert not LinkedAccount.objects.filter(person=partner.person_id).exists()

    def test_an_operator_fetches_an_archive(self, desk: Client, partner: LinkedAccount) -> None:
        desk.post(reverse("admin:accounts_linkedaccount_export_person", args=[partner.pk]), {"_form_submitted": "on"})
        export = made_by_worker()
        page = desk.get(reverse("admin:rights_export_change", args=[export.pk])).content.decode()
        address = reverse("admin:rights_export_archive", args=[export.pk])
        assert address in page
        assert zipfile.is_zipfile(io.BytesIO(desk.get(address).getvalue()))

    def test_it_takes_permissions_of_its_own(self, partner: LinkedAccount) -> None:
        from crossmarket.staff_groups import marketers

        marketer = UserFactory(is_staff=True)
        marketer.groups.add(marketers())
        desk = Client()
        desk.force_login(marketer)
        for name in ("erase_person", "export_person"):
            answer = desk.get(reverse(f"admin:accounts_linkedaccount_{name}", args=[partner.pk]))
            assert answer.status_code in (302, 403)
        page = desk.get(reverse("admin:accounts_linkedaccount_change", args=[partner.pk])).content.decode()
        assert "erase_person" not in page
