"""`seed_demo` fills an empty database with the demo world, and only an empty one."""

import stat
from collections import Counter
from collections.abc import Iterator

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Consent, LinkedAccount, Platform, Purpose, User
from crossmarket.demo import blemishes, experiment, moving, notes
from crossmarket.demo.addresses import Addresses
from crossmarket.demo.catalogue import read_site_file, site_file
from crossmarket.demo.notes import DemoNotes
from crossmarket.demo.world import DemoWorld, generate
from crossmarket.foundation import jobs
from profiles.experiment_results import results
from profiles.models import Course, Event, EventFlag, Experiment, QualityDay, Segment, SegmentKind
from profiles.segmentation.rebuilding import enqueue_rebuild
from profiles.segmentation.rfm import GRID
from tests.factories import PlatformFactory

pytestmark = pytest.mark.django_db

USERS, COURSES = 60, 45


@pytest.fixture(autouse=True)
def _no_notes_left() -> Iterator[None]:
    yield
    notes.path().unlink(missing_ok=True)
    for slug in ("xuehai", "tingdao"):
        site_file(slug).unlink(missing_ok=True)


def seed(*more: str) -> DemoNotes:
    call_command("seed_demo", f"--users={USERS}", f"--courses={COURSES}", *more, verbosity=0)
    made = notes.read()
    assert made is not None
    return made


@pytest.fixture
def demo() -> DemoNotes:
    return seed()


@pytest.fixture
def world() -> DemoWorld:
    return generate(USERS, COURSES)


def accounts_of(demo: DemoNotes, role: str) -> list[LinkedAccount]:
    persona = next(persona for persona in demo.personas if persona.role == role)
    return [
        LinkedAccount.objects.select_related("platform").get(platform__slug=slug, external_id=external_id)
        for slug, external_id in persona.external_ids.items()
    ]


def test_the_whole_world_is_loaded(demo: DemoNotes, world: DemoWorld) -> None:
    assert [platform.slug for platform in demo.platforms] == ["xuehai", "tingdao", "wenda-live"]
    assert Course.objects.listed().count() == COURSES
    assert LinkedAccount.objects.filter(platform__in=Platform.objects.partners()).count() == len(world.accounts)
    stored = Counter(Event.objects.values_list("type", flat=True))
    assert stored["view"] > 500
    assert set(stored) == {"view", "click", "search", "like", "share", "comment", "rating", "purchase", "refund",
                           "complete", "impression"} - ({"refund"} - set(stored))  # fmt: skip


def test_consents_and_links_are_as_planted(demo: DemoNotes, world: DemoWorld) -> None:
    persons = {}
    for row, external_id in enumerate(world.accounts.external_id):
        slug = world.platforms[world.accounts.platform[row]].slug
        account = LinkedAccount.objects.select_related("platform").get(platform__slug=slug, external_id=external_id)
        granted = [account.consents_to(purpose) for purpose in Purpose]
        assert granted == world.accounts.consent[row].tolist()
        history = Consent.objects.filter(account=account)
        if account.pk not in {each.pk for each in accounts_of(demo, "joined")}:
            assert history.exists() == bool(world.accounts.stated[row])
        persons.setdefault(int(world.accounts.linked[row]), set()).add(account.person_id)
    assert all(len(ids) == 1 for ids in persons.values())
    assert len(set().union(*persons.values())) == len(persons)


def test_an_experiment_runs_and_its_planted_effect_is_there(demo: DemoNotes) -> None:
    answer = results(Experiment.objects.running().get())
    control, hints = answer.arms
    assert sum(each.exposed for each in answer.arms) <= LinkedAccount.objects.values("person").distinct().count()
    assert min(control.exposed, hints.exposed) > 10
    assert not answer.is_suspicious
    planted = Event.objects.filter(message_id__startswith=experiment.SLUG)
    assert planted.exists()
    assert {arm for arm in planted.values_list("account__exposures__arm__slug", flat=True) if arm} == {"hints"}


def test_one_platform_sends_blemished_events_which_are_left_out(demo: DemoNotes) -> None:
    left_out = Counter(EventFlag.objects.values_list("event__platform__slug", "step"))
    assert {step for slug, step in left_out if slug == blemishes.PLATFORM} == {"impossible", "duplicate", "robot"}
    assert left_out.total() < 0.3 * Event.objects.count()
    assert QualityDay.objects.filter(step="seen").values("day").distinct().count() > 30


def test_one_learner_is_joined_with_a_rich_history(demo: DemoNotes) -> None:
    accounts = accounts_of(demo, "joined")
    user = User.objects.get(email="lin@crossmarket.example")
    house = LinkedAccount.objects.get(platform=Platform.objects.house(), external_id=str(user.pk))
    assert {account.person_id for account in accounts} == {house.person_id}
    assert house.consents_to(Purpose.CROSS_PLATFORM)
    assert Event.objects.filter(account__in=accounts).count() > 30


def test_one_learner_keeps_accounts_apart(demo: DemoNotes) -> None:
    accounts = accounts_of(demo, "apart")
    assert len({account.person_id for account in accounts}) == 2
    assert not any(account.consents_to(Purpose.CROSS_PLATFORM) for account in accounts)


def test_everyone_in_the_notes_can_sign_in(demo: DemoNotes) -> None:
    for login in demo.logins:
        answer = Client().post(reverse("account_login"), {"login": login.email, "password": login.password})
        assert answer.status_code == 302, login.role
    staff = dict(User.objects.values_list("email", "is_staff"))
    assert [staff[login.email] for login in demo.logins] == [True, True, False, False, False]


def test_the_marketer_finds_something_at_the_desk(demo: DemoNotes) -> None:
    marketer = User.objects.get(email="marketer@crossmarket.example")
    assert marketer.has_perm("profiles.view_course")
    assert not marketer.has_perm("accounts.change_user")


def test_the_keys_in_the_notes_open_the_api(demo: DemoNotes) -> None:
    keys = demo.platform("xuehai")
    answer = Client().get("/api/v1/recommendations", headers={"Authorization": f"Bearer {keys.secret_key}"})
    assert answer.status_code == 200
    token = jwt.encode({"sub": "xh1", "exp": 2**33}, keys.signing_secret, algorithm="HS256")
    assert jwt.decode(token, Platform.objects.get(slug="xuehai").signing_secret, algorithms=["HS256"])


def test_the_notes_are_for_their_owner_only(demo: DemoNotes) -> None:
    assert stat.S_IMODE(notes.path().stat().st_mode) == 0o600


def test_courses_of_platforms_with_a_site_lead_there(demo: DemoNotes) -> None:
    course = Course.objects.filter(platform__slug="tingdao").first()
    assert course is not None
    assert course.url == f"{demo.platform('tingdao').site}/courses/{course.item_id}"
    assert not Course.objects.filter(platform__slug="wenda-live").exclude(url="").exists()
    assert {each.item_id for each in read_site_file("tingdao")} == set(
        Course.objects.filter(platform__slug="tingdao").values_list("item_id", flat=True)
    )


def test_sites_put_their_most_visited_courses_first(demo: DemoNotes) -> None:
    visits = Counter(Event.objects.filter(course__platform__slug="xuehai").values_list("course__item_id", flat=True))
    counts = [visits[course.item_id] for course in read_site_file("xuehai")]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_a_database_with_platforms_is_left_alone() -> None:
    PlatformFactory(slug="somebodys-own")
    with pytest.raises(CommandError, match="already has platforms \\(somebodys-own\\)"):
        seed()
    with pytest.raises(CommandError, match="earlier demo only"):
        seed("--replace")
    assert [platform.slug for platform in Platform.objects.partners()] == ["somebodys-own"]


def test_an_earlier_demo_can_be_replaced(demo: DemoNotes) -> None:
    before = Event.objects.count()
    again = seed("--replace", "--seed=8")
    assert again.platform("xuehai").secret_key != demo.platform("xuehai").secret_key
    assert Platform.objects.partners().count() == 3
    assert Event.objects.count() != before


@pytest.mark.parametrize(("arguments", "reason"), [(["--users=1"], "at least"), (["--courses=2"], "too few")])
def test_worlds_too_small_are_refused(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        call_command("seed_demo", *arguments)


def test_the_demo_follows_crossmarket_to_another_port(demo: DemoNotes) -> None:
    assert not moving.follow_port(demo.port)
    assert moving.follow_port(9_100)
    platform = Platform.objects.get(slug="xuehai")
    assert platform.origins == Addresses(9_100).origins("xuehai")
    course = Course.objects.filter(platform=platform).first()
    assert course is not None
    assert course.url == f"http://localhost:9101/courses/{course.item_id}"
    moved = notes.read()
    assert moved is not None
    assert (moved.port, moved.platform("tingdao").site) == (9_100, "http://localhost:9102")


def test_without_a_demo_nothing_moves() -> None:
    assert not moving.follow_port(9_100)


@override_settings(PORT=8_700)
def test_the_sites_stand_next_to_the_port_of_crossmarket() -> None:
    assert seed().platform("xuehai").site == "http://localhost:8701"


def test_the_demo_has_segments_with_members(demo: DemoNotes) -> None:
    assert Segment.objects.filter(kind=SegmentKind.RFM).count() == len(GRID)
    hesitating = Segment.objects.get(key="hesitating")
    assert jobs.run(enqueue_rebuild(hesitating, to_worker=False).pk).result["size"] > 0


def test_another_demo_has_them_once(demo: DemoNotes) -> None:
    seed("--replace")
    assert Segment.objects.filter(key="hesitating").count() == 1
