"""Everything that is held about somebody, in one archive: by API for a platform, for the person across platforms."""

import io
import json
import tracemalloc
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.http import FileResponse
from django.utils import timezone

from accounts.models import LinkedAccount
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from crossmarket.rights import archive, exporting, tasks
from crossmarket.rights.models import AskedBy, Export
from profiles.segmentation import membership
from tests.factories import EventFactory, LinkedAccountFactory, RecommendationFactory, SegmentFactory
from tests.partner import Partner, batch, event, item, new_partner, problem
from tests.rights.marked import MARK, marked_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Partner:
    return new_partner()


def opened(content: bytes) -> dict[str, Any]:
    """An archive by the names of its files."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        texts = {name: packed.read(name).decode() for name in packed.namelist()}
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in texts.items()}


def fetched(shop: Partner, user_id: str) -> dict[str, Any]:
    response = shop.get(f"/users/{user_id}/export")
    assert isinstance(response, FileResponse), response.content
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    assert "attachment" in response.headers["Content-Disposition"]
    return opened(response.getvalue())


class TestForAPlatform:
    def test_it_has_everything_about_the_account(self, shop: Partner) -> None:
        shop.post("/items", batch(item("c1")))
        shop.post("/users", batch({"user_id": "u1", "traits": {"nickname": "小鹿"}}))
        shop.post("/events", batch(event(context={"page": "首页"}), event(type="vieuw"), event(user_id="u2", type="x")))
        shop.put("/users/u1/consents", {"marketing": True, "policy_version": "v2"})
        RecommendationFactory(account=shop.platform.accounts.get(external_id="u1"))
        found = fetched(shop, "u1")
        assert found["shop/account.json"]["traits"] == {"nickname": "小鹿"}
        assert found["shop/account.json"]["consents_now"]["marketing"] is True
        (done,) = found["shop/events.json"]
        assert (done["type"], done["course"]["title"], done["context"]) == ("view", "课程 c1", {"page": "首页"})
        (refused,) = found["shop/refused_events.json"]
        assert (json.loads(refused["as_it_came"])["user_id"], refused["code"]) == ("u1", "invalid_field")
        assert [each["policy_version"] for each in found["shop/consents.json"]] == ["v2"]
        assert len(found["shop/recommendations.json"]) == 1
        assert found["shop/profile.json"]["in_words"].keys() == {"zh-hans", "en"}
        assert found["shop/experiments.json"] == []

    def test_it_is_explained_in_both_languages(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        found = fetched(shop, "u1")
        assert "What you did, the earliest first (1 entries)" in found["README.en.txt"]
        assert "shop/events.json" in found["README.zh-hans.txt"]
        assert "你" in found["README.zh-hans.txt"]

    def test_it_tells_nothing_of_other_platforms(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        account = shop.platform.accounts.get()
        other = LinkedAccountFactory(person=account.person, external_id="elsewhere", cross_platform=True)
        LinkedAccount.objects.filter(pk=account.pk).update(cross_platform=True)
        EventFactory(account=other, platform=other.platform, course__category="秘密")
        membership.replace(SegmentFactory(), [account.pk])
        response = shop.get("/users/u1/export")
        found = opened(response.getvalue())
        assert {name.partition("/")[0] for name in found if "/" in name} == {"shop"}
        assert "elsewhere" not in str(found)
        assert "秘密" not in str(found)
        assert found["shop/profile.json"]["traits"]["events"] == 1
        assert found["shop/segments.json"] == []

    def test_it_has_the_segments_that_the_account_belongs_to_by_itself(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        membership.replace(SegmentFactory(key="viewers"), [shop.platform.accounts.get().pk])
        assert [each["segment"] for each in fetched(shop, "u1")["shop/segments.json"]] == ["viewers"]

    def test_without_consent_there_is_no_profile_but_all_that_is_held(self, shop: Partner) -> None:
        shop.post("/events", batch(event()))
        shop.put("/users/u1/consents", {"profiling": False, "recommendation": False})
        found = fetched(shop, "u1")
        assert "shop/profile.json" not in found
        assert len(found["shop/events.json"]) == 1

    def test_of_strangers_there_is_none_and_browsers_may_not(self, shop: Partner) -> None:
        problem(shop.get("/users/nobody/export"), 404, "user_not_found")
        problem(shop.browse("GET", "/users/u1/export", user_id="u1"), 403, "secret_key_required")

    def test_much_is_made_by_a_worker_and_fetched_at_the_same_address(
        self, shop: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exporting, "AT_ONCE", 1)
        shop.post("/events", batch(event(), event()))
        for _ in range(2):
            response = shop.get("/users/u1/export")
            assert (response.status_code, response.json()["state"]) == (202, "running")
        jobs.run(Job.objects.get(kind=exporting.EXPORT).pk)
        assert len(fetched(shop, "u1")["shop/events.json"]) == 2
        Export.objects.update(ready_at=timezone.now() - timedelta(hours=2))
        assert shop.get("/users/u1/export").status_code == 202, "it is too old to be the answer"


def made(account: LinkedAccount, whole_person: bool = True) -> Export:
    export = exporting.start(account, AskedBy.PERSON, whole_person, to_worker=False)
    job = jobs.run(export.job_id)
    assert job.state == JobState.SUCCEEDED, job.error
    export.refresh_from_db()
    return export


class TestForThePerson:
    def test_it_has_all_accounts_and_the_login(self) -> None:
        person = marked_person()
        found = opened(made(person.house).file.read())
        assert {name.partition("/")[0] for name in found if "/" in name} == {"shop", "crossmarket"}
        assert found["crossmarket/login.json"]["email"] == f"{MARK}@example.com"
        assert found["crossmarket/connected_accounts.json"] == [{"platform": "Shop", "user_id": MARK}]
        assert len(found["shop/refused_events.json"]) == 4
        assert [each["name"] for each in found["shop/segments.json"]]
        assert "other" not in json.dumps(found["shop/events.json"])

    def test_its_file_goes_with_the_days_and_with_the_person(self) -> None:
        account = LinkedAccountFactory()
        other = LinkedAccountFactory(person=account.person)
        first = made(account)
        name = first.file.name
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.MonkeyPatch.context():
            run_on_commit(tasks.forget_old)
        assert not default_storage.exists(name)
        assert not Export.objects.exists()
        second = made(account)
        run_on_commit(lambda: exporting.erase_account(other))
        assert not default_storage.exists(second.file.name)

    def test_it_is_not_kept_when_somebody_in_it_is_erased_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> None:
        account = LinkedAccountFactory()
        export = exporting.start(account, AskedBy.PERSON, whole_person=False, to_worker=False)
        whole = archive.write

        def erased_meanwhile(*arguments: Any) -> int:
            rows = whole(*arguments)
            account.delete()
            return rows

        monkeypatch.setattr(archive, "write", erased_meanwhile)
        job = jobs.run(export.job_id)
        assert (job.state, "erased" in job.error) == (JobState.FAILED, True)
        assert not default_storage.exists(f"exports/{export.pk}.zip")

    def test_what_a_process_left_behind_is_removed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = made(LinkedAccountFactory()).file.name
        stray = default_storage.save("exports/stray.zip", io.BytesIO(b"x"))
        exporting.forget_over()
        assert default_storage.exists(stray), "it may be about to get its row"
        monkeypatch.setattr(exporting, "LONGEST_BUILDING", timedelta(0))
        exporting.forget_over()
        assert (default_storage.exists(stray), default_storage.exists(kept)) == (False, True)


def run_on_commit(work: Any) -> None:
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        work()


def test_however_much_there_is_takes_little_memory() -> None:
    from crossmarket.foundation.holdings import Part

    rows = ({"type": "view", "text": "x" * 200} for _ in range(100_000))
    target = io.BytesIO()
    tracemalloc.start()
    archive.write(target, {"shop": [Part("events", "events", rows)]}, timezone.now(), lambda _rows: None)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 2**20, "20 MB of rows"
