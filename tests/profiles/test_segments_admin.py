"""The desk of segments: one list, the builder's page, and a page for each."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crossmarket import staff_groups
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job
from profiles.admin import segment_figures
from profiles.admin.rule_vocabulary import EXAMPLES, OPERATORS, vocabulary
from profiles.admin.rule_words import WORDS
from profiles.models import Segment, SegmentDay, SegmentKind, SegmentMember
from profiles.segmentation import audience, membership
from profiles.segmentation.audience import Audience
from profiles.segmentation.fragments import sql
from profiles.segmentation.reading_rules import parse
from profiles.segmentation.rfm import GRID, lay_grid
from profiles.segmentation.traits import OPERATORS as KNOWN_OPERATORS
from profiles.segmentation.traits import TRAITS
from profiles.segmentation.trends import trend
from tests.factories import (
    EventFactory,
    LinkedAccountFactory,
    PersonFactory,
    PlatformFactory,
    ProfileFactory,
    SegmentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

ASKED_AND_ANSWERED = {"_form_submitted": "on"}
ENGLISH = {"Accept-Language": "en"}
VIEWED = {"all": [{"did": {"type": "view", "at_least": 2, "within_days": 30}}]}


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:profiles_segment_{name}", args=args)


def written(rule: Any, **fields: Any) -> dict[str, Any]:
    """What the builder's page sends."""
    text = rule if isinstance(rule, str) else json.dumps(rule)
    return {"name": "常客", "key": "", "note": "", "rule": text} | fields


def page_of(client: Client, segment: Segment) -> Any:
    return client.get(admin_url("change", segment.pk), headers=ENGLISH)


def run_jobs() -> None:
    for job in Job.objects.open():
        jobs.run(job.pk)


class TestBuilding:
    """A live rule is written, checked and brought to life."""

    def test_a_new_one_gets_a_key_and_its_members(self, admin_client: Client) -> None:
        account = LinkedAccountFactory()
        EventFactory.create_batch(2, account=account, timestamp=timezone.now())
        response = admin_client.post(admin_url("add"), written(VIEWED, name="Night owls"))
        segment = Segment.objects.get()
        assert response.url == admin_url("change", segment.pk)
        assert segment.key == "night-owls"
        assert segment.rule["all"][0]["did"]["at_least"] == 2
        run_jobs()
        assert list(SegmentMember.objects.values_list("account_id", flat=True)) == [account.pk]

    def test_keys_of_names_without_latin_letters_are_numbered(self, admin_client: Client) -> None:
        for _time in range(2):
            admin_client.post(admin_url("add"), written(VIEWED))
        assert set(Segment.objects.values_list("key", flat=True)) == {"segment", "segment-2"}

    @pytest.mark.parametrize(
        ("rule", "path"),
        [
            ('{"all": [', ""),
            ("", ""),
            ({"all": []}, ""),
            ({"all": [{"trait": "shoe.size", "op": ">", "value": 3}]}, "/all/0/trait"),
            ({"all": [{"platform": "nowhere"}]}, "/all/0/platform"),
            ({"any": [{"did": {"platform": "nowhere"}}]}, "/any/0/did/platform"),
            ({"all": [{"not": {"segment": "unheard-of"}}]}, "/all/0/not/segment"),
        ],
    )
    def test_what_is_wrong_is_told_by_its_path_and_nothing_written_is_lost(
        self, admin_client: Client, rule: Any, path: str
    ) -> None:
        sent = written(rule, note="merken")
        response = admin_client.post(admin_url("add"), sent, headers=ENGLISH)
        assert response.status_code == 200
        assert path in [fault["path"] for fault in response.context["fault_list"]]
        form = response.context["adminform"].form
        assert (form["name"].value(), form["note"].value(), form["rule"].value()) == ("常客", "merken", sent["rule"])
        assert not Segment.objects.exists()

    def test_a_segment_cannot_ask_about_itself_by_others(self, admin_client: Client) -> None:
        first = SegmentFactory()
        second = SegmentFactory(rule={"segment": first.key})
        edit = admin_url("edit", first.pk)
        response = admin_client.post(edit, written({"all": [{"segment": second.key}]}), headers=ENGLISH)
        assert "would ask about itself" in response.context["faults"][0].detail
        assert "would ask about itself" in self.told(admin_client, {"segment": second.key}, first)

    def test_a_changed_rule_is_looked_at_anew_and_another_name_is_not(self, admin_client: Client) -> None:
        segment = SegmentFactory(rule={"did": {"type": ["view"]}})
        admin_client.post(admin_url("edit", segment.pk), written({"did": {"type": "view"}}, name="新名字"))
        assert Segment.objects.get().name == "新名字"
        assert not Job.objects.exists()
        admin_client.post(admin_url("edit", segment.pk), written(VIEWED))
        assert Job.objects.get().arguments == {"segment": segment.pk}

    def test_the_rule_is_told_in_words_and_its_persons_are_counted_as_it_is_written(self, admin_client: Client) -> None:
        EventFactory.create_batch(2, account=LinkedAccountFactory(), timestamp=timezone.now())
        assert "at least 2 times within 30 days" in self.told(admin_client, VIEWED)
        assert "shoe.size" in self.told(admin_client, {"trait": "shoe.size", "op": "=", "value": 1})
        assert "Nothing is said yet" in self.told(admin_client, {"all": []})
        counted = admin_client.post(admin_url("audience"), written(VIEWED), headers=ENGLISH).content.decode()
        assert "1 person" in counted

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ({"trait": "breadth", "op": ">=", "value": None}, "A value is missing here."),
            ({"interest": "AI", "at_least": None}, "A value is missing here."),
            ({"interest": "AI", "at_least": 3}, "Here stands a number &lt;= 1.0."),
            ({"account_trait": "", "op": "=", "value": 1}, "A value is missing here."),
            ({"did": {"at_least": 0}}, "Here stands a number &gt;= 1."),
        ],
    )
    def test_what_is_left_empty_or_too_large_is_said_in_plain_words(
        self, admin_client: Client, rule: Any, words: str
    ) -> None:
        assert words in self.told(admin_client, {"all": [rule]})

    def test_counting_does_not_let_anybody_wait_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        LinkedAccountFactory()
        slow = sql("SELECT id AS lead FROM accounts_linkedaccount, pg_sleep(5)")
        monkeypatch.setattr(audience.compiling, "belonging", lambda *_arguments: slow)
        assert audience.audience_of(parse(VIEWED), patience_ms=50) == Audience(took_too_long=True)

    def test_what_takes_too_long_is_estimated_from_some(self, monkeypatch: pytest.MonkeyPatch) -> None:
        joined = LinkedAccountFactory.create_batch(2, person=PersonFactory(), cross_platform=True)
        for account in (*joined, *LinkedAccountFactory.create_batch(3)):
            EventFactory.create_batch(2, account=account, timestamp=timezone.now())
        never = sql("SELECT 1::bigint AS account_id, 1::bigint AS lead FROM pg_sleep(5)")
        monkeypatch.setattr(audience.compiling, "everyone", lambda: never)
        assert audience.audience_of(parse(VIEWED), patience_ms=200) == Audience(4, is_estimate=True)

    def test_a_copy_begins_with_the_same_rule_and_is_not_stored(self, admin_client: Client) -> None:
        segment = SegmentFactory(name="原来")
        response = admin_client.get(admin_url("duplicate", segment.pk), follow=True)
        form = response.context["adminform"].form
        assert json.loads(form["rule"].value()) == segment.rule
        assert "原来" in form["name"].value()
        assert Segment.objects.count() == 1

    def told(self, client: Client, rule: Any, segment: Segment | None = None) -> str:
        own = {"own_key": segment.key} if segment else {}
        return client.post(admin_url("told"), written(rule, **own), headers=ENGLISH).content.decode()


class TestTheVocabulary:
    """What the builder offers is what rules understand."""

    def test_every_example_is_a_rule(self) -> None:
        for _words, rule in EXAMPLES.values():
            parse(rule)

    def test_every_trait_is_offered_with_comparisons_that_fit(self) -> None:
        offered = [trait for group in vocabulary()["traits"] for trait in group["options"]]
        assert {trait["value"] for trait in offered} == set(TRAITS)
        for trait in offered:
            assert set(OPERATORS[trait["type"]]) <= set(KNOWN_OPERATORS[TRAITS[trait["value"]].kind])

    def test_it_offers_what_there_is_but_not_itself(self) -> None:
        platform, own, other = PlatformFactory(name="学海"), SegmentFactory(), SegmentFactory(name="别的")
        LinkedAccountFactory(platform=platform, traits={"city": "杭州"})
        offered = vocabulary(own.key)
        assert {"value": platform.slug, "label": "学海"} in offered["platforms"]
        assert offered["segments"] == [{"value": other.key, "label": "别的"}]
        assert offered["told"] == [{"value": "city", "label": "city"}]

    def test_every_word_that_the_builder_asks_for_is_there(self, settings: Any) -> None:
        folder = settings.BASE_DIR / "static" / "desk" / "segments"
        script = "".join(path.read_text() for path in folder.glob("*.js"))
        assert all(word in script or f'"{word}"' in script for word in WORDS if not word.startswith(("kind_", "any_")))


class TestTheList:
    """Three kinds in one list."""

    def test_it_is_found_by_the_names_that_readers_see(self, admin_client: Client) -> None:
        SegmentFactory(name="", kind=SegmentKind.RFM, told={"cell": "champions"}, key="rfm-1")
        SegmentFactory(name="夜猫子", note="给十月的活动")
        for words, key in (("champ", "rfm-1"), ("夜猫", None), ("十月 活动", None), ("rfm-1", "rfm-1")):
            found = admin_client.get(admin_url("changelist"), {"q": words}, headers=ENGLISH).context["cl"].result_list
            assert len(found) == 1, words
            assert key in (None, found[0].key)

    def test_a_line_shows_the_days(self, admin_client: Client) -> None:
        segment = SegmentFactory(size=5)
        page = admin_client.get(admin_url("changelist"), headers=ENGLISH).content.decode()
        assert "From 5 to 5 persons" in page
        SegmentDay.objects.create(segment=segment, day=timezone.localdate(), size=5, entered=3)
        Segment.objects.update(created_at=timezone.now() - timedelta(days=3))
        assert "From 2 to 5 persons" in admin_client.get(admin_url("changelist"), headers=ENGLISH).content.decode()

    def test_days_between_those_kept_are_as_the_day_before(self) -> None:
        segment, today = SegmentFactory(size=7), timezone.localdate()
        segment.created_at = timezone.now() - timedelta(days=90)
        kept = [
            SegmentDay(day=today - timedelta(days=3), size=4, entered=1, left=2),
            SegmentDay(day=today, size=7, entered=3),
        ]
        assert [day.size for day in trend(segment, kept, today, 6)] == [5, 5, 4, 4, 4, 7]
        assert [day.entered for day in trend(segment, kept, today, 6)] == [0, 0, 1, 0, 0, 3]

    def test_the_first_day_is_the_one_on_which_it_was_made_by_the_clock_here(self) -> None:
        segment = SegmentFactory()
        segment.created_at = datetime(2026, 5, 1, 17, tzinfo=UTC)  # one o'clock on the second of May here
        assert [each.day for each in trend(segment, [], date(2026, 5, 3), 30)] == [date(2026, 5, 2), date(2026, 5, 3)]


class TestThePage:
    """One segment, from what is kept of it."""

    def test_it_tells_the_rule_the_size_and_who_came(self, admin_client: Client) -> None:
        segment = SegmentFactory(rule=VIEWED, name="常客")
        membership.replace(segment, [account.pk for account in LinkedAccountFactory.create_batch(3)])
        text = page_of(admin_client, segment).content.decode()
        assert "at least 2 times within 30 days" in text
        assert "常客" in text
        assert page_of(admin_client, segment).context["page"]["entered"] == 3

    def test_some_members_are_shown_to_those_who_may_see_persons(self, client: Client, admin_client: Client) -> None:
        segment, account = SegmentFactory(), LinkedAccountFactory()
        membership.replace(segment, [account.pk])
        sample = admin_url("sample", segment.pk)
        assert (
            reverse("admin:accounts_person_change", args=[account.person_id])
            in admin_client.get(sample).content.decode()
        )
        watcher = UserFactory(is_staff=True)
        group = staff_groups.marketers()
        watcher.groups.add(group)
        client.force_login(watcher)
        assert client.get(sample).status_code == 200
        group.permissions.remove(group.permissions.get(codename="view_linkedaccount"))
        assert client.get(sample).status_code == 403
        assert "segment-sample" not in page_of(client, segment).content.decode()

    def test_who_withdrew_is_not_among_them(self, admin_client: Client) -> None:
        segment, account = SegmentFactory(), LinkedAccountFactory()
        membership.replace(segment, [account.pk])
        account.profiling = False
        account.save()
        assert account.external_id not in admin_client.get(admin_url("sample", segment.pk)).content.decode()

    def test_switched_off_it_loses_its_members_and_switched_on_it_finds_them(self, admin_client: Client) -> None:
        EventFactory()
        segment = SegmentFactory()
        for verb, active, size in (("rebuild", True, 1), ("deactivate", False, 0), ("activate", True, 1)):
            admin_client.get(admin_url(verb, segment.pk))
            assert not Job.objects.open().exists()
            admin_client.post(admin_url(verb, segment.pk), ASKED_AND_ANSWERED)
            run_jobs()
            segment.refresh_from_db()
            assert (segment.is_active, segment.size) == (active, size), verb
        assert admin_client.post(admin_url("activate", segment.pk), ASKED_AND_ANSWERED).status_code == 403

    def test_only_one_that_is_switched_off_and_not_asked_about_can_be_deleted(self, admin_client: Client) -> None:
        segment = SegmentFactory()
        asking = SegmentFactory(rule={"segment": segment.key})
        delete = admin_url("delete", segment.pk)
        assert admin_client.get(delete).status_code == 403
        Segment.objects.filter(pk=segment.pk).update(is_active=False)
        assert admin_client.get(delete).status_code == 200
        admin_client.post(delete, {"post": "yes"})
        assert Segment.objects.filter(pk=segment.pk).exists()
        asking.delete()
        admin_client.post(delete, {"post": "yes"})
        assert not Segment.objects.exists()

    def test_of_other_kinds_only_the_words_are_changed(self, admin_client: Client) -> None:
        segment = SegmentFactory(kind=SegmentKind.CLUSTER, rule=None, cluster=3, name="")
        form = admin_client.get(admin_url("edit", segment.pk)).context["adminform"].form
        assert list(form.fields) == ["name", "note"]
        admin_client.post(admin_url("edit", segment.pk), {"name": "安静的人", "rule": json.dumps(VIEWED)})
        segment.refresh_from_db()
        assert (segment.name, segment.rule, segment.kind) == ("安静的人", None, SegmentKind.CLUSTER)
        assert admin_client.post(admin_url("rebuild", segment.pk), ASKED_AND_ANSWERED).status_code == 403


class TestWhoMay:
    def test_marketers_write_rules_and_watchers_only_look(self, client: Client) -> None:
        segment, user = SegmentFactory(), UserFactory(is_staff=True)
        group = staff_groups.marketers()
        user.groups.add(group)
        client.force_login(user)
        assert client.post(admin_url("add"), written(VIEWED)).status_code == 302
        group.permissions.remove(*group.permissions.filter(codename__in=["add_segment", "change_segment"]))
        assert page_of(client, segment).status_code == 200
        for url in (admin_url("add"), admin_url("edit", segment.pk), admin_url("told"), admin_url("audience")):
            assert client.post(url, written(VIEWED)).status_code == 403


class TestFigures:
    """Differences, overlaps and the RFM grid, from what is kept."""

    def test_a_worker_compares_when_the_page_is_opened_and_then_it_shows(self, admin_client: Client) -> None:
        segment, other = SegmentFactory(size=12), SegmentFactory(name="别的")
        members = [ProfileFactory(traits={"spending": {"spent": 9_900, "tier": "high"}}).account for _ in range(12)]
        for _person in range(12):
            ProfileFactory(traits={"spending": {"spent": 0, "tier": "low"}})
        membership.replace(segment, [account.pk for account in members])
        membership.replace(other, [members[0].pk])
        assert "every 2s" in page_of(admin_client, segment).content.decode()
        assert page_of(admin_client, segment).status_code == 200
        assert Job.objects.count() == 1
        run_jobs()
        response = admin_client.get(admin_url("figures", segment.pk), headers=ENGLISH)
        text = response.content.decode()
        assert "every 2s" not in text
        assert "99 CNY, everyone" in text
        assert "spending tier: high" in text
        (shared,) = response.context["overlaps"]
        assert (shared.name, shared.persons, shared.of_this, shared.of_other) == ("别的", 1, 8, 100)

    def test_the_grid_covers_every_score_once_with_the_own_group_marked(self) -> None:
        assert segment_figures.grid(SegmentFactory()) == []
        segments = lay_grid()
        rows = segment_figures.grid(segments[0])
        assert [len(row) for row in rows] == [3, 2, 2, 3, 1]
        assert sum(block.rows * block.columns for row in rows for block in row) == 25
        own = [block.url for row in rows for block in row if block.is_own]
        assert own == [admin_url("change", segments[0].pk)]

    def test_the_grid_is_laid_after_a_question(self, admin_client: Client) -> None:
        admin_client.get(admin_url("lay_rfm_grid"))
        assert not Segment.objects.exists()
        admin_client.post(admin_url("lay_rfm_grid"), ASKED_AND_ANSWERED)
        assert Segment.objects.filter(kind=SegmentKind.RFM).count() == len(GRID)
        page = page_of(admin_client, Segment.objects.get(key="rfm-loyal")).content.decode()
        assert page.count('rowspan="') == len(GRID)
