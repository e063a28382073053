"""The guide to the partner API is true: its examples run, and its tables say what the code does."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from accounts import user_tokens
from accounts.models import Platform
from accounts.services import linking
from crossmarket import web_worker
from crossmarket.foundation import batches, bodies, jobs
from profiles.ingest import ingest_events, ingest_items
from profiles.ingest.event_entry import EventEntry
from profiles.models import CourseKind, EventType, PlatformMapping
from recommend.serving import MOST_ITEMS
from recommend.serving.answers import Source
from recommend.training import enqueue_training
from tests.docs.pages import ROOT, Fence, fences, resembles, table_rows, without_fences
from tests.factories import CouponBatchFactory, EventFactory

GUIDE = ROOT / "docs" / "api.md"
BETWEEN = "\x1e"
STATUS = re.compile(r"answer is `(\d{3}) [A-Z]")


@pytest.fixture
def platforms(live_server: LiveServer) -> dict[str, str]:
    """The environment of the examples: the platforms that the guide makes, and a model trained on others."""
    made = [_created(fence.text) for fence in fences(GUIDE) if fence.language == "console"]
    lumen, tide = made
    (mapping,) = [fence.text for fence in fences(GUIDE) if fence.language == "json" and '"format"' in fence.text]
    PlatformMapping.objects.create(platform=Platform.objects.get(slug=lumen["slug"]), document=mapping)
    for course in [EventFactory().course for _platform in range(2)]:
        EventFactory(course=course, platform=course.platform)
    jobs.run(enqueue_training("ease", {}, to_worker=False).pk)
    CouponBatchFactory(shared_code="SPRING25", benefit="percent", value=2_000)
    return {
        "CROSSMARKET": live_server.url,
        "SK": lumen["sk"],
        "PK": lumen["pk"],
        "SIGNING_SECRET": lumen["signing_secret"],
        "TIDE_SK": tide["sk"],
    }


def _created(shown: str) -> dict[str, str]:
    command, answer = shown.removeprefix("$ ").strip().split("\n")
    arguments = shlex.split(command)[2:]
    printed = io.StringIO()
    call_command(*arguments, stdout=printed)
    made = json.loads(printed.getvalue())
    assert resembles(json.loads(answer), made)
    return made


@pytest.mark.django_db(transaction=True)
def test_the_examples_for_curl_answer_what_the_guide_shows(platforms: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    (tmp_path / ".curlrc").write_text('silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')
    shown = [each for each in _with_answers("sh", "json") if not each[0].is_for_the_reader]
    script = "\n".join(f"{each.text}\nprintf '{BETWEEN}'" for each, _answer in shown)
    script = script.replace(".venv/bin/python", sys.executable)
    environment = os.environ | platforms | {"CURL_HOME": str(tmp_path)}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    for (example, answer), real in zip(shown, ran.stdout.split(BETWEEN)[:-1], strict=True):
        if answer is None:
            assert real == ""
            continue
        body, _, status = real.rpartition("\n")
        said = STATUS.search(answer.before)
        assert status == (said[1] if said else "20" + status[-1:]), f"{example.text}\n{real}"
        assert resembles(json.loads(answer.text), json.loads(body)), f"{example.text}\n{real}"


@pytest.mark.django_db(transaction=True)
def test_the_examples_in_python_print_what_the_guide_shows(
    platforms: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in platforms.items():
        monkeypatch.setenv(name, value)
    _do_the_first_half()
    names: dict[str, object] = {"__name__": "guide"}
    for example, answer in _with_answers("python", "text"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example.text, str(GUIDE), "exec"), names)
        assert printed.getvalue() == (answer.text if answer else "")


def _do_the_first_half() -> None:
    """What the examples for curl have sent before."""
    lumen = Platform.objects.get(slug="lumen")
    titles = {"python-101": "Python from zero", "jazz-1": "Listening to jazz", "sql-101": "SQL by example"}
    items = [{"item_id": name, "title": title} for name, title in titles.items()]
    ingest_items(lumen, [json.dumps(item).encode() for item in items])
    did = {"purchase": "python-101", "like": "sql-101"}
    when = {"user_id": "ann", "timestamp": "2025-11-03T20:15:00+08:00"}
    events = [{"message_id": what, "type": what, "item_id": item, **when} for what, item in did.items()]
    assert ingest_events(lumen, [json.dumps(event).encode() for event in events]).accepted == len(did)


def _with_answers(language: str, answer_language: str) -> Iterator[tuple[Fence, Fence | None]]:
    """Each example with the block after it, where that is its answer."""
    blocks = fences(GUIDE)
    for example, following in zip(blocks, [*blocks[1:], None]):
        if example.language == language:
            yield example, following if following and following.language == answer_language else None


def test_every_code_of_a_refusal_is_explained_and_no_other() -> None:
    section = without_fences(GUIDE).partition("## Errors")[2].partition("## Limits")[0]
    given = _codes_in_the_source() | set(web_worker.CODES.values())
    explained = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", section))
    assert given - explained - {"required", "invalid"} == set()
    assert {code for row in table_rows(GUIDE, "Errors") for code in re.findall(r"`(\w+)`", row[1])} <= given


def _codes_in_the_source() -> set[str]:
    """What the rooms and the roof give as codes."""
    calls = r"Problem\(\s*\d{3},|(?:Refusal|Unstorable|LinkRefused|CannotRefund|_no_key|_refused|_wrong)\("
    refusals = rf"(?:{calls})\s*\"([a-z_]+)\""
    places = [ROOT / room for room in ("crossmarket", "accounts", "profiles", "recommend", "promotions", "campaigns")]
    files = [file for place in places for file in place.rglob("*.py") if "admin" not in file.parts]
    return {code for file in files for code in re.findall(refusals, file.read_text(encoding="utf-8"))}


def test_the_limits_are_the_ones_that_are_kept(settings: object) -> None:
    limits = dict(table_rows(GUIDE, "Limits"))
    assert limits["a body, once decoded"] == f"{bodies.MEBIBYTE // 2**20} MiB"
    assert limits["a batch"] == f"{batches.MOST_ENTRIES:,} entries"
    assert limits["an entry of a batch"] == f"{batches.LONGEST_ENTRY // 1024} KiB"
    assert str(bodies.DEEPEST) in without_fences(GUIDE).partition("`too_deep`")[2].partition("\n")[0]
    assert limits["`limit`"] == f"{MOST_ITEMS} items"
    assert limits["a user token"] == f"{user_tokens.LONGEST_LIFETIME.total_seconds() / 3600:.0f} hours"
    assert limits["a link code"] == f"{linking.CODE_LIFETIME.total_seconds() / 60:.0f} minutes"
    assert limits["calls with a secret key"] == f"{settings.API_RATE_LIMIT_SECRET:,} a minute"
    assert limits["calls with a publishable key"].startswith(f"{settings.API_RATE_LIMIT_PUBLISHABLE} a minute")


def test_the_words_of_the_contract_are_all_there() -> None:
    fields = {row[0].strip("`"): row[1] for row in table_rows(GUIDE, "Send events")}
    assert set(fields) == set(EventEntry.__struct_fields__)
    assert re.findall(r"`(\w+)`", fields["type"]) == EventType.values
    sources = {
        row[0].strip("`") for row in table_rows(GUIDE, "Ask for recommendations") if row[0].strip("`") in list(Source)
    }
    assert sources == set(Source)
    kinds = re.search(r"`kind` is one of ([^(]+)", without_fences(GUIDE))
    assert kinds
    assert re.findall(r"`(\w+)`", kinds[1]) == CourseKind.values


@pytest.mark.django_db
def test_what_is_not_built_yet_answers_as_the_guide_says(client: object) -> None:
    section = without_fences(GUIDE).partition("## Not built yet")[2]
    for method, path in re.findall(r"`(GET|POST|DELETE) (/[^`]+)`", section):
        answer = client.generic(method, f"/api/v1{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path


def test_the_widget_is_described_whole() -> None:
    files = [*(ROOT / "recommend/widget/source").glob("*.*s"), *settings.WIDGET_KINDS]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    section = GUIDE.read_text(encoding="utf-8").partition("## The widget")[2].partition("## Not built yet")[0]
    attributes = re.search(r"ATTRIBUTES = \[(.*?)\]", source)
    assert attributes
    described = [row[0] for row in table_rows(GUIDE, "The widget") if row[0].startswith("`") and ":" not in row[0]]
    assert {name.strip("`") for name in described} == set(re.findall(r'"([\w-]+)"', attributes[1]))
    assert set(re.findall(r"var\((--crossmarket-\w+)", source)) == set(re.findall(r"(--crossmarket-\w+):", section))
    assert set(re.findall(r'part: "(\w+)"', source)) == set(
        re.findall(r"`(\w+)`", section.partition("The parts are")[2].partition(".")[0])
    )
    told = set(re.findall(r'\.tell\("([\w-]+)"', source))
    assert {f"crossmarket:{what}" for what in told} == set(
        re.findall(r"^\| `(crossmarket:[\w-]+)`", section, re.MULTILINE)
    )
