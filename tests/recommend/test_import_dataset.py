"""`manage.py import_dataset`: folders of real data become people, items and events of platforms."""

import gzip
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts import sharing
from accounts.models import Consent, LinkedAccount, Person, Platform, Purpose
from profiles import live_history
from profiles.models import Course, Event, EventType
from recommend import importing
from tests.factories import CourseFactory, LinkedAccountFactory, PlatformFactory

pytestmark = pytest.mark.django_db(transaction=True)


def folder_of(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "campus"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name.replace('__', '.')}.gz").write_bytes(gzip.compress(content.encode()))
    return folder


def run(format_name: str, folder: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_dataset", format_name, str(folder), *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def sequences(tmp_path) -> Path:
    return folder_of(tmp_path, train__txt="7 30 10 20\n8 10\n", test__txt="7 40\n")


@pytest.fixture
def two_shops(tmp_path) -> Path:
    return folder_of(tmp_path, book_ratings__tsv="1\t5\t4\n2\t5\t2\n", music_ratings__tsv="1\t5\t5\n3\t9\t3.5\n")


def courses_of(external_id: str) -> list[str]:
    events = Event.objects.filter(account__external_id=external_id).order_by("timestamp")
    return list(events.values_list("course__item_id", flat=True))


def test_a_sequence_becomes_looks_in_its_order(sequences):
    run("sequences", sequences)
    assert courses_of("7") == ["30", "10", "20"]
    assert set(Event.objects.values_list("type", flat=True)) == {EventType.VIEW}
    (account,) = LinkedAccount.objects.filter(external_id="7")
    courses = Course.objects.in_bulk()
    assert [courses[each].title for each in live_history.of([account.pk]).course_ids] == [
        "Course 30",
        "Course 10",
        "Course 20",
    ]


def test_what_is_held_back_stays_out_unless_it_is_asked_for(sequences):
    run("sequences", sequences)
    assert not Course.objects.filter(item_id="40").exists()
    run("sequences", sequences, "--with-test")
    assert courses_of("7") == ["30", "10", "20", "40"]


def test_the_platform_is_named_after_the_folder_and_its_keys_are_shown_once(sequences):
    first = run("sequences", sequences)
    assert Platform.objects.partners().get().slug == "campus"
    assert "sk_" in first
    assert "sk_" not in run("sequences", sequences)


def test_importing_again_adds_nothing_and_says_so(sequences):
    assert "campus: 4 events stored, 0 were there already." in run("sequences", sequences)
    counts = [model.objects.count() for model in (Event, Course, LinkedAccount, Person)]
    assert "campus: nothing new; all 4 events were there already." in run("sequences", sequences)
    assert [model.objects.count() for model in (Event, Course, LinkedAccount, Person)] == counts


def test_a_broken_line_is_told_by_file_and_number_and_skipped(tmp_path, capsys):
    folder = folder_of(tmp_path, train__txt="7 30 10\n8 ten\n9\n10 30\n", test__txt="7 40\n")
    answer = run("sequences", folder)
    told = capsys.readouterr().err
    assert "Skipped train.txt.gz, line 2: the item 'ten' is not a whole number of 0 or more" in told
    assert "Skipped train.txt.gz, line 3: expected a user and at least one item" in told
    assert "2 broken lines skipped." in answer
    assert sorted(LinkedAccount.objects.values_list("external_id", flat=True)) == ["10", "7"]


def test_an_interrupted_import_goes_on_where_it_stopped(sequences, monkeypatch):
    monkeypatch.setattr(importing, "RECORDS_AT_ONCE", 3)
    store, calls = importing.store, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return store(*arguments)

    monkeypatch.setattr(importing, "store", interrupted)
    with pytest.raises(CommandError, match="goes on from there") as stopped:
        run("sequences", sequences)
    assert stopped.value.returncode == 130
    assert courses_of("7") == ["30", "10", "20"]
    assert not LinkedAccount.objects.filter(external_id="8").exists()
    assert "campus: 1 events stored, 3 were there already." in run("sequences", sequences)
    assert courses_of("8") == ["10"]


def test_ratings_of_two_platforms_join_the_same_people(two_shops):
    run("ratings", two_shops)
    book, music = LinkedAccount.objects.filter(external_id="1").order_by("platform__slug")
    assert book.person_id == music.person_id
    assert Person.objects.count() == 3
    assert sharing.of_external_id(book.platform_id, "1").contributors == (book.pk, music.pk)
    stated = Consent.objects.filter(purpose=Purpose.CROSS_PLATFORM, granted=True, policy_version="dataset")
    assert stated.count() == LinkedAccount.objects.count() == 4


def test_ratings_keep_their_stars_and_the_items_of_each_platform_are_its_own(two_shops):
    run("ratings", two_shops, "--platform", "reader", "listener")
    ratings = Event.objects.of_type(EventType.RATING).order_by("platform__slug", "account__external_id")
    assert [(each.platform.slug, float(each.value)) for each in ratings] == [
        ("listener", 5.0),
        ("listener", 3.5),
        ("reader", 4.0),
        ("reader", 2.0),
    ]
    assert sorted(Course.objects.filter(item_id="5").values_list("title", flat=True)) == ["Book 5", "Music 5"]


def test_pairs_of_two_platforms_are_purchases_of_joined_people(tmp_path):
    files = {"sport_train": "1 5\n2 6\n", "sport_test": "1 7\n", "phone_train": "1 5\n", "phone_test": "2 8\n"}
    folder = folder_of(tmp_path, **{f"{name}__txt": content for name, content in files.items()})
    run("pairs", folder)
    assert Person.objects.count() == 2
    assert Event.objects.of_type(EventType.PURCHASE).count() == Event.objects.count() == 3
    run("pairs", folder, "--with-test")
    assert LinkedAccount.objects.filter(external_id="2").values("person").distinct().count() == 1
    assert Event.objects.count() == 5


def test_interactions_are_looks_of_which_none_is_the_latest(tmp_path):
    folder = folder_of(tmp_path, train__txt="1 5 6 7\n", test__txt="1 8\n")
    run("interactions", folder)
    assert Event.objects.of_type(EventType.VIEW).count() == 3
    assert Event.objects.values("timestamp").distinct().count() == 1
    assert not Consent.objects.exists()


def test_a_knowledge_graph_beside_the_sequences_tells_the_field_of_a_course(tmp_path):
    folder = folder_of(tmp_path, train__txt="7 30 10\n", test__txt="7 40\n", kg_final__txt="30 2 5\n30 0 91\n30 0 92\n")
    run("sequences", folder)
    assert dict(Course.objects.values_list("item_id", "category")) == {"30": "Field 91", "10": ""}


def test_what_a_platform_has_said_of_its_items_and_users_stays(sequences):
    platform = PlatformFactory(slug="campus", cross_platform_default=False)
    CourseFactory(platform=platform, item_id="30", title="线性代数", category="数学")
    account = LinkedAccountFactory(platform=platform, external_id="7", marketing=True)
    run("sequences", sequences)
    assert Course.objects.get(item_id="30").title == "线性代数"
    assert LinkedAccount.objects.get(external_id="7") == account
    assert LinkedAccount.objects.get(external_id="7").marketing


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tables", "."), "There is no format 'tables'"),
        (("sequences", "/nowhere/at/all"), "There is no folder /nowhere/at/all"),
        (("ratings", "CAMPUS"), "has no file"),
        (("sequences", "CAMPUS", "--platform", "a", "b"), "This data set has 1 platform"),
        (("sequences", "CAMPUS", "--platform", "no slug"), "is no slug"),
        (("sequences", "CAMPUS", "--platform", "crossmarket"), "CrossMarket's own site"),
    ],
)
def test_what_cannot_be_imported_is_told_and_leaves_no_trace(sequences, arguments, words):
    with pytest.raises(CommandError, match=words):
        call_command("import_dataset", *(str(sequences) if each == "CAMPUS" else each for each in arguments))
    assert not Platform.objects.partners().exists()


def test_two_platforms_of_a_data_set_need_two_slugs(two_shops):
    with pytest.raises(CommandError, match="with a slug of its own"):
        run("ratings", two_shops, "--platform", "shop", "shop")


def test_ratings_hold_nothing_back(two_shops):
    with pytest.raises(CommandError, match="has no test part"):
        run("ratings", two_shops, "--with-test")
