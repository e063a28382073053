"""Model versions: activated, rolled back, and taken up by running web servers without a restart."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import InMemoryStorage

from accounts.services.keys import revoke_key
from recommend import model_store, versions
from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.models import ModelVersion
from recommend.serving import active_model
from recommend.versions import NothingToRollBackTo
from tests.factories import ModelVersionFactory
from tests.partner import PROBLEM, Partner, batch, event
from tests.processes import ROOT, process_environment
from tests.recommend.trained import planted_partner, trained
from tests.side_by_side import side_by_side

PATIENCE = 60


def folder_of(version: ModelVersion) -> Path:
    return settings.MEDIA_ROOT / "models" / str(version.pk)


@pytest.mark.django_db
class TestActivation:
    def test_one_is_active_at_a_time(self) -> None:
        first, second = ModelVersionFactory(), ModelVersionFactory()
        versions.activate(first)
        versions.activate(second)
        assert ModelVersion.objects.get(is_active=True) == second
        assert first.activated_at < second.activated_at

    def test_one_takes_over_from_whom_it_was_weighed_against_and_from_no_other(self) -> None:
        champion, chosen_meanwhile, challenger = (ModelVersionFactory() for _ in range(3))
        versions.activate(champion)
        versions.activate(chosen_meanwhile)
        with pytest.raises(versions.AnotherAnswers):
            versions.take_over(challenger, champion)
        assert ModelVersion.objects.active() == chosen_meanwhile
        versions.take_over(challenger, chosen_meanwhile)
        assert ModelVersion.objects.active() == challenger

    def test_rolling_back_goes_step_by_step(self) -> None:
        first, second, third = (ModelVersionFactory() for _ in range(3))
        ModelVersionFactory()  # never active
        for each in (first, second, third):
            versions.activate(each)
        assert versions.roll_back() == second
        assert versions.roll_back() == first
        with pytest.raises(NothingToRollBackTo):
            versions.roll_back()
        assert ModelVersion.objects.active() == first

    def test_old_models_go_with_their_files_but_none_that_is_in_use(
        self, django_capture_on_commit_callbacks: Any
    ) -> None:
        versions_of = [ModelVersionFactory(algorithm="ease", number=number) for number in range(1, versions.KEPT + 6)]
        other = ModelVersionFactory(algorithm="popularity")
        for version in versions_of:
            folder_of(version).mkdir(parents=True)
            (folder_of(version) / "model.json").touch()
        for used in (versions_of[1], versions_of[0]):
            versions.activate(used)
        with django_capture_on_commit_callbacks(execute=True):
            assert versions.drop_old("ease") == 3
        kept = {*versions_of[:2], *versions_of[-versions.KEPT :]}
        assert set(ModelVersion.objects.all()) == {*kept, other}
        assert {version for version in versions_of if (folder_of(version) / "model.json").exists()} == kept

    def test_what_is_activated_again_is_the_latest_again(self) -> None:
        first, second = ModelVersionFactory(), ModelVersionFactory()
        for each in (first, second, first):
            versions.activate(each)
        assert versions.roll_back() == second

    def test_without_any_model_there_is_nothing_to_roll_back_to(self) -> None:
        with pytest.raises(NothingToRollBackTo):
            versions.roll_back()

    @pytest.mark.django_db(transaction=True)
    def test_several_activated_at_once_leave_one_active(self) -> None:
        made = [ModelVersionFactory() for _ in range(4)]

        def activate(version: ModelVersion) -> None:
            for _ in range(5):
                versions.activate(version)

        side_by_side(*[lambda version=each: activate(version) for each in made])
        assert ModelVersion.objects.filter(is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
class TestServing:
    def test_the_next_answer_is_of_the_activated_model(self) -> None:
        shop = planted_partner()
        popularity, ease = trained("popularity"), trained("ease")
        assert shop.recommended("u1")["model"] == {"name": "ease", "version": 1}
        versions.activate(popularity)
        assert shop.recommended("u1")["model"] == {"name": "popularity", "version": 1}
        versions.activate(ease)
        assert versions.roll_back() == popularity
        assert shop.recommended("u1")["model"] == {"name": "popularity", "version": 1}

    @pytest.mark.parametrize("damage", ["gone", "no manifest", "cut short", "changed", "no courses", "empty courses"])
    def test_a_damaged_model_is_told_to_the_operator_and_people_still_get_a_list(self, damage: str) -> None:
        shop = planted_partner()
        version = trained("ease")
        self.damage(folder_of(version), damage)
        answer = shop.recommended("u1")
        assert answer["model"] is None
        assert len(answer["items"]) == 10
        assert shop.get("/items/c0/similar").json()["items"]
        with pytest.raises(CorruptedArtifact):
            active_model.check()
        assert trained("ease").number == 2
        assert shop.recommended("u1")["model"] == {"name": "ease", "version": 2}

    def test_a_model_of_an_algorithm_that_is_gone_is_no_answer_either(self) -> None:
        shop = planted_partner()
        version = trained("ease")
        ModelVersion.objects.filter(pk=version.pk).update(algorithm="magic")
        assert shop.recommended("u1")["model"] is None

    def test_a_model_is_stored_with_the_courses_behind_its_columns(self) -> None:
        planted_partner()
        version = trained("ease")
        stored = model_store.load(version)
        assert (stored.name, stored.number, len(stored.course_ids)) == ("ease", 1, 12)
        columns, is_known = stored.columns_of(stored.course_ids + 1)
        assert not is_known[-1]
        assert columns.shape == is_known.shape == (12,)
        model_store.delete(version.pk)
        with pytest.raises(CorruptedArtifact):
            model_store.load(version)

    def damage(self, folder: Path, how: str) -> None:
        arrays = sorted(
            path for path in folder.glob("*.npy") if path.name not in (model_store.COURSES, model_store.MET)
        )
        match how:
            case "gone":
                shutil.rmtree(folder)
            case "no manifest":
                (folder / "model.json").unlink()
            case "cut short":
                arrays[0].write_bytes(arrays[0].read_bytes()[:-8])
            case "changed":
                whole = bytearray(arrays[0].read_bytes())
                whole[-1] ^= 0xFF
                arrays[0].write_bytes(whole)
            case "no courses":
                (folder / model_store.COURSES).unlink()
            case "empty courses":
                (folder / model_store.COURSES).write_bytes(b"")


class WebServer:
    """A real web server process on the test database."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, partner: Partner) -> tuple[int, dict[str, object]]:
        """An answer of the partner API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", f"/api/v1{path}", headers={"Authorization": f"Bearer {partner.secret_key}"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def send(self, raw: bytes) -> bytes:
        """Whatever comes back for these bytes until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(raw)
            return b"".join(iter(lambda: connection.recv(65_536), b""))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def _web_process(django_db_setup: None, django_db_blocker: object) -> Iterator[WebServer]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        port = free_port()
        environment = process_environment(PORT=str(port), WEB_CONCURRENCY="1", HOST="127.0.0.1")
    command = [sys.executable, "-m", "gunicorn", "--config", "python:crossmarket.gunicorn"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(port):
            assert process.poll() is None, "the web server ended at once; its last lines are above"
            assert time.monotonic() < deadline, "the web server did not answer"
            time.sleep(0.05)
        yield WebServer(port)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


@pytest.fixture
def web(_web_process: WebServer, transactional_db: None) -> WebServer:
    """A running web server that sees what this test commits."""
    return _web_process


class TestARunningWebServer:
    def test_it_takes_up_changes_without_a_restart(self, web: WebServer) -> None:
        shop = planted_partner()
        assert web.get("/recommendations?user_id=u1", shop)[1]["model"] is None
        popularity = trained("popularity")
        assert web.get("/recommendations?user_id=u1", shop)[1]["model"] == {"name": "popularity", "version": 1}
        trained("ease")
        assert web.get("/recommendations?user_id=u1", shop)[1]["model"] == {"name": "ease", "version": 1}
        versions.roll_back()
        assert popularity.pk
        assert web.get("/recommendations?user_id=u1", shop)[1]["model"] == {"name": "popularity", "version": 1}

    def test_it_knows_what_another_process_accepted_a_moment_ago(self, web: WebServer) -> None:
        shop = planted_partner()
        trained("ease")
        first = web.get("/recommendations?user_id=u1", shop)[1]["items"][0]["item_id"]  # type: ignore[index]
        shop.post("/events", batch(event(item_id=first)))
        again = web.get("/recommendations?user_id=u1&limit=50", shop)[1]["items"]
        assert first not in [each["item_id"] for each in again]  # type: ignore[attr-defined]
        shop.put(f"/items/{again[0]['item_id']}", {"title": "课程", "available": False})  # type: ignore[index]
        assert web.get("/recommendations?user_id=u1&limit=50", shop)[1]["items"] == again[1:]  # type: ignore[index]

    def test_it_refuses_a_key_that_another_process_revoked(self, web: WebServer) -> None:
        shop = planted_partner()
        assert web.get("/recommendations", shop)[0] == 200
        revoke_key(shop.platform.api_keys.get(kind="sk"))
        assert web.get("/recommendations", shop)[0] == 401

    def test_bodies_in_chunks_are_read(self, web: WebServer) -> None:
        shop = planted_partner()
        body = json.dumps(batch(event())).encode()
        head = (
            "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {shop.secret_key}\r\n\r\n"
        ).encode()
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:10], body[10:])) + b"0\r\n\r\n"
        assert web.send(head + chunks).startswith(b"HTTP/1.1 202")

    @pytest.mark.parametrize(
        ("raw", "status"),
        [
            (b"GET /api/v1/events?" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            (b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nX-User-Token: " + b"x" * 20_000 + b"\r\n\r\n", 431),
            (b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n", 431),
            (b"GET /api/v1/events HTTP/1.1\r\nHost x\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        ],
        ids=["long address", "long header", "many headers", "no header", "no HTTP"],
    )
    def test_what_is_no_request_is_told_so_as_a_problem(self, web: WebServer, raw: bytes, status: int) -> None:
        head, _, body = web.send(raw).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d" % status)
        assert f"Content-Type: {PROBLEM}".encode() in head
        assert json.loads(body)["status"] == status


class StorageElsewhere(InMemoryStorage):
    """Files have no path on this machine."""

    def path(self, name: str) -> str:
        raise NotImplementedError

    def _relative_path(self, name: str) -> str:
        return os.path.relpath(super().path(name), self.location)


@pytest.mark.django_db
def test_copies_of_models_that_are_stored_elsewhere_go_with_them(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.recommend.test_versions.StorageElsewhere"},
    }
    planted_partner()
    first, second, third = (trained("popularity") for _ in range(3))
    copies = settings.VAR_DIR / "models"
    for version in (first, second):
        model_store.load(version)
        assert (copies / str(version.pk)).exists()
    model_store.delete(first.pk)
    assert not (copies / str(first.pk)).exists()
    ModelVersion.objects.filter(pk=second.pk).delete()  # by another machine
    model_store.load(third)
    assert [copy.name for copy in copies.iterdir()] == [str(third.pk)]
