"""The desk of experiments: drafts with their arms, started and stopped after a question, read on one page."""

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from crossmarket import staff_groups
from profiles.experiments import start
from profiles.models import Arm, Experiment, ExperimentState, Exposure
from tests.factories import ArmFactory, ExperimentFactory, UserFactory
from tests.profiles.test_experiments import crowd, draft, running

pytestmark = pytest.mark.django_db

ASKED_AND_ANSWERED = {"_form_submitted": "on"}
ENGLISH = {"Accept-Language": "en"}


def admin_url(name: str, *args: Any) -> str:
    return reverse(f"admin:profiles_experiment_{name}", args=args)


def plan(*arms: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the form sends for an experiment with these arms."""
    form: dict[str, Any] = {
        "name": "横幅颜色",
        "slug": "banner",
        "hypothesis": "绿色更好",
        "outcome_types": ["purchase", "complete"],
        "outcome_measure": "count",
        "outcome_days": 14,
        "history_days": 28,
        "planned_persons": 5_000,
        "arms-TOTAL_FORMS": len(arms),
        "arms-INITIAL_FORMS": sum("id" in arm for arm in arms),
    }
    for number, arm in enumerate(arms):
        form |= {f"arms-{number}-{name}": value for name, value in arm.items()}
    return form | fields


A = {"name": "蓝", "slug": "blue", "weight": 1, "is_control": "on"}
B = {"name": "绿", "slug": "green", "weight": 2}


def words_of(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def page_of(client: Client, experiment: Experiment) -> Any:
    return client.get(admin_url("change", experiment.pk), headers=ENGLISH)


class TestDrafts:
    """A draft is written with its arms, and changed until it starts."""

    def test_it_is_made_with_its_arms(self, admin_client: Client) -> None:
        response = admin_client.post(admin_url("add"), plan(A, B))
        assert response.status_code == 302, response.context["errors"]
        experiment = Experiment.objects.get()
        assert experiment.outcome_types == ["purchase", "complete"]
        arms = set(experiment.arms.values_list("slug", "weight", "is_control"))
        assert arms == {("blue", 1, True), ("green", 2, False)}

    @pytest.mark.parametrize(
        ("arms", "fields"),
        [
            ((A, B | {"is_control": "on"}), {}),
            ((A, B | {"slug": "blue"}), {}),
            ((A, B | {"weight": 0}), {}),
            ((A, B), {"outcome_types": []}),
            ((A, B), {"outcome_types": ["sleep"]}),
            ((A, B), {"outcome_days": 0}),
            ((A, B), {"history_days": 1_000}),
            ((A, B), {"planned_persons": 5}),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(
        self, admin_client: Client, arms: Any, fields: dict[str, Any]
    ) -> None:
        response = admin_client.post(admin_url("add"), plan(*arms, **fields))
        assert response.status_code == 200
        assert response.context["errors"]
        assert not Experiment.objects.exists()

    def test_the_control_can_pass_from_one_arm_to_another(self, admin_client: Client) -> None:
        experiment = ExperimentFactory()
        first = ArmFactory(experiment=experiment)
        second = ArmFactory(experiment=experiment, is_control=True)
        arms = [
            {"id": arm.pk, "experiment": experiment.pk, "name": arm.name, "slug": arm.slug, "weight": 1}
            for arm in (first, second)
        ]
        arms[0]["is_control"] = "on"
        admin_client.post(admin_url("change", experiment.pk), plan(*arms))
        assert Arm.objects.get(is_control=True) == first

    def test_once_started_only_its_words_change(self, admin_client: Client) -> None:
        experiment = running()
        admin_client.post(admin_url("change", experiment.pk), plan(name="新名字"))
        experiment.refresh_from_db()
        assert (experiment.name, experiment.outcome_days, experiment.arms.count()) == ("新名字", 7, 2)
        assert experiment.outcome_types == ["purchase"]

    def test_only_drafts_can_be_thrown_away(self, admin_client: Client) -> None:
        for experiment, status in ((draft(), 200), (running(), 403)):
            assert admin_client.get(admin_url("delete", experiment.pk)).status_code == status


class TestStartingAndStopping:
    """Both ask first."""

    def test_they_ask_and_then_do(self, admin_client: Client) -> None:
        experiment = draft()
        for verb, before, after in (
            ("start", ExperimentState.DRAFT, ExperimentState.RUNNING),
            ("stop", ExperimentState.RUNNING, ExperimentState.STOPPED),
        ):
            admin_client.get(admin_url(verb, experiment.pk))
            assert Experiment.objects.get().state == before
            admin_client.post(admin_url(verb, experiment.pk), ASKED_AND_ANSWERED)
            assert Experiment.objects.get().state == after
            assert admin_client.post(admin_url(verb, experiment.pk), ASKED_AND_ANSWERED).status_code == 403

    def test_a_draft_that_is_not_ready_says_what_is_missing(self, admin_client: Client) -> None:
        experiment = draft(1)
        response = admin_client.post(admin_url("start", experiment.pk), ASKED_AND_ANSWERED, headers=ENGLISH)
        assert "two or more" in words_of(response)
        assert Experiment.objects.get().state == ExperimentState.DRAFT

    def test_marketers_run_experiments_and_others_do_not(self, client: Client) -> None:
        experiment, user = draft(), UserFactory(is_staff=True)
        client.force_login(user)
        assert client.post(admin_url("start", experiment.pk), ASKED_AND_ANSWERED).status_code == 403
        user.groups.add(staff_groups.marketers())
        client.post(admin_url("start", experiment.pk), ASKED_AND_ANSWERED)
        assert Experiment.objects.get().state == ExperimentState.RUNNING


class TestResults:
    """One page tells in words, numbers and a chart what came of it."""

    def test_a_difference_is_told_in_words_and_drawn(self, admin_client: Client) -> None:
        experiment = running()
        crowd(experiment, 1_000, {"control": 3, "arm-1": 6})
        context = page_of(admin_client, experiment).context
        (words,) = context["verdicts"]
        assert words.startswith("arm-1 does better than control: ")
        assert words.endswith(" % more.")
        ((_arm, chart),) = context["charts"]
        lower, upper, lift = (dataset["data"] for dataset in json.loads(chart)["datasets"])
        assert lower[0] is None
        assert 0 < lower[-1] < lift[-1] < upper[-1]
        assert lift[-1] == pytest.approx(100, abs=5)

    @pytest.mark.parametrize(
        ("chances", "persons", "expected"),
        [
            ({"control": 6, "arm-1": 3}, 1_000, "does worse than control"),
            ({"control": 3, "arm-1": 3}, 600, "cannot be told apart yet: the difference is between −"),
            ({"control": 3, "arm-1": 3}, 50, "not enough people yet"),
        ],
    )
    def test_other_verdicts(self, admin_client: Client, chances: dict[str, int], persons: int, expected: str) -> None:
        experiment = running()
        crowd(experiment, persons, chances)
        assert expected in page_of(admin_client, experiment).content.decode()

    def test_wrong_sizes_are_warned_of(self, admin_client: Client) -> None:
        experiment = running()
        crowd(experiment, 400, {"control": 3, "arm-1": 3})
        warning = "Do not trust these results"
        assert warning not in page_of(admin_client, experiment).content.decode()
        Exposure.objects.filter(arm__is_control=True).delete()
        assert warning in page_of(admin_client, experiment).content.decode()

    def test_one_that_just_started_and_a_draft_show_no_chart(self, admin_client: Client) -> None:
        assert "results" not in page_of(admin_client, draft()).context
        response = page_of(admin_client, start(draft()))
        assert response.context["charts"] == []
        assert "not enough people yet" in response.content.decode()
