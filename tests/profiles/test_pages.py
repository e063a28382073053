"""The catalogue and the pages of courses."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import LinkedAccount, Platform
from accounts.services.accounts import house_account
from profiles import opinions
from profiles.models import Course, Event, EventType
from profiles.opinions import opinions_on, ratings_of
from tests.factories import (
    CommentFactory,
    CourseFactory,
    EventFactory,
    LinkedAccountFactory,
    RatingFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(client: Client) -> LinkedAccount:
    """Somebody signed in, by the account on our own pages."""
    user = UserFactory()
    client.force_login(user)
    return house_account(user)


def page(client: Client, course: Course) -> str:
    return client.get(reverse("profiles:course", args=[course.pk])).content.decode()


def titles(client: Client, **asked: str) -> list[str]:
    return [course.title for course in client.get(reverse("profiles:catalogue"), asked).context["page"]]


def opine(client: Client, course: Course, **said: str) -> int:
    return client.post(reverse("profiles:opinions", args=[course.pk]), said, headers={"HX-Request": "true"}).status_code


class TestCatalogue:
    def test_it_lists_described_and_available_courses_latest_first(self, client: Client) -> None:
        CourseFactory(title="早")
        CourseFactory(title="晚")
        CourseFactory(title="")
        CourseFactory(title="下架", available=False)
        assert titles(client) == ["晚", "早"]

    def test_courses_without_a_date_come_last(self, client: Client) -> None:
        CourseFactory(title="有日期")
        CourseFactory(title="没有日期", published_at=None)
        assert titles(client) == ["有日期", "没有日期"]

    def test_the_largest_categories_and_the_chosen_one_can_be_chosen(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("profiles.views.MOST_CATEGORIES", 1)
        for category in ("大", "大", "大", "中", "中", "小"):
            CourseFactory(category=category)
        shown = client.get(reverse("profiles:catalogue"), {"category": "小"}).context["categories"]
        assert [(category.name, category.count) for category in shown] == [("大", 3), ("小", 1)]

    def test_chinese_and_latin_words_are_found_in_titles_first(self, client: Client) -> None:
        CourseFactory(title="数据分析", text="会用到 python")
        CourseFactory(title="Python 爬虫入门")
        CourseFactory(title="行书")
        assert titles(client, q="python") == ["Python 爬虫入门", "数据分析"]
        assert titles(client, q="爬虫 入门") == ["Python 爬虫入门"]

    def test_category_and_kind_narrow_it(self, client: Client) -> None:
        CourseFactory(title="听宋词", category="文学写作", kind="audio")
        CourseFactory(title="读宋词", category="文学写作", kind="article")
        CourseFactory(title="听算法", category="编程开发", kind="audio")
        assert titles(client, category="文学写作", kind="audio") == ["听宋词"]

    @pytest.mark.parametrize(
        "asked",
        [
            {"page": "999"},
            {"page": "x"},
            {"page": "9" * 5_000},
            {"q": "\0"},
            {"q": "%_\\'\"" * 100},
            {"kind": "nothing"},
            {"category": "\0没有"},
        ],
    )
    def test_nonsense_in_the_address_does_no_harm(self, client: Client, asked: dict[str, str]) -> None:
        CourseFactory()
        assert client.get(reverse("profiles:catalogue"), asked).status_code == 200

    def test_a_search_of_a_signed_in_person_is_an_event(self, client: Client, learner: LinkedAccount) -> None:
        titles(client, q="宋词")
        event = Event.objects.get(account=learner)
        assert (event.type, event.context) == (EventType.SEARCH, {"query": "宋词"})

    def test_more_courses_cost_no_more_queries(self, client: Client, django_assert_max_num_queries) -> None:
        CourseFactory.create_batch(20)
        client.get(reverse("profiles:catalogue"))
        with django_assert_max_num_queries(4):
            client.get(reverse("profiles:catalogue"))


class TestCoursePage:
    def test_it_shows_what_the_platform_tells(self, client: Client) -> None:
        course = CourseFactory(title="苏轼的八个瞬间", teacher="曾舒若", price=9_950, text="从黄州说起", tags=["苏轼"])
        shown = page(client, course)
        for expected in ("苏轼的八个瞬间", "曾舒若", "¥99.50", "从黄州说起", course.platform.name, course.url):
            assert expected in shown

    def test_a_look_is_an_event_of_those_who_are_signed_in(self, client: Client, learner: LinkedAccount) -> None:
        course = CourseFactory()
        page(client, course)
        Client().get(reverse("profiles:course", args=[course.pk]))
        event = Event.objects.get()
        assert (event.account, event.course, event.type) == (learner, course, EventType.VIEW)

    def test_following_a_recommendation_is_a_click_attributed_to_it(
        self, client: Client, learner: LinkedAccount
    ) -> None:
        course, answer = CourseFactory(), "6f2a9ec0-4b0e-4a53-9a3e-0d8d8a1c7f11"
        address = reverse("profiles:course", args=[course.pk])
        assert client.get(address, {"from": answer}).url == address
        assert Event.objects.get(type=EventType.CLICK).context == {"recommendation_id": answer}

    @pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil.example"])
    def test_an_address_that_is_no_web_page_becomes_no_link(self, client: Client, address: str) -> None:
        assert address not in page(client, CourseFactory(url=address))

    def test_text_of_platforms_is_shown_and_not_obeyed(self, client: Client) -> None:
        shown = page(client, CourseFactory(title="<script>alert(1)</script>", text="<b>粗</b>", teacher='"><i>'))
        assert "<script>alert" not in shown
        assert "<b>粗" not in shown
        assert '"><i>' not in shown

    def test_what_does_not_exist_or_is_not_described_is_not_found(self, client: Client) -> None:
        for pk in (CourseFactory(title="").pk, 10**15, 10**30):
            assert client.get(f"/courses/{pk}/").status_code == 404

    def test_a_course_without_cover_gets_one_drawn(self, client: Client) -> None:
        course = CourseFactory(title="行书入门", tags=["书法"])
        address = reverse("profiles:cover", args=[course.pk])
        assert address in page(client, course)
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert "max-age" in answer.headers["Cache-Control"]
        assert "行书入门" in answer.content.decode()

    def test_a_course_with_a_cover_shows_that(self, client: Client) -> None:
        course = CourseFactory(cover_url="https://cdn.example/c.jpg")
        assert "https://cdn.example/c.jpg" in page(client, course)


class TestRatings:
    def test_average_and_distribution(self) -> None:
        course = CourseFactory()
        for value in (5, 5, 4, 1):
            RatingFactory(course=course, value=value)
        ratings = ratings_of(course)
        assert (ratings.average, ratings.count) == (3.75, 4)
        assert [(share.stars, share.count, share.percent) for share in ratings.shares] == [
            (5, 2, 50),
            (4, 1, 25),
            (3, 0, 0),
            (2, 0, 0),
            (1, 1, 25),
        ]

    def test_only_the_latest_rating_of_a_person_counts_whatever_account_gave_it(self) -> None:
        course = CourseFactory()
        here = LinkedAccountFactory(platform=course.platform)
        elsewhere = LinkedAccountFactory(person=here.person)
        RatingFactory(course=course, account=here, value=1)
        RatingFactory(course=course, account=elsewhere, value=5)
        assert (ratings_of(course).average, ratings_of(course).count) == (5, 1)

    def test_nobody_has_rated(self) -> None:
        ratings = ratings_of(CourseFactory())
        assert (ratings.average, ratings.count) == (0, 0)


class TestComments:
    def test_an_author_is_a_nickname_or_a_neutral_word_but_never_an_id(self, client: Client) -> None:
        course = CourseFactory()
        named = LinkedAccountFactory(traits={"nickname": "早起的松果"}, external_id="secret-1")
        CommentFactory(course=course, account=named)
        CommentFactory(course=course, account=LinkedAccountFactory(traits={"nickname": 7}, external_id="secret-2"))
        shown = page(client, course)
        assert "早起的松果" in shown
        assert "学习者" in shown
        assert "secret-" not in shown

    def test_a_comment_stands_beside_the_authors_present_rating(self) -> None:
        course = CourseFactory()
        comment = CommentFactory(course=course, context={"text": "好课"})
        RatingFactory(course=course, account=comment.account, value=2)
        RatingFactory(course=course, account=comment.account, value=4)
        (shown,) = opinions_on(course).comments
        assert (shown.text, shown.rating) == ("好课", 4)

    def test_the_latest_come_first_a_page_at_a_time(self, client: Client) -> None:
        course = CourseFactory()
        for number in range(12):
            CommentFactory(course=course, context={"text": f"第 {number} 条评论"})
        assert "第 11 条评论" in page(client, course)
        assert "第 0 条评论" not in page(client, course)
        more = client.get(reverse("profiles:opinions", args=[course.pk]), {"page": 2}, headers={"HX-Request": "true"})
        assert "第 0 条评论" in more.content.decode()
        assert "<html" not in more.content.decode()

    def test_events_that_say_nothing_are_no_comments(self) -> None:
        course = CourseFactory()
        for context in (None, {}, {"text": ""}, {"other": "x"}):
            CommentFactory(course=course, context=context)
        assert not opinions_on(course).comments.object_list

    def test_more_comments_cost_no_more_queries(self, client: Client, django_assert_max_num_queries) -> None:
        course = CourseFactory()
        for _number in range(10):
            comment = CommentFactory(course=course)
            RatingFactory(course=course, account=comment.account)
        with django_assert_max_num_queries(6):
            page(client, course)


class TestGivingAnOpinion:
    def test_rating_and_comment_are_events_of_the_house_account(self, client: Client, learner: LinkedAccount) -> None:
        course = CourseFactory()
        assert opine(client, course, rating="4", comment="讲得很细") == 200
        rating, comment = Event.objects.order_by("id")
        assert rating.platform == comment.platform == Platform.objects.house()
        assert (rating.account, rating.type, rating.value) == (learner, EventType.RATING, Decimal(4))
        assert (comment.type, comment.context) == (EventType.COMMENT, {"text": "讲得很细"})
        assert "讲得很细" in page(client, course)

    def test_sending_the_same_twice_says_it_once(self, client: Client, learner: LinkedAccount) -> None:
        course = CourseFactory()
        for _time in range(2):
            opine(client, course, rating="4", comment="讲得很细")
        assert Event.objects.count() == 2

    def test_a_new_rating_takes_the_place_of_the_old_one(self, client: Client, learner: LinkedAccount) -> None:
        course = CourseFactory()
        opine(client, course, rating="2")
        opine(client, course, rating="5")
        assert (ratings_of(course).average, opinions.own_rating(course, learner)) == (5, 5)

    @pytest.mark.parametrize(
        "said",
        [
            {},
            {"rating": "6"},
            {"rating": "0"},
            {"rating": "x"},
            {"comment": "  "},
            {"comment": "长" * 2_001},
            {"comment": "\0"},
        ],
    )
    def test_nonsense_is_refused_and_leaves_no_trace(
        self, client: Client, learner: LinkedAccount, said: dict[str, str]
    ) -> None:
        assert opine(client, CourseFactory(), **said) == 422
        assert not Event.objects.exists()

    def test_without_scripts_the_page_itself_comes_back(self, client: Client, learner: LinkedAccount) -> None:
        course = CourseFactory()
        address = reverse("profiles:opinions", args=[course.pk])
        assert client.post(address, {"rating": "4"}).status_code == 302
        assert "<html" in client.post(address, {}).content.decode()

    def test_visitors_are_sent_to_sign_in_and_back(self, client: Client) -> None:
        course = CourseFactory()
        address = reverse("profiles:opinions", args=[course.pk])
        current = {"HX-Request": "true", "HX-Current-URL": f"http://testserver/courses/{course.pk}/"}
        answer = client.post(address, {"rating": "4"}, headers=current)
        assert f"next=%2Fcourses%2F{course.pk}%2F" in answer.headers["HX-Redirect"]
        assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("sent_from", "back"), [("http://testserver/courses/7/", "courses"), ("https://evil.example/", "next=/")]
)
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(client: Client, sent_from: str, back: str) -> None:
    address = reverse("profiles:opinions", args=[CourseFactory().pk])
    answer = client.post(address, {"rating": "4"}, headers={"Referer": sent_from})
    assert back in answer.url
    assert "evil" not in answer.url


def test_kinds_and_difficulties_speak_the_readers_language(client: Client) -> None:
    course = CourseFactory(kind="live", difficulty="advanced")
    assert "直播" in page(client, course)
    assert "高级" in page(client, course)
    english = client.get(reverse("profiles:course", args=[course.pk]), headers={"Accept-Language": "en"})
    assert "Live lecture" in english.content.decode()


def test_unknown_codes_of_a_platform_stay_as_they_are(client: Client) -> None:
    EventFactory(course=(course := CourseFactory(difficulty="大师级")))
    with translation.override("en"):
        assert "大师级" in page(client, course)
