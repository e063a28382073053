"""Searching for settings: what may be tried, and what becomes of it."""

import pytest

from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from recommend import searching, training_data
from recommend.algorithms.base import InvalidConfig
from recommend.algorithms.registry import ALGORITHMS
from recommend.models import Search
from recommend.search_space import FIXED, Choice, Range, space_of
from recommend.searching import enqueue_search
from tests.recommend.trained import LEARNERS, planted_partner


def done(algorithm: str, trials: int = 6, **settings: object) -> Search:
    """A search that was carried out in this process."""
    search = enqueue_search(algorithm, settings, trials, to_worker=False)
    job = jobs.run(search.job_id)
    assert job.state == JobState.SUCCEEDED, job.error
    search.refresh_from_db()
    return search


class TestTheSpace:
    @pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
    def test_all_that_it_holds_can_be_set(self, algorithm: type) -> None:
        for each in space_of(algorithm.Config):
            assert each.name not in FIXED
            values = each.values if isinstance(each, Choice) else (each.low, each.high)
            for value in values:
                whole = isinstance(each, Range) and each.is_whole
                algorithm.configure({each.name: int(value) if whole else value})

    def test_numbers_are_tried_around_their_default_within_their_bounds(self) -> None:
        (half_life,) = space_of(ALGORITHMS["popularity"].Config)
        assert half_life == Range("half_life_days", 30 / 8, 240, is_whole=False, is_logarithmic=True)


@pytest.mark.django_db
class TestSearching:
    def test_it_tries_as_many_as_asked_and_keeps_the_best(self) -> None:
        planted_partner()
        search = done("ease")
        assert len(search.trials) == 6
        ended = [trial["ndcg"] for trial in search.trials if trial["state"] == "done"]
        assert search.best == max(ended)
        best = next(trial for trial in search.trials if trial["ndcg"] == search.best)
        assert best["settings"].items() <= search.best_settings.items()
        assert ALGORITHMS["ease"].configure(searching.job_of_best(search))
        assert search.baseline > 0.3, "tastes were planted, so they can be found"

    def test_it_never_sees_what_models_are_compared_by(self) -> None:
        planted_partner()
        search = done("popularity", trials=1)
        compared_by = training_data.hold_out(training_data.load().interactions)
        asked = searching._questions()
        assert compared_by is not None
        assert search.questions == LEARNERS
        pairs = {*zip(compared_by.people.tolist(), compared_by.items.tolist(), strict=True)}
        assert not pairs & {*zip(asked.people.tolist(), asked.items.tolist(), strict=True)}
        known = asked.interactions
        assert not pairs & {*zip(known.users.tolist(), known.items.tolist(), strict=True)}

    def test_a_trial_that_cannot_be_trained_is_told_and_the_others_go_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        planted_partner()
        fit = ALGORITHMS["ease"].fit

        def fit_sometimes(self, interactions, *arguments):
            if self.config.regularization > 500:
                raise FloatingPointError("The matrix cannot be inverted.")
            return fit(self, interactions, *arguments)

        monkeypatch.setattr(ALGORITHMS["ease"], "fit", fit_sometimes)
        search = done("ease", trials=8)
        states = {trial["state"] for trial in search.trials}
        assert {"done", "failed"} <= states
        assert "inverted" in next(trial["words"] for trial in search.trials if trial["state"] == "failed")

    def test_it_can_be_cancelled_and_keeps_what_it_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "SECONDS_BETWEEN_WRITES", 0)  # a fast machine tries all between two writes
        planted_partner()
        search = enqueue_search("ease", {}, 50, to_worker=False)

        def cancel_after_two(job: object) -> None:
            if len(Search.objects.get(pk=search.pk).trials) >= 2:
                jobs.request_cancel(search.job)

        assert jobs.run(search.job_id, cancel_after_two).state == JobState.CANCELLED
        search.refresh_from_db()
        assert 2 <= len(search.trials) < 50

    def test_without_events_it_says_so(self) -> None:
        search = enqueue_search("ease", {}, 3, to_worker=False)
        job = jobs.run(search.job_id)
        assert job.state == JobState.FAILED
        assert "Nobody has three courses yet" in job.error

    def test_settings_that_do_not_exist_are_refused_before_anything_is_queued(self) -> None:
        with pytest.raises(InvalidConfig):
            enqueue_search("ease", {"unheard": 1})
        assert not Search.objects.exists()
