"""The home page and the lists that say what next."""

import secrets

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import server_error
from redis import Redis

from accounts.models import LinkedAccount
from accounts.services.accounts import house_account
from crossmarket.foundation import generations
from profiles import services
from profiles.models import EventType
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _another_catalogue(redis_client: Redis, _empty_redis: None) -> None:
    """What an earlier test left in this process's memory is out of date."""
    redis_client.set(generations.key(generations.CATALOGUE), secrets.token_hex(8))


@pytest.fixture
def learner(client: Client) -> LinkedAccount:
    """Somebody signed in, by the account on our own pages."""
    user = UserFactory(name="小鹿")
    client.force_login(user)
    return house_account(user)


def home(client: Client, language: str = "zh-CN") -> str:
    return client.get(reverse("recommend:home"), headers={"Accept-Language": language}).content.decode()


def for_you(client: Client) -> list[str]:
    answer = client.get(reverse("recommend:for_you"), headers={"HX-Request": "true"})
    return [item.course.title for item in answer.context["answer"].items]


class TestVisitors:
    def test_they_are_invited_and_see_what_is_popular_and_new(self, client: Client) -> None:
        EventFactory(course__title="行书入门", type=EventType.PURCHASE)
        shown = home(client)
        for expected in ("注册账号", "行书入门", "编程开发", "新上架"):
            assert expected in shown
        assert 'id="for-you"' not in shown

    def test_an_empty_house_says_so(self, client: Client) -> None:
        assert "还没有课程" in home(client)

    def test_chinese_is_spoken_unless_another_language_is_asked_for(self, client: Client) -> None:
        assert "注册账号" in client.get("/").content.decode()
        assert "注册账号" in home(client, "fr")
        assert "Create an account" in home(client, "en-GB,en;q=0.9")

    def test_the_language_can_be_changed_on_any_page_and_stays(self, client: Client) -> None:
        answer = client.post(reverse("set_language"), {"language": "en", "next": "/courses/?q=宋词"})
        assert answer.url == "/courses/?q=%E5%AE%8B%E8%AF%8D"
        assert "Create an account" in client.get("/").content.decode()

    def test_the_list_for_oneself_needs_a_sign_in(self, client: Client) -> None:
        answer = client.get(reverse("recommend:for_you"), headers={"HX-Request": "true"})
        assert "HX-Redirect" in answer.headers


class TestSignedIn:
    def test_they_are_greeted_and_told_why(self, client: Client, learner: LinkedAccount) -> None:
        CourseFactory(title="行书入门")
        shown = home(client)
        assert "小鹿，为你推荐" in shown
        assert 'class="reason"' in shown

    def test_courses_link_with_the_answer_they_came_from(self, client: Client, learner: LinkedAccount) -> None:
        course = CourseFactory()
        page = client.get("/")
        answer = page.context["home"].for_you
        link = f"{reverse('profiles:course', args=[course.pk])}?from={answer.recommendation_id}"
        assert link in page.content.decode()

    @pytest.mark.django_db(transaction=True)
    def test_what_one_has_just_looked_at_is_not_suggested_next(self, client: Client, learner: LinkedAccount) -> None:
        seen, other = CourseFactory(title="看过"), CourseFactory(title="没看过")
        assert set(for_you(client)) == {seen.title, other.title}
        services.record(learner, EventType.VIEW, seen)
        assert for_you(client) == [other.title]

    def test_what_is_popular_is_not_shown_twice(self, client: Client, learner: LinkedAccount) -> None:
        CourseFactory(title="行书入门")
        home = client.get("/").context["home"]
        assert home.for_you.items
        assert home.popular is None

    def test_they_are_invited_to_connect_a_platform_until_they_have(
        self, client: Client, learner: LinkedAccount
    ) -> None:
        assert "关联平台" in home(client)
        LinkedAccountFactory(person=learner.person)
        assert "关联平台" not in home(client)

    def test_more_courses_cost_no_more_queries(
        self, client: Client, learner: LinkedAccount, django_assert_max_num_queries
    ) -> None:
        CourseFactory.create_batch(20)
        home(client)
        with django_assert_max_num_queries(14):
            home(client)


class TestSimilarCourses:
    def test_they_are_a_part_of_the_courses_page_from_all_platforms(self, client: Client) -> None:
        course = CourseFactory(category="文学写作")
        CourseFactory(title="宋词", category="文学写作")
        address = reverse("recommend:similar", args=[course.pk])
        assert f'hx-get="{address}"' in client.get(reverse("profiles:course", args=[course.pk])).content.decode()
        part = client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "宋词" in part
        assert "<html" not in part

    def test_alone_they_lead_to_the_course(self, client: Client) -> None:
        course = CourseFactory()
        answer = client.get(reverse("recommend:similar", args=[course.pk]))
        assert answer.url == reverse("profiles:course", args=[course.pk])

    def test_a_course_without_any_shows_nothing(self, client: Client) -> None:
        address = reverse("recommend:similar", args=[CourseFactory().pk])
        assert not client.get(address, headers={"HX-Request": "true"}).content.strip()


class TestWhatGoesWrong:
    def test_a_page_that_does_not_exist_helps_to_find_one(self, client: Client) -> None:
        answer = client.get("/nowhere/")
        assert answer.status_code == 404
        assert 'id="oops-search"' in answer.content.decode()

    def test_a_broken_page_says_so_in_both_languages_without_needing_anything(self) -> None:
        shown = server_error(RequestFactory().get("/")).content.decode()
        assert "请稍后再试" in shown
        assert "try again" in shown
