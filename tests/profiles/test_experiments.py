"""Experiments: arms by hash, exposures once, nobody moved by joining, and results from consented events only."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override

from accounts.models import ConsentSource, LinkedAccount, Person, Purpose
from accounts.services import linking
from accounts.services.consents import state_consents
from profiles.event_store import NewEvent, store
from profiles.experiment_results import Results, Verdict, results
from profiles.experiments import CannotStart, NotRunning, assign, assign_many, expose, held_out, start, stop
from profiles.models import Arm, EventType, Experiment, ExperimentState, Exposure, Measure
from tests.factories import ArmFactory, ExperimentFactory, LinkedAccountFactory, PersonFactory, PlatformFactory
from tests.side_by_side import side_by_side

LONG_AGO = timezone.now() - timedelta(days=60)
EXPOSED = LONG_AGO + timedelta(days=10)


def draft(*weights: int, **fields: Any) -> Experiment:
    """A draft with a control and arms `arm-1`, `arm-2`, ... of these weights."""
    experiment = ExperimentFactory(**fields)
    for number, weight in enumerate(weights or (1, 1)):
        slug = f"arm-{number}" if number else "control"
        ArmFactory(experiment=experiment, slug=slug, name=slug, weight=weight, is_control=not number)
    return experiment


def running(*weights: int, **fields: Any) -> Experiment:
    return start(draft(*weights, **fields), at=LONG_AGO)


def arm_of(experiment: Experiment, account: LinkedAccount) -> Arm | None:
    return assign(experiment, Person.objects.get(accounts=account)).arm


def agreeing(**fields: Any) -> LinkedAccount:
    return LinkedAccountFactory(profiling=True, cross_platform=True, **fields)


def join(first: LinkedAccount, second: LinkedAccount) -> None:
    linking.link(second, linking.create_link_code(first).code)


def pair_in_different_arms(experiment: Experiment) -> tuple[LinkedAccount, LinkedAccount]:
    """Two persons, of whom the one with the older account is in another arm than the other."""
    accounts = [agreeing() for _number in range(12)]
    first = accounts[0]
    return first, next(each for each in accounts if arm_of(experiment, each) != arm_of(experiment, first))


def did(account: LinkedAccount, event_type: str, at: datetime, value: float | None = None, times: int = 1) -> None:
    events = [
        NewEvent(f"{account.pk}-{event_type}-{at.timestamp()}-{number}", event_type, account.pk, None, value, at)
        for number in range(times)
    ]
    store(account.platform_id, events)


def state(account: LinkedAccount, purpose: Purpose, granted: bool) -> None:
    state_consents(account, {purpose: granted}, "test", ConsentSource.PERSON)


@pytest.mark.django_db
class TestLife:
    """A draft starts once its arms are ready, runs, and is stopped for good."""

    def test_it_starts_runs_and_stops(self) -> None:
        experiment = start(draft())
        assert experiment.state == ExperimentState.RUNNING
        assert stop(experiment).state == ExperimentState.STOPPED

    def test_it_needs_two_arms_and_a_control(self) -> None:
        with override("en"), pytest.raises(CannotStart, match="two or more"):
            start(draft(1))
        without_control = draft()
        without_control.arms.update(is_control=False)
        with override("en"), pytest.raises(CannotStart, match="control"):
            start(without_control)

    def test_it_runs_once(self) -> None:
        experiment = running()
        with pytest.raises(CannotStart):
            start(experiment)
        stop(experiment)
        with pytest.raises(CannotStart):
            start(experiment)
        with pytest.raises(NotRunning):
            stop(experiment)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"state": "running"},
            {"started_at": LONG_AGO},
            {"state": "stopped", "started_at": EXPOSED, "stopped_at": LONG_AGO},
            {"outcome_types": []},
            {"outcome_types": ["sleep"]},
            {"outcome_days": 0},
            {"planned_persons": 1},
        ],
    )
    def test_the_database_refuses_what_makes_no_sense(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Experiment.objects.filter(pk=draft().pk).update(**wrong)

    def test_the_database_keeps_one_control_and_weights_above_zero(self) -> None:
        experiment = draft()
        with pytest.raises(IntegrityError), transaction.atomic():
            experiment.arms.update(is_control=True)
        with pytest.raises(IntegrityError), transaction.atomic():
            experiment.arms.update(weight=0)

    def test_a_draft_can_be_thrown_away_and_even_one_that_exposed_people(self) -> None:
        experiment = running()
        expose(experiment, [agreeing().pk])
        experiment.delete()
        assert not Exposure.objects.exists()


@pytest.mark.django_db
class TestAssignment:
    """Who belongs where."""

    def test_arms_are_split_by_weight_and_always_the_same(self) -> None:
        experiment = running(1, 3)
        people = [LinkedAccountFactory().person_id for _number in range(200)]
        answers = assign_many(experiment, people)
        assert answers == assign_many(experiment, people)
        assert 120 <= sum(each.arm.slug == "arm-1" for each in answers.values() if each.arm) <= 180

    def test_many_are_assigned_in_few_queries(self, django_assert_max_num_queries: Any) -> None:
        experiment = running()
        people = [LinkedAccountFactory().person_id for _number in range(20)]
        with django_assert_max_num_queries(3):
            assign_many(experiment, people)

    @pytest.mark.parametrize("experiment_in", [draft, lambda: stop(running())])
    def test_nobody_belongs_anywhere_unless_it_runs(self, experiment_in: Any) -> None:
        assert arm_of(experiment_in(), agreeing()) is None

    def test_the_holdout_is_left_alone_by_experiments_that_say_so(self, settings: Any) -> None:
        settings.HOLDOUT_SHARE = 1.0
        account = agreeing()
        assert held_out([account.pk]) == {account.pk}
        leaving_alone = running(excludes_holdout=True)
        answer = assign(leaving_alone, account.person)
        assert answer.arm is None
        assert answer.is_held_out
        assert expose(leaving_alone, [account.pk]) == 0
        assert arm_of(running(excludes_holdout=False), account) is not None

    def test_a_person_without_accounts_belongs_nowhere(self) -> None:
        assert assign(running(), PersonFactory()).arm is None


@pytest.mark.django_db
class TestExposures:
    """Noted once for each person and experiment."""

    def test_the_first_one_is_noted_and_repeating_changes_nothing(self) -> None:
        experiment, accounts = running(), [agreeing() for _number in range(5)]
        keys = [each.pk for each in accounts]
        assert expose(experiment, keys, EXPOSED) == 5
        assert expose(experiment, keys + keys) == 0
        assert {each.exposed_at for each in Exposure.objects.all()} == {EXPOSED}
        for exposure in Exposure.objects.select_related("arm", "account"):
            assert exposure.arm == arm_of(experiment, exposure.account)

    def test_two_accounts_of_a_person_are_one_exposure(self) -> None:
        experiment, first = running(), agreeing()
        second = agreeing(person=first.person)
        assert expose(experiment, [second.pk, first.pk]) == 1
        assert Exposure.objects.get().account == second
        assert expose(experiment, [first.pk]) == 0

    def test_experiments_are_apart(self) -> None:
        account = agreeing()
        assert expose(running(), [account.pk]) == expose(running(), [account.pk]) == 1

    def test_nothing_is_noted_of_those_who_do_not_agree_to_profiles(self) -> None:
        assert expose(running(), [LinkedAccountFactory(profiling=False).pk]) == 0

    def test_only_a_running_experiment_exposes(self) -> None:
        account = agreeing()
        for experiment in (draft(), stop(running())):
            with pytest.raises(NotRunning):
                expose(experiment, [account.pk])
        with pytest.raises(ValueError, match="before the experiment started"):
            expose(running(), [account.pk], LONG_AGO - timedelta(seconds=1))

    def test_whoever_was_exposed_stays_whatever_weights_become(self) -> None:
        experiment, accounts = running(), [agreeing() for _number in range(20)]
        expose(experiment, [each.pk for each in accounts])
        before = [arm_of(experiment, each) for each in accounts]
        experiment.arms.filter(is_control=True).update(weight=1_000)
        assert [arm_of(experiment, each) for each in accounts] == before


@pytest.mark.django_db(transaction=True)
def test_processes_that_expose_the_same_people_at_once_note_each_once() -> None:
    experiment = running()
    first = [agreeing() for _number in range(10)]
    second = [agreeing(person=each.person) for each in first]
    keys = [each.pk for each in first]
    backwards = [each.pk for each in reversed(second)]
    noted = side_by_side(*[lambda keys=keys: expose(experiment, keys) for keys in (keys, backwards, keys, backwards)])
    assert sum(noted) == Exposure.objects.count() == 10


@pytest.mark.django_db
class TestJoining:
    """Joining and separating persons moves nobody who was exposed."""

    def test_joined_to_somebody_of_another_arm_who_was_exposed_stays(self) -> None:
        experiment = running()
        older, younger = pair_in_different_arms(experiment)
        arm = arm_of(experiment, younger)
        expose(experiment, [younger.pk])
        join(older, younger)
        assert arm_of(experiment, older) == arm_of(experiment, younger) == arm
        assert expose(experiment, [older.pk]) == 0

    def test_of_two_exposures_the_first_counts_for_both(self) -> None:
        experiment = running()
        older, younger = pair_in_different_arms(experiment)
        arm = arm_of(experiment, younger)
        expose(experiment, [younger.pk], EXPOSED)
        expose(experiment, [older.pk], EXPOSED + timedelta(hours=1))
        join(older, younger)
        assert arm_of(experiment, older) == arm
        assert Exposure.objects.count() == 2
        answer = results(experiment)
        assert sum(each.exposed for each in answer.arms) == answer.crossed == 1
        assert next(each for each in answer.arms if each.exposed).arm == arm

    def test_separated_again_each_is_where_they_were(self) -> None:
        experiment = running()
        older, younger = pair_in_different_arms(experiment)
        before = arm_of(experiment, older), arm_of(experiment, younger)
        join(older, younger)
        assert arm_of(experiment, younger) == before[0]
        linking.leave(LinkedAccount.objects.get(pk=younger.pk))
        assert (arm_of(experiment, older), arm_of(experiment, younger)) == before

    def test_an_exposure_goes_with_the_account_that_saw_it(self) -> None:
        experiment = running()
        older, younger = pair_in_different_arms(experiment)
        join(older, younger)
        expose(experiment, [younger.pk])
        linking.leave(LinkedAccount.objects.get(pk=younger.pk))
        assert not assign(experiment, Person.objects.get(accounts=older)).was_exposed
        assert assign(experiment, Person.objects.get(accounts=younger)).was_exposed

    def test_the_exposures_of_an_erased_account_are_gone(self) -> None:
        experiment, account = running(), agreeing()
        expose(experiment, [account.pk])
        account.delete()
        assert not Exposure.objects.exists()


def outcome_of(account: LinkedAccount, **fields: Any) -> float | None:
    """The mean of the arm that only this account was exposed to; the events must be there already."""
    experiment = running(**fields)
    expose(experiment, [account.pk], EXPOSED)
    return next(each.mean for each in results(experiment).arms if each.exposed)


@pytest.mark.django_db
class TestOutcomes:
    """What counts, how, and whose."""

    def test_it_is_counted_whether_how_often_or_how_much(self) -> None:
        account = agreeing()
        did(account, EventType.PURCHASE, EXPOSED + timedelta(days=1), 9_900, times=3)
        did(account, EventType.REFUND, EXPOSED + timedelta(days=2), 9_900)
        did(account, EventType.VIEW, EXPOSED + timedelta(days=2))
        assert outcome_of(account, outcome_measure=Measure.ANY) == 1
        assert outcome_of(account, outcome_measure=Measure.COUNT) == 3
        assert outcome_of(account, outcome_measure=Measure.SUM) == 29_700
        both = [EventType.PURCHASE, EventType.REFUND]
        assert outcome_of(account, outcome_measure=Measure.SUM, outcome_types=both) == 19_800

    def test_only_the_days_after_the_exposure_count(self) -> None:
        account = agreeing()
        for moment in (EXPOSED - timedelta(seconds=1), EXPOSED + timedelta(days=7)):
            did(account, EventType.PURCHASE, moment)
        for moment in (EXPOSED, EXPOSED + timedelta(days=7, seconds=-1)):
            did(account, EventType.PURCHASE, moment)
        assert outcome_of(account, outcome_measure=Measure.COUNT, outcome_days=7) == 2

    def test_whose_days_are_not_over_is_not_measured_yet(self) -> None:
        experiment, account = running(), agreeing()
        expose(experiment, [account.pk])
        answer = results(experiment)
        assert [sum(each.exposed for each in answer.arms), sum(each.measured for each in answer.arms)] == [1, 0]
        assert all(each.mean is None for each in answer.arms)

    def test_all_accounts_of_the_person_count_where_both_sides_share(self) -> None:
        account = agreeing()
        other = agreeing(person=account.person)
        did(other, EventType.PURCHASE, EXPOSED + timedelta(days=1))
        assert outcome_of(account) == 1
        state(other, Purpose.CROSS_PLATFORM, False)
        assert outcome_of(account) == 0
        state(other, Purpose.CROSS_PLATFORM, True)
        state(account, Purpose.CROSS_PLATFORM, False)
        assert outcome_of(account) == 0

    def test_withdrawing_profiles_takes_effect_at_once(self) -> None:
        experiment, account = running(), agreeing()
        other = agreeing(person=account.person)
        did(other, EventType.PURCHASE, EXPOSED + timedelta(days=1))
        expose(experiment, [account.pk], EXPOSED)
        state(other, Purpose.PROFILING, False)
        assert [each.mean for each in results(experiment).arms if each.exposed] == [0]
        state(account, Purpose.PROFILING, False)
        assert not any(each.exposed for each in results(experiment).arms)

    def test_nothing_came_of_a_draft(self) -> None:
        answer = results(draft(1, 1, 1))
        assert [each.verdict for each in answer.arms] == [None, Verdict.TOO_FEW, Verdict.TOO_FEW]
        assert answer.days == []


def crowd(experiment: Experiment, persons: int, chances: dict[str, int]) -> None:
    """Expose so many persons over ten days; of each arm's, so many in ten buy the next day."""
    platform = PlatformFactory(profiling_default=True)
    people = Person.objects.bulk_create(Person() for _number in range(persons))
    accounts = LinkedAccount.objects.bulk_create(
        LinkedAccount(platform=platform, external_id=f"u{number}", person=person)
        for number, person in enumerate(people)
    )
    for day in range(10):
        expose(experiment, [each.pk for each in accounts[day::10]], EXPOSED + timedelta(days=day))
    places: dict[str, int] = {}
    events = []
    for exposure in Exposure.objects.filter(experiment=experiment).select_related("arm").order_by("pk"):
        place = places[exposure.arm.slug] = places.get(exposure.arm.slug, -1) + 1
        if place % 10 < chances[exposure.arm.slug]:
            at = exposure.exposed_at + timedelta(days=1)
            events.append(NewEvent(f"e{exposure.pk}", EventType.PURCHASE, exposure.account_id, None, 9_900, at))
    store(platform.pk, events)


def of_arm(answer: Results, slug: str) -> Any:
    return next(each for each in answer.arms if each.arm.slug == slug)


@pytest.mark.django_db
class TestResults:
    """What is told of arms beside the control."""

    def test_effects_up_and_down_and_none_are_told_apart(self) -> None:
        experiment = running(1, 1, 1, 1)
        crowd(experiment, 2_400, {"control": 3, "arm-1": 5, "arm-2": 1, "arm-3": 3})
        answer = results(experiment)
        assert [each.verdict for each in answer.arms] == [None, Verdict.MORE, Verdict.LESS, Verdict.UNDECIDED]
        better = of_arm(answer, "arm-1")
        assert better.mean == pytest.approx(0.5, abs=0.02)
        assert better.series.lift_low[-1] < 2 / 3 < better.series.lift_high[-1]
        assert len(answer.days) == 10
        widths = better.series.high - better.series.low
        assert widths[-1] < widths[~np.isnan(widths)][0]
        assert not answer.is_suspicious

    def test_few_people_are_not_enough_to_tell(self) -> None:
        experiment = running()
        crowd(experiment, 150, {"control": 1, "arm-1": 9})
        assert of_arm(results(experiment), "arm-1").verdict == Verdict.TOO_FEW

    def test_lost_persons_are_noticed(self) -> None:
        experiment = running()
        crowd(experiment, 1_000, {"control": 1, "arm-1": 1})
        lost = Exposure.objects.filter(arm__slug="arm-1").order_by("pk")[:300]
        Exposure.objects.filter(pk__in=list(lost.values_list("pk", flat=True))).delete()
        assert results(experiment).is_suspicious

    def test_it_takes_one_query_however_many_took_part(self, django_assert_num_queries: Any) -> None:
        experiment = running()
        crowd(experiment, 200, {"control": 1, "arm-1": 1})
        with django_assert_num_queries(2):  # the arms, and everything else
            results(experiment)

    def test_history_makes_it_more_certain(self) -> None:
        experiment = running(outcome_measure=Measure.COUNT)
        crowd(experiment, 600, {"control": 3, "arm-1": 3})
        for number, exposure in enumerate(Exposure.objects.select_related("account")):
            for at in (exposure.exposed_at - timedelta(days=2), exposure.exposed_at + timedelta(days=3)):
                did(exposure.account, EventType.PURCHASE, at, times=number % 5)
        assert results(experiment).reduction > 0.6

    def test_results_stay_after_the_end(self) -> None:
        experiment = running()
        crowd(experiment, 300, {"control": 3, "arm-1": 3})
        before = of_arm(results(experiment), "arm-1")
        assert of_arm(results(stop(experiment)), "arm-1").mean == before.mean
