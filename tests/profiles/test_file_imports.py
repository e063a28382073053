"""Files of events and items are imported by a job: all of a good file, once; nothing of a broken one."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, TestCase
from django.urls import reverse

from accounts.models import Platform
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles import importing
from profiles.ingest.mapping import EXAMPLES
from profiles.models import Course, Event, FileImport, FileShape, FileSubject
from tests.factories import FileImportFactory, PlatformFactory, PlatformMappingFactory, UserFactory
from tests.profiles.made_files import parquet, xlsx

pytestmark = pytest.mark.django_db

SHOP = EXAMPLES["course_site"]
HEADER = "message_id,type,user_id,item_id,value,timestamp,context\n"
GOOD = HEADER + "".join(
    f'm{n},view,u{n % 3},c{n},,2026-03-01 20:{n:02}:00,"{{""device"": ""web""}}"\n' for n in range(10)
)


def given(content: str | bytes, name: str = "events.csv", **fields: Any) -> FileImport:
    """A file that was given and not started."""
    data = content.encode() if isinstance(content, str) else content
    return FileImportFactory(name=name, file__data=data, file__filename=name, **fields)


def imported(file_import: FileImport) -> Job:
    """The job, once it is done."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        job = jobs.run(importing.start_import(file_import, to_worker=False).pk)
    file_import.refresh_from_db()
    return job


def refused(file_import: FileImport) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file_import.rejects.open("rb")] if file_import.rejects else []


def counts(file_import: FileImport) -> tuple[int, int, int, int]:
    return (file_import.rows, file_import.accepted, file_import.duplicates, file_import.rejected)


class TestAGoodFile:
    def test_all_its_rows_are_events(self) -> None:
        file_import = given(GOOD)
        job = imported(file_import)
        assert (job.state, job.result) == (
            JobState.SUCCEEDED,
            {"rows": 10, "accepted": 10, "duplicates": 0, "rejected": 0},
        )
        first = Event.objects.select_related("account").get(message_id="m0")
        assert (first.platform, first.account.external_id) == (file_import.platform, "u0")
        assert (first.context, first.value) == ({"device": "web"}, None)
        assert first.timestamp.isoformat() == "2026-03-01T12:00:00+00:00"

    def test_a_second_run_adds_nothing(self) -> None:
        first = given(GOOD)
        imported(first)
        again = given(GOOD, platform=first.platform)
        imported(again)
        assert counts(again) == (10, 0, 10, 0)

    def test_rows_without_message_ids_count_once_too(self) -> None:
        text = "type,user_id,timestamp\n" + "view,u1,2026-03-01 20:15:00\n" * 2 + "view,u2,2026-03-01 20:15:00\n"
        first = given(text)
        imported(first)
        assert counts(first) == (3, 2, 1, 0)

    def test_it_is_removed_once_it_is_imported_and_then_cannot_be_repeated(self) -> None:
        file_import = given(GOOD)
        storage, name = file_import.file.storage, file_import.file.name
        imported(file_import)
        assert not storage.exists(name)
        assert "Give it again" in imported(file_import).error

    def test_many_rows_are_stored_in_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importing, "ROWS_AT_ONCE", 3)
        file_import = given(GOOD)
        imported(file_import)
        assert counts(file_import) == (10, 10, 0, 0)

    def test_items_are_described(self) -> None:
        text = "item_id,title,price,tags,available,published_at\nc1,课程,9900,python;web,是,2026-02-01\nc2,x,1.5,,,\n"
        file_import = given(text, "items.csv", subject=FileSubject.ITEM)
        imported(file_import)
        course = Course.objects.get()
        assert (course.title, course.price, course.tags, course.available) == ("课程", 9900, ["python", "web"], True)
        assert [each["row"] for each in refused(file_import)] == [3]


class TestOtherShapes:
    def test_they_go_through_the_platforms_mapping(self) -> None:
        platform = PlatformMappingFactory().platform
        line = json.dumps(json.loads(SHOP.event), ensure_ascii=False)
        file_import = given(line + "\n", "log.jsonl", platform=platform, shape=FileShape.DECLARED)
        imported(file_import)
        assert (Event.objects.get().value, counts(file_import)) == (9990, (1, 1, 0, 0))

    @pytest.mark.parametrize("ending", ["xlsx", "parquet"])
    def test_sheets_and_tables_are_as_good_as_text(self, ending: str) -> None:
        mapping = {
            "format": 1,
            "event": {
                "type": {"from": '"动作"', "values": {"买": "purchase"}},
                "user_id": '"用户"',
                "value": {"from": '"元"', "unit": "yuan->fen"},
                "timestamp": {"from": '"时间"', "time": "local"},
            },
        }
        columns = {"动作": ["买", "买"], "用户": [7, 8], "元": [99.9, 0.1], "时间": ["2026-03-01 20:15:00"] * 2}
        content = parquet(columns) if ending == "parquet" else xlsx([list(columns), *zip(*columns.values())])
        file_import = given(content, f"f.{ending}", shape=FileShape.GIVEN, document=json.dumps(mapping))
        imported(file_import)
        assert sorted(Event.objects.values_list("account__external_id", "value")) == [("7", 9990), ("8", 10)]

    def test_without_a_mapping_it_says_so(self) -> None:
        assert "has not declared a mapping" in imported(given(GOOD, shape=FileShape.DECLARED)).error


class TestABrokenFile:
    """Nothing of it is imported, however late it breaks."""

    @pytest.mark.parametrize(
        ("content", "name", "told"),
        [
            (GOOD.encode() + b"\xff\n", "events.csv", "Line 12 is not UTF-8"),
            (GOOD.encode() + b"x" * (2**20 + 1), "events.csv", "Line 12 has more than"),
            (GOOD.encode() + b'm,"', "events.csv", "quotation mark"),
            (GOOD.replace("user_id", "user").encode(), "events.csv", "names no column user_id"),
            (xlsx([["type", "user_id", "timestamp"]])[:-30], "events.xlsx", "no whole XLSX"),
            (GOOD.encode(), "events.csv.gz", "no valid gzip"),
            (GOOD.encode(), "events.doc", "of no kind that can be read"),
        ],
    )
    def test_it_is_told_where_and_nothing_is_stored(self, content: bytes, name: str, told: str) -> None:
        file_import = given(content, name)
        job = imported(file_import)
        assert (job.state, told in job.error) == (JobState.FAILED, True), job.error
        assert (Event.objects.count(), counts(file_import)) == (0, (0, 0, 0, 0))


class TestBadRows:
    TEXT = GOOD + "m11,sneeze,u1,,,2026-03-01 20:15:00,\nm12,view,u1,,,2026-03-01 20:15:00,,more\nm13,view\n"

    def test_they_spoil_no_other_and_are_told_with_their_numbers(self) -> None:
        file_import = given(self.TEXT)
        imported(file_import)
        assert counts(file_import) == (13, 10, 0, 3)
        told = refused(file_import)
        assert [each["row"] for each in told] == [12, 13, 14]
        assert "sneeze" in told[0]["reason"]
        assert told[1] | {"content": ""} == {
            "row": 13,
            "code": "unreadable_row",
            "reason": "The row has 8 cells, the header has 7.",
            "content": "",
        }
        assert json.loads(told[2]["content"]) == {"message_id": "m13", "type": "view"}

    def test_rows_that_are_too_long_are_refused(self) -> None:
        file_import = given(json.dumps({"type": "x" * 40_000}) + "\n", "events.jsonl")
        imported(file_import)
        assert [each["code"] for each in refused(file_import)] == ["too_large"]


def test_a_cancelled_import_keeps_what_was_stored_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(jobs, "SECONDS_BETWEEN_WRITES", 0.0)
    file_import = given(GOOD)
    job = importing.start_import(file_import, to_worker=False)

    def cancel_midway(seen: Job) -> None:
        if seen.step == importing.IMPORTING and seen.done >= 4:
            jobs.request_cancel(seen)

    assert jobs.run(job.pk, cancel_midway).state == JobState.CANCELLED
    file_import.refresh_from_db()
    assert (Event.objects.count(), counts(file_import)) == (4, (4, 4, 0, 0))
    imported(file_import)
    assert counts(file_import) == (10, 6, 4, 0)


class TestTheCommand:
    @pytest.fixture
    def platform(self) -> Platform:
        return PlatformFactory(slug="lumen")

    def run(self, *arguments: Any, capsys: pytest.CaptureFixture[str]) -> str:
        call_command("import_file", *map(str, arguments))
        return capsys.readouterr().out

    def test_it_imports_and_tells(self, platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path, rejects = tmp_path / "events.csv", tmp_path / "refused.jsonl"
        path.write_text(TestBadRows.TEXT)
        told = self.run("lumen", path, "--own-names", "--rejects", rejects, capsys=capsys)
        assert "13 rows: 10 taken, 0 known already, 3 refused." in told
        assert len(rejects.read_text().splitlines()) == 3
        assert not FileImport.objects.get().file

    def test_it_previews_and_stores_nothing(
        self, platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path, mapping = tmp_path / "log.jsonl", tmp_path / "mapping.json"
        path.write_text(json.dumps(json.loads(SHOP.event)) + "\n")
        mapping.write_text(SHOP.document)
        told = self.run("lumen", path, "--mapping", mapping, "--preview", capsys=capsys)
        assert "would be taken" in told
        assert (FileImport.objects.count(), Event.objects.count()) == (0, 0)

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["nobody", "{path}"], "no platform 'nobody'"),
            (["lumen", "/nowhere.csv"], "cannot be read"),
            (["lumen", "{path}"], "has not declared a mapping"),
            (["lumen", "{path}", "--mapping", "{path}"], "is no mapping"),
            (["lumen", "{path}", "--own-names"], "is not UTF-8"),
            (["lumen", "{path}", "--own-names", "--preview"], "is not UTF-8"),
        ],
    )
    def test_it_says_what_to_put_right(
        self, platform: Platform, tmp_path: Path, arguments: list[str], told: str
    ) -> None:
        path = tmp_path / "events.csv"
        path.write_bytes("类型\n".encode("gbk") if "--mapping" not in arguments else b"{}")
        with pytest.raises(CommandError, match=told):
            call_command("import_file", *(each.format(path=path) for each in arguments))


class TestTheDesk:
    ENGLISH = {"Accept-Language": "en"}

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:profiles_fileimport_{name}", args=args)

    def upload(self, client: Client, content: str, name: str = "events.csv") -> Any:
        form = {
            "platform": PlatformFactory().pk,
            "file": SimpleUploadedFile(name, content.encode()),
            "subject": "event",
            "shape": "own_names",
            "encoding": "utf-8",
        }
        return client.post(self.url("add"), form, follow=True, headers=self.ENGLISH)

    def test_an_upload_shows_its_first_rows_and_imports_nothing(self, admin_client: Client) -> None:
        shown = self.upload(admin_client, GOOD).content.decode()
        assert "The first rows, and what we take them for" in shown
        assert "Row 2" in shown
        assert shown.count("would be taken") == 10
        assert FileImport.objects.get().name == "events.csv"
        assert not Event.objects.exists()

    def test_a_broken_one_is_told_before_it_is_started(self, admin_client: Client) -> None:
        shown = self.upload(admin_client, "a,b\n1,2\n").content.decode()
        assert "This file cannot be imported" in shown
        assert "names no column type" in shown

    def test_one_of_another_kind_is_not_taken(self, admin_client: Client) -> None:
        shown = self.upload(admin_client, "x", "events.doc").content.decode()
        assert "The name of the file ends with one of" in shown
        assert not FileImport.objects.exists()

    def test_it_is_started_as_a_job_and_refused_rows_are_downloaded(self, admin_client: Client) -> None:
        self.upload(admin_client, TestBadRows.TEXT)
        file_import = FileImport.objects.get()
        response = admin_client.post(self.url("start", file_import.pk), {"_form_submitted": "on"})
        job = Job.objects.get()
        assert response.headers["Location"] == reverse("admin:foundation_job_change", args=[job.pk])
        jobs.run(job.pk)
        page = admin_client.get(self.url("change", file_import.pk), headers=self.ENGLISH).content.decode()
        assert self.url("refused", file_import.pk) in page
        download = admin_client.get(self.url("refused", file_import.pk))
        assert len(b"".join(download.streaming_content).splitlines()) == 3
        assert "attachment" in download.headers["Content-Disposition"]

    def test_strangers_may_not(self, client: Client) -> None:
        file_import = FileImportFactory()
        client.force_login(UserFactory(is_staff=True))
        assert client.get(self.url("refused", file_import.pk)).status_code == 403
        assert client.get(self.url("add")).status_code == 403
        assert client.post(self.url("start", file_import.pk), {"_form_submitted": "on"}).status_code in (302, 403)
        assert not Job.objects.exists()
