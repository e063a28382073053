"""A marketer's desk in a real browser: a key shown once, the widget previewed, a training watched to its end."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Platform
from crossmarket.foundation.models import Job
from profiles.models import Event, PlatformMapping
from recommend.models import ModelVersion
from tests.factories import PASSWORD, CourseFactory, EventFactory, PlatformFactory, UserFactory

NewPage = Callable[..., Page]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def platform() -> Platform:
    """A platform with a small catalogue that some people looked at."""
    platform = PlatformFactory(name="学海课堂")
    for number in range(3):
        course = CourseFactory(platform=platform, title=f"宋词里的月亮 {number}")
        EventFactory.create_batch(2, course=course)
    return platform


@pytest.fixture
def desk(new_page: NewPage, platform: Platform) -> Page:
    """The overview, as an administrator who signed in at the site's own door."""
    user = UserFactory(is_staff=True, is_superuser=True)
    page = new_page(locale="en")
    page.goto("/admin/")
    page.locator("#id_login").fill(user.email)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    page.wait_for_url("**/admin/")
    return page


def test_the_preview_shows_the_real_widget_and_leaves_no_trace(desk: Page, platform: Platform) -> None:
    before = Event.objects.count()
    desk.goto(f"/admin/accounts/platform/{platform.pk}/embed/")
    frame = desk.frame_locator("iframe[name=preview]")
    expect(frame.get_by_text("宋词里的月亮 1")).to_be_visible()
    desk.locator("select[name=lang]").select_option("en")
    desk.locator("input[name=user]").fill("u-7")
    desk.locator("input[name=user]").press("Tab")
    expect(frame.locator("html")).to_have_attribute("lang", "en")
    expect(frame.get_by_text("宋词里的月亮 1")).to_be_visible()
    expect(desk.locator("[data-snippet]")).to_contain_text('data-placement="home" data-lang="en"')
    assert Event.objects.count() == before


def test_the_secret_is_fetched_when_asked_for(desk: Page, platform: Platform) -> None:
    desk.goto(f"/admin/accounts/platform/{platform.pk}/change/")
    assert platform.signing_secret not in desk.content()
    desk.get_by_role("button", name="Show").click()
    expect(desk.get_by_text(platform.signing_secret)).to_be_visible()


def test_a_training_is_started_watched_and_activated(desk: Page, celery_worker_process: object) -> None:
    desk.goto("/admin/recommend/modelversion/train/?algorithm=popularity")
    desk.locator("select[name=activation]").select_option("never")
    desk.get_by_role("button", name="Train").click()
    desk.wait_for_url("**/admin/foundation/job/**")
    expect(desk.locator("#job-live").get_by_text("popularity v1", exact=True)).to_be_visible(timeout=60_000)
    assert "every 1s" not in desk.locator("#job-live").evaluate("element => element.outerHTML")
    version = ModelVersion.objects.get(job=Job.objects.get())
    desk.goto(f"/admin/recommend/modelversion/{version.pk}/change/")
    desk.get_by_role("link", name="Let it answer").click()
    assert ModelVersion.objects.active() is None
    desk.get_by_role("button", name="Activate").click()
    expect(desk.get_by_text("popularity v1 answers now.")).to_be_visible()
    assert ModelVersion.objects.active() == version


def test_on_a_phone_nothing_sticks_out(desk: Page, platform: Platform) -> None:
    desk.set_viewport_size({"width": 360, "height": 740})
    for path in (
        "",
        "profiles/event/",
        "foundation/job/",
        f"accounts/platform/{platform.pk}/embed/",
        "accounts/person/",
    ):
        desk.goto(f"/admin/{path}")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert desk.evaluate(wider) <= 0, path


def test_a_mapping_follows_what_is_written(desk: Page, platform: Platform) -> None:
    desk.goto("/admin/profiles/platformmapping/add/")
    desk.locator("select[name=platform]").select_option(str(platform.pk))
    desk.locator("select[name=example]").select_option("course_site")
    expect(desk.locator("#mapped-event")).to_contain_text('"value": 9990')
    document = desk.locator("textarea[name=document]")
    written = document.input_value()
    document.fill(written.replace("yuan->fen", "yuan->gold", 1))
    expect(desk.locator("#mapping-faults")).to_contain_text("/event/value/0/unit")
    document.fill(written.replace("yuan->fen", "jiao->fen", 1))
    expect(desk.locator("#mapping-faults")).not_to_contain_text("/event")
    expect(desk.locator("#mapped-event")).to_contain_text('"value": 999')
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.wait_for_url("**/platformmapping/")
    assert '"unit": "jiao->fen"' in PlatformMapping.objects.get(platform=platform).document
