"""Champion and challenger: who answers after a training, and why, in words."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils.translation import override

from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job
from recommend import measuring, schedule
from recommend.evaluation import Difference
from recommend.models import ModelVersion, TrainingSchedule
from recommend.promotion import Activation, Decision, Ground, Rival, decide
from tests.partner import Partner, batch, event
from tests.recommend.trained import GROUPS, ITEMS, LEARNERS, planted_partner, trained

WITHIN_NOISE = Difference(0.001, -0.002, 0.004, 500)
ABOVE = Difference(0.02, 0.01, 0.03, 500)
SLIGHTLY_BELOW = Difference(-0.001, -0.0015, -0.0005, 500)
BELOW = Difference(-0.02, -0.03, -0.01, 500)

OTHER, SAME = Rival("ease v3", False, mean=0.2), Rival("ease v3", True, mean=0.2)


class TestDeciding:
    @pytest.mark.parametrize(
        ("activation", "champion", "difference", "ground"),
        [
            (Activation.IF_BETTER, None, None, Ground.FIRST),
            (Activation.IF_BETTER, OTHER, ABOVE, Ground.BETTER),
            (Activation.IF_BETTER, OTHER, WITHIN_NOISE, Ground.NOT_BETTER),
            (Activation.IF_BETTER, OTHER, None, Ground.UNMEASURED),
            (Activation.IF_BETTER, Rival("ease v3", False, is_readable=False), None, Ground.UNREADABLE),
            (Activation.IF_NO_WORSE, OTHER, SLIGHTLY_BELOW, Ground.NO_WORSE),
            (Activation.IF_NO_WORSE, OTHER, WITHIN_NOISE, Ground.MAYBE_WORSE),
            (Activation.IF_NO_WORSE, OTHER, BELOW, Ground.MAYBE_WORSE),
            (Activation.IF_NO_WORSE, SAME, WITHIN_NOISE, Ground.FRESHER),
            (Activation.IF_NO_WORSE, SAME, None, Ground.FRESHER),
            (Activation.IF_NO_WORSE, SAME, BELOW, Ground.WORSE),
            (Activation.ALWAYS, OTHER, BELOW, Ground.ASKED),
            (Activation.NEVER, OTHER, ABOVE, Ground.NOT_ASKED),
        ],
    )
    def test_only_what_is_better_beyond_noise_or_asked_for(
        self, activation: Activation, champion: Rival | None, difference: Difference | None, ground: Ground
    ) -> None:
        decision = decide(activation, champion, difference)
        assert decision.ground == ground
        assert decision.takes_over == (
            ground in (Ground.FIRST, Ground.BETTER, Ground.UNREADABLE, Ground.NO_WORSE, Ground.FRESHER, Ground.ASKED)
        )

    def test_the_reason_is_told_in_both_languages(self) -> None:
        kept = decide(Activation.IF_BETTER, OTHER, WITHIN_NOISE)
        assert kept.line() == (
            "Kept ease v3, for it is not beaten beyond noise: "
            "NDCG@10 differs by +0.0010 [-0.0020, +0.0040] over 500 people."
        )
        with override("zh-hans"):
            assert "ease v3" in kept.words()
            assert kept.words() != kept.line()

    @pytest.mark.parametrize("ground", list(Ground))
    def test_every_reason_has_words(self, ground: Ground) -> None:
        for difference in (None, ABOVE):
            assert "%(" not in Decision(True, ground, "ease v3", difference).words()


def latest_of(job: Job) -> ModelVersion:
    assert not job.error
    return ModelVersion.objects.get(pk=job.result["model_id"])


def trained_again() -> ModelVersion:
    """What the night makes of the model that answers."""
    job = schedule.enqueue(TrainingSchedule.the_one())
    assert job is not None
    return latest_of(jobs.run(job.pk))


def something_happens(shop: Partner) -> None:
    """Everybody meets one more course of their group."""
    start = datetime.now(UTC) - timedelta(hours=2)
    events = [
        event(
            user_id=f"l{learner}",
            item_id=f"c{learner % GROUPS + GROUPS * ((learner // GROUPS + 3) % (ITEMS // GROUPS))}",
            timestamp=(start + timedelta(minutes=learner)).isoformat(),
        )
        for learner in range(LEARNERS)
    ]
    assert shop.post("/events", batch(*events)).json()["accepted"] == LEARNERS


@pytest.mark.django_db
class TestTheNight:
    def test_fresher_data_is_presumed_to_help_where_too_little_has_happened(self) -> None:
        planted_partner()
        trained("ease")
        version = trained_again()
        assert version.is_active
        assert version.decision["ground"] == "fresher"
        assert version.comparison == {}

    def test_the_model_that_answers_is_asked_itself_what_has_happened_since(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(measuring, "FEWEST_NEWS", 20)
        shop = planted_partner()
        before = trained("ease")
        something_happens(shop)
        version = trained_again()
        assert version.is_active
        assert (version.comparison["champion"], version.comparison["is_refitted"]) == (str(before), False)
        assert version.report["questions"] == LEARNERS
        assert version.comparison["report"]["ndcg"]["10"] > 0.5, "it knows the tastes, which have stayed"

    def test_a_model_that_has_become_worse_beyond_noise_does_not_take_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(measuring, "FEWEST_NEWS", 20)
        shop = planted_partner()
        before = trained("ease")
        something_happens(shop)
        ruin_histories(monkeypatch)
        version = trained_again()
        assert version.decision["ground"] == "worse"
        assert ModelVersion.objects.active() == before


def ruin_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let trainings from now on learn from courses that nobody has met."""
    whole = measuring.Recipe.whole

    def of_nonsense(self, interactions, progress, start=None):
        items = (interactions.items + interactions.users) % interactions.n_items
        return whole(self, replace(interactions, items=items), progress, start)

    monkeypatch.setattr(measuring.Recipe, "whole", of_nonsense)


@pytest.mark.django_db
class TestTheComparison:
    def test_another_recipe_is_measured_beside_the_champions_recipe_trained_on_the_same_part(self) -> None:
        planted_partner()
        champion, challenger = trained("popularity"), trained("ease", Activation.IF_BETTER)
        comparison = challenger.comparison
        assert (comparison["champion_id"], comparison["is_refitted"]) == (str(champion.pk), True)
        assert comparison["ndcg"]["low"] > 0
        assert comparison["report"]["ndcg"]["10"] == pytest.approx(champion.metrics["ndcg@10"], abs=1e-4)
        assert comparison["slices"][0]["kind"] == "platform"
        job = challenger.job
        assert any("Better than popularity v1 beyond noise" in line.message for line in job.log_lines.all())

    def test_a_champion_whose_files_are_gone_is_replaced(self) -> None:
        planted_partner()
        champion = trained("ease")
        shutil.rmtree(settings.MEDIA_ROOT / "models" / str(champion.pk))
        version = trained("popularity", Activation.IF_BETTER)
        assert version.is_active
        assert version.decision["ground"] == "unreadable"

    def test_slices_tell_of_platforms_lengths_of_history_and_segments(self) -> None:
        planted_partner()
        told = {(each["kind"], each["name"]) for each in trained("ease").report["slices"]}
        assert ("history", "1-2") in told
        assert any(kind == "platform" for kind, _name in told)


@pytest.mark.django_db
def test_a_version_tells_what_it_was_made_of() -> None:
    planted_partner("shop")
    first = trained("bilinear", seed=3)
    snapshot = first.snapshot
    assert snapshot["events"] == {"shop": {"view": 3 * LEARNERS}}
    assert datetime.fromisoformat(snapshot["first"]) < datetime.fromisoformat(snapshot["last"])
    assert (snapshot["consent"], snapshot["joined"], first.seed) == ("recommendation", "cross_platform", 3)
    assert {"python", "numpy", "torch"} <= set(first.environment)
    assert trained("popularity").snapshot["digest"] == snapshot["digest"], "the same data"
