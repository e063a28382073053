"""A profile as its owner and as operators see it."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.models import LinkedAccount
from accounts.services.accounts import house_account
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.description import describe
from profiles.models import Profile, ProfileModel
from profiles.profiling.building import BUILD, enqueue_build
from profiles.profiling.reading import portrait_of
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, UserFactory

pytestmark = pytest.mark.django_db

MINE = "/me/profile/"
ASKED_AND_ANSWERED = {"_form_submitted": "on"}


@pytest.fixture
def learner(client: Client) -> LinkedAccount:
    """Somebody signed in, by the account on our own pages."""
    user = UserFactory()
    client.force_login(user)
    return house_account(user)


def three_interests(account: LinkedAccount) -> None:
    for category in ("编程开发", "投资理财", "<历史>"):
        EventFactory(account=account, course=CourseFactory(platform=account.platform, category=category))


class TestOnesOwn:
    def test_it_tells_in_words_and_pictures(self, client: Client, learner: LinkedAccount) -> None:
        three_interests(learner)
        page = client.get(MINE, headers={"Accept-Language": "en"}).content.decode()
        assert "on 1 platform" in page
        assert page.count('class="picture"') == 3
        assert "<历史>" not in page
        assert "&lt;历史&gt;" in page

    def test_nothing_is_known_of_somebody_new(self, client: Client, learner: LinkedAccount) -> None:
        page = client.get(MINE, headers={"Accept-Language": "en"}).content.decode()
        assert "Nothing is known yet" in page
        assert 'class="picture"' not in page

    def test_who_refuses_profiling_sees_that_there_is_none(self, client: Client, learner: LinkedAccount) -> None:
        three_interests(learner)
        LinkedAccount.objects.filter(pk=learner.pk).update(profiling=False)
        assert client.get(MINE).context["shown"] is None

    def test_visitors_are_asked_to_sign_in(self, client: Client) -> None:
        assert client.get(MINE).status_code == 302

    def test_it_is_reached_from_the_settings(self, client: Client, learner: LinkedAccount) -> None:
        assert MINE in client.get(reverse("accounts:platforms")).content.decode()


class TestAtTheDesk:
    def test_a_persons_page_tells_their_profiles(self, admin_client: Client) -> None:
        account = LinkedAccountFactory()
        three_interests(account)
        page = admin_client.get(reverse("admin:accounts_person_change", args=[account.person_id])).content.decode()
        address = reverse("admin:profiles_profile_portraits", args=[account.person_id])
        assert address in page
        fragment = admin_client.get(address).content.decode()
        assert str(account) in fragment
        assert fragment.count('class="picture"') == 3

    def test_a_person_who_refuses_has_no_profile_there_either(self, admin_client: Client) -> None:
        account = LinkedAccountFactory(profiling=False)
        three_interests(account)
        fragment = admin_client.get(reverse("admin:profiles_profile_portraits", args=[account.person_id]))
        assert fragment.context["portraits"] == []

    def test_profiles_and_models_are_listed_and_shown(self, admin_client: Client) -> None:
        three_interests(LinkedAccountFactory())
        assert jobs.run(enqueue_build(to_worker=False).pk).state == JobState.SUCCEEDED
        for model in (Profile, ProfileModel):
            name = f"admin:profiles_{model._meta.model_name}"
            assert admin_client.get(reverse(f"{name}_changelist")).status_code == 200
            assert admin_client.get(reverse(f"{name}_change", args=[model.objects.get().pk])).status_code == 200

    def test_all_profiles_can_be_built_from_the_list_by_those_who_may(self, client: Client) -> None:
        user = UserFactory(is_staff=True)
        client.force_login(user)
        address = reverse("admin:profiles_profilemodel_build_now")
        user.user_permissions.add(Permission.objects.get(codename="view_profilemodel"))
        assert client.post(address, ASKED_AND_ANSWERED).status_code in (302, 403)
        assert not Job.objects.filter(kind=BUILD).exists()
        user.user_permissions.add(Permission.objects.get(codename="add_profilemodel"))
        client.post(address, ASKED_AND_ANSWERED)
        assert Job.objects.filter(kind=BUILD).count() == 1

    def test_the_fragment_is_for_those_who_may_see_profiles(self, client: Client) -> None:
        client.force_login(UserFactory(is_staff=True))
        address = reverse("admin:profiles_profile_portraits", args=[LinkedAccountFactory().person_id])
        assert client.get(address).status_code == 403


def test_a_description_reads_in_both_languages() -> None:
    account = LinkedAccountFactory()
    for category in ("编程开发", "投资理财"):
        EventFactory(account=account, course=CourseFactory(platform=account.platform, category=category))
    portrait = portrait_of(account)
    assert portrait is not None
    with override("en"):
        assert "on 1 platform, " in describe(portrait.traits)
    with override("zh-hans"):
        assert "用 1 个平台" in describe(portrait.traits)


def test_it_says_how_somebody_learns_where_one_way_prevails() -> None:
    account = LinkedAccountFactory()
    for kind in ("audio", "audio", "course"):
        EventFactory(account=account, course=CourseFactory(platform=account.platform, kind=kind))
    portrait = portrait_of(account)
    assert portrait is not None
    assert [each.name for each in portrait.traits.kinds] == ["audio", "course"]
    with override("en"):
        assert ", mostly by listening, on 1 platform" in describe(portrait.traits)
    EventFactory(account=account, course=CourseFactory(platform=account.platform, kind="course"))
    portrait = portrait_of(account)
    assert portrait is not None
    with override("en"):
        assert "mostly by listening" not in describe(portrait.traits)
