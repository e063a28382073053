"""Models tried beside the one that answers: on some people by an experiment, and in the shadow of what was answered."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from accounts.models import ConsentSource, Purpose
from accounts.services.consents import state_consents
from profiles import experiments
from profiles.models import Experiment, Exposure
from recommend import ab_tests, shadows, versions
from recommend.models import ModelVersion, Recommendation, ShadowAnswer
from recommend.serving.record import store_pending
from tests.factories import ModelVersionFactory, RecommendationFactory
from tests.partner import Partner, batch, event
from tests.recommend.test_versions import folder_of
from tests.recommend.trained import LEARNERS, planted_partner, trained

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HOLDOUT_SHARE", 0.0)


def models_of(shop: Partner) -> dict[str, str]:
    """Which algorithm answers each learner."""
    return {f"l{n}": shop.recommended(f"l{n}")["model"]["name"] for n in range(LEARNERS)}


def begun(shop: Partner, percent: int = 50) -> Experiment:
    """Popularity answers, and EASE is tried on some."""
    challenger = trained("ease")
    trained("popularity")
    return ab_tests.begin(challenger, percent)


class TestOnSomePeople:
    def test_each_arm_is_answered_by_its_model_and_always_the_same(self) -> None:
        shop = planted_partner()
        experiment = begun(shop)
        first = models_of(shop)
        assert set(first.values()) == {"ease", "popularity"}
        assert models_of(shop) == first
        for account in shop.platform.accounts.select_related("person"):
            arm = experiments.assign(experiment, account.person).arm
            assert arm is not None
            assert arm.name.startswith(first[account.external_id])

    def test_who_was_answered_is_exposed_once(self) -> None:
        shop = planted_partner()
        experiment = begun(shop)
        for _ in range(2):
            models_of(shop)
            store_pending()
        assert Exposure.objects.filter(experiment=experiment).count() == LEARNERS
        for answer in Recommendation.objects.select_related("account", "model"):
            assert Exposure.objects.get(account=answer.account).arm.name == str(answer.model)

    def test_strangers_and_those_who_are_not_measured_get_the_model_of_everybody(self) -> None:
        shop = planted_partner()
        challenger = trained("ease")
        trained("popularity")
        unmeasured = shop.platform.accounts.get(external_id="l1")
        state_consents(unmeasured, {Purpose.PROFILING: False}, "v1", ConsentSource.PERSON)
        ab_tests.begin(challenger, 99)
        assert shop.recommended("l1")["model"]["name"] == "popularity"
        assert shop.get("/recommendations").json()["model"]["name"] == "popularity"
        store_pending()
        assert not Exposure.objects.exists()

    def test_when_it_is_stopped_everybody_is_answered_by_the_active_one_at_once(self) -> None:
        shop = planted_partner()
        experiment = begun(shop)
        models_of(shop)
        experiments.stop(experiment)
        assert set(models_of(shop).values()) == {"popularity"}
        assert store_pending() == 2 * LEARNERS, "answers of before are kept, though nobody is exposed any more"

    def test_arms_keep_their_models_whatever_is_activated(self) -> None:
        shop = planted_partner()
        begun(shop)
        before = models_of(shop)
        trained("ease", regularization=9)
        assert models_of(shop) == before

    def test_an_arm_whose_model_cannot_be_read_is_answered_by_the_active_one_and_measures_nobody(self) -> None:
        shop = planted_partner()
        challenger = trained("ease")
        trained("popularity")
        (folder_of(challenger) / "model.json").unlink()
        ab_tests.begin(challenger, 50)
        assert set(models_of(shop).values()) == {"popularity"}
        store_pending()
        assert {exposure.arm.name for exposure in Exposure.objects.all()} == {"popularity v1"}

    def test_one_at_a_time_and_only_beside_another_model(self) -> None:
        planted_partner()
        only = trained("ease")
        with override("en"), pytest.raises(ab_tests.CannotTry, match="compare"):
            ab_tests.begin(only)
        trained("popularity")
        ab_tests.begin(only)
        with override("en"), pytest.raises(ab_tests.CannotTry, match="stop it first"):
            ab_tests.begin(only)

    def test_models_of_experiments_are_not_thrown_away(self, django_capture_on_commit_callbacks: Any) -> None:
        planted_partner()
        challenger = trained("ease")
        trained("popularity")
        ab_tests.begin(challenger)
        for number in range(100, 100 + versions.KEPT):
            ModelVersionFactory(algorithm="ease", number=number)
        versions.drop_old("ease")
        assert ModelVersion.objects.filter(pk=challenger.pk).exists()


class TestInTheShadow:
    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shadows, "SETTLES_IN", timedelta(0))

    def answered(self, shop: Partner) -> None:
        """Answers to everybody by the active model."""
        models_of(shop)
        store_pending()

    def test_its_lists_are_those_it_would_have_given(self) -> None:
        shop = planted_partner()
        ease = trained("ease")
        would_give = [each["item_id"] for each in shop.recommended("l1")["items"]]
        trained("popularity")
        shadow = shadows.start(ease, 1.0)
        given = shop.recommended("l1")
        store_pending()
        now = timezone.now().isoformat()
        shop.post("/events", batch(event(user_id="l1", item_id=would_give[0], timestamp=now)))
        assert shadows.follow() == 1
        answer = ShadowAnswer.objects.get(shadow=shadow)
        listed = dict(shop.platform.courses.values_list("pk", "item_id"))
        assert [listed[pk] for pk in answer.course_ids] == would_give, "what came later is not looked at"
        assert str(answer.recommendation_id) == given["recommendation_id"]

    def test_of_a_share_of_the_answers_each_is_looked_at_once(self) -> None:
        shop = planted_partner()
        ease = trained("ease")
        trained("popularity")
        shadow = shadows.start(ease, 0.5)
        self.answered(shop)
        made = shadows.follow()
        assert LEARNERS / 6 < made < LEARNERS
        assert shadows.follow() == 0
        assert shadow.answers.count() == made

    def test_answers_that_are_stored_late_are_looked_at_too(self) -> None:
        shop = planted_partner()
        ease = trained("ease")
        shadows.start(ease, 1.0)
        early = shop.recommended("l1")["recommendation_id"]
        store_pending()
        late = RecommendationFactory(
            account=shop.platform.accounts.get(external_id="l2"),
            course_ids=[shop.platform.courses.first().pk],
            created_at=timezone.now(),
        )
        Recommendation.objects.filter(pk=late.pk).delete()
        shop.recommended("l3")
        store_pending()
        assert shadows.follow() == 2
        late.save(force_insert=True)
        assert shadows.follow() == 1
        looked_at = ShadowAnswer.objects.values_list("recommendation", flat=True)
        assert {str(each) for each in looked_at} >= {early, str(late.pk)}

    def test_a_model_in_its_own_shadow_is_alike_in_everything(self) -> None:
        shop = planted_partner()
        shadow = shadows.start(trained("ease"), 1.0)
        self.answered(shop)
        shadows.follow()
        found = shadows.figures(shadow)
        assert (found.answers, found.overlap, found.correlation) == (LEARNERS, 1.0, 1.0)

    def test_it_tells_which_clicks_it_would_have_caught(self) -> None:
        shop = planted_partner()
        ease = trained("ease")
        trained("popularity")
        shadow = shadows.start(ease, 1.0)
        answers = {f"l{n}": shop.recommended(f"l{n}", limit=3) for n in range(6)}
        store_pending()
        shadows.follow()
        clicks = [
            event(
                type="click", user_id=user, item_id=answer["items"][0]["item_id"],
                timestamp=timezone.now().isoformat(), context={"recommendation_id": answer["recommendation_id"]},
            )
            for user, answer in answers.items()
        ]  # fmt: skip
        clicks.append(event(type="click", user_id="l1", context={"recommendation_id": "nonsense"}))
        shop.post("/events", batch(*clicks))
        found = shadows.figures(shadow)
        listed = dict(shop.platform.courses.values_list("item_id", "pk"))
        caught = sum(
            listed[answer["items"][0]["item_id"]]
            in ShadowAnswer.objects.get(recommendation=UUID(answer["recommendation_id"])).course_ids
            for answer in answers.values()
        )
        assert (found.clicks, found.caught) == (6, caught)

    def test_a_shadow_whose_model_cannot_be_read_ends(self) -> None:
        shop = planted_partner()
        ease = trained("ease")
        trained("popularity")
        shadow = shadows.start(ease, 1.0)
        (folder_of(ease) / "model.json").unlink()
        self.answered(shop)
        shadows.follow()
        shadow.refresh_from_db()
        assert shadow.stopped_at is not None
        assert not shadow.answers.exists()

    def test_it_ends_when_somebody_says_so(self) -> None:
        shop = planted_partner()
        version = trained("ease")
        shadows.start(version, 1.0)
        assert shadows.stop(version) == 1
        self.answered(shop)
        assert shadows.follow() == 0
