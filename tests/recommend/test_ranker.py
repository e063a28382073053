"""The ranker as mathematics: what was planted is found, and what was merely shown first is not taken for liked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommend.algorithms.artifacts import CorruptedArtifact
from recommend.algorithms.base import EmptyDataset, InvalidConfig
from recommend.ranking import training
from recommend.ranking.circumstances import ASKED_FEATURES, Question
from recommend.ranking.examples import NOWHERE, Examples
from recommend.ranking.measures import auc, calibration_error, log_loss, ndcg_of_lists
from recommend.ranking.measuring import chances_of, figures_of
from recommend.ranking.ranker import Background, Candidates, Ranker
from tests.recommend.planted_lists import LIKED, SCORE, VOCABULARY, Lists, planted_lists, ranker, seen_at, trained

UNSEEN = planted_lists(seed=1, count=300)
FEW = planted_lists(count=300)


@pytest.fixture(scope="module")
def biased() -> Lists:
    """Lists in the order of a number that nobody cares for, of which mostly the first places were looked at."""
    return planted_lists(misleading=2.0)


@pytest.fixture(scope="module")
def unbiased(biased: Lists) -> Ranker:
    return trained(biased)


def true_ndcg(model: Ranker, lists: Lists) -> float:
    """How well its order meets what people truly like."""
    worth = model.worth(chances_of(model, lists.examples))
    return float(ndcg_of_lists(worth, lists.liking, lists.examples.offsets, 10).mean())


def candidates_of(examples: Examples, count: int) -> Candidates:
    return Candidates(
        examples.numbers[:count], examples.category[:count], examples.kind[:count], examples.teacher[:count]
    )


class TestPlaces:
    def test_what_was_shown_first_is_not_taken_for_liked(self, biased: Lists, unbiased: Ranker) -> None:
        fooled = trained(biased, position_bias="ignored")
        assert true_ndcg(unbiased, UNSEEN) > true_ndcg(fooled, UNSEEN) + 0.02
        assert true_ndcg(unbiased, UNSEEN) > 0.96

    def test_how_likely_places_are_looked_at_is_found(self, unbiased: Ranker) -> None:
        places = np.arange(10, dtype=np.int32)
        found = unbiased.seen(places, np.ones(10, np.int32))
        assert found[0] == 1
        np.testing.assert_allclose(found, seen_at(places), atol=0.15)

    def test_what_was_in_no_list_counts_as_seen(self, unbiased: Ranker) -> None:
        assert unbiased.seen(np.array([NOWHERE], np.int32), np.zeros(1, np.int32)) == 1

    def test_places_beyond_the_last_one_are_like_it(self, unbiased: Ranker) -> None:
        last, beyond = unbiased.seen(np.array([49, 500], np.int32), np.zeros(2, np.int32))
        assert last == beyond

    def test_answers_do_not_depend_on_places(self, unbiased: Ranker) -> None:
        elsewhere = replace(UNSEEN.examples, places=np.full_like(UNSEEN.examples.places, 9))
        np.testing.assert_array_equal(chances_of(unbiased, elsewhere), chances_of(unbiased, UNSEEN.examples))


class TestHeads:
    def test_each_learns_a_signal_of_its_own(self) -> None:
        lists = planted_lists(steepness=0)
        random = np.random.default_rng(5)
        bought = random.random(len(lists.liking)) < 1 / (1 + np.exp(2 - 2 * lists.examples.numbers[:, 0]))
        came = lists.examples.came.copy()
        came[:, 1] = bought
        model = trained(replace(lists, examples=replace(lists.examples, came=came)), position_bias="ignored")
        click, purchase, completion = chances_of(model, UNSEEN.examples).T
        numbers = UNSEEN.examples.numbers
        for chances, own, other in ((click, LIKED, 0), (purchase, 0, LIKED)):
            assert np.corrcoef(chances, numbers[:, own])[0, 1] > 0.7
            assert np.corrcoef(chances, numbers[:, other])[0, 1] < 0.3
        assert completion.max() < 0.02, "nothing was ever completed"

    def test_what_is_not_known_yet_teaches_nothing(self) -> None:
        came = FEW.examples.came.copy()
        came[:, 1] = 1
        is_known = FEW.examples.is_known.copy()
        is_known[:, 1] = False
        hidden = trained(replace(FEW, examples=replace(FEW.examples, came=came, is_known=is_known)), max_epochs=2)
        np.testing.assert_allclose(chances_of(hidden, UNSEEN.examples)[:, 1], 0.5, atol=0.2)

    def test_worth_decides_which_head_leads(self, unbiased: Ranker) -> None:
        chances = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.0]], np.float32)
        assert unbiased.worth(chances, (1, 0, 0)).argmax() == 0
        assert unbiased.worth(chances, (0, 1, 0)).argmax() == 1

    def test_something_has_to_be_worth_something(self) -> None:
        with pytest.raises(InvalidConfig, match="worth something"):
            Ranker.configure({"click_weight": 0, "purchase_weight": 0, "completion_weight": 0})


class TestCircumstances:
    def test_the_same_course_suits_one_device_more_than_another(self) -> None:
        model = trained(planted_lists(by_device=2.0, steepness=0), position_bias="ignored")
        phone, desktop = (self.liking_of_audio(model, device=code) for code in (2, 1))
        assert phone > 0.5 > -0.5 > desktop

    def test_and_one_hour_more_than_another(self) -> None:
        model = trained(planted_lists(by_hour=1.5, steepness=0), position_bias="ignored")
        morning, evening = (self.liking_of_audio(model, sine=sine) for sine in (1.0, -1.0))
        assert evening > 0.5 > -0.5 > morning

    @staticmethod
    def liking_of_audio(model: Ranker, device: int = 1, sine: float = 0.0) -> float:
        """By how much log-odds an ordinary audio is preferred to an ordinary article."""
        code = np.ones(2, np.int32)
        both = Candidates(UNSEEN.examples.numbers[:2] * 0, code, np.array([1, 2], np.int32), code)
        asked = np.zeros(len(ASKED_FEATURES), np.float32)
        asked[0] = sine
        article, audio = model.chances(both, Question(asked, 1, device, 1))[:, 0]
        return float(np.log(audio / (1 - audio)) - np.log(article / (1 - article)))


class TestAnswering:
    def test_numpy_answers_as_the_network_does(self, unbiased: Ranker) -> None:
        """The same parameters give the same chances, with PyTorch and without."""
        import torch

        examples = UNSEEN.examples
        network = training.Network(examples, unbiased.config)
        learned = unbiased.arrays()
        with torch.no_grad():
            for name, value in network.named_parameters():
                stored = learned.get(name.removeprefix("embeddings."))
                if stored is not None:
                    value.copy_(torch.from_numpy(stored))
            shown = training.Tensors.of(examples, learned, network)
            expected = torch.sigmoid(network.logits(shown, torch.arange(len(shown)))).numpy()
        np.testing.assert_allclose(chances_of(unbiased, examples), expected, atol=1e-5)

    def test_a_stored_ranker_answers_the_same(self, unbiased: Ranker, tmp_path: Path) -> None:
        unbiased.save(tmp_path)
        again = Ranker.load(tmp_path)
        np.testing.assert_array_equal(chances_of(again, UNSEEN.examples), chances_of(unbiased, UNSEEN.examples))
        assert (again.vocabulary, again.config, again.loss_curve) == (VOCABULARY, unbiased.config, unbiased.loss_curve)

    def test_damage_is_noticed(self, unbiased: Ranker, tmp_path: Path) -> None:
        unbiased.save(tmp_path)
        path = tmp_path / "second.npy"
        path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
        with pytest.raises(CorruptedArtifact, match="train the model again"):
            Ranker.load(tmp_path)
        path.unlink()
        with pytest.raises(CorruptedArtifact, match="missing"):
            Ranker.load(tmp_path)

    def test_words_and_sources_never_met_in_training_are_no_trouble(self, unbiased: Ranker) -> None:
        unknown = np.zeros(4, np.int32)
        nothing = Candidates(UNSEEN.examples.numbers[:4] * 0, unknown, unknown, unknown)
        chances = unbiased.chances(nothing, Question(np.zeros(len(ASKED_FEATURES), np.float32), 0, 0, 0))
        assert np.isfinite(chances).all()
        assert chances.shape == (4, 3)

    def test_no_candidates_get_no_chances(self, unbiased: Ranker) -> None:
        nobody = Question(np.zeros(len(ASKED_FEATURES), np.float32), 0, 0, 0)
        assert unbiased.chances(candidates_of(UNSEEN.examples, 0), nobody).shape == (0, 3)

    def test_sources_that_no_list_had_say_nothing(self) -> None:
        numbers = FEW.examples.numbers.copy()
        numbers[:, SCORE + 1] = numbers[:, SCORE + 3] = 0
        model = trained(replace(FEW, examples=replace(FEW.examples, numbers=numbers)), max_epochs=1)
        known = model.known_sources(np.ones((2, 3), np.float32))
        assert (known[0] == 1).all()
        assert np.isnan(known[1]).all()


class TestWhatIsTooLittle:
    def empty(self) -> Examples:
        return FEW.examples.take(np.zeros(0, np.int64))

    def test_no_lists(self) -> None:
        with pytest.raises(EmptyDataset, match="No list"):
            ranker().fit(self.empty(), Background.none())

    @pytest.mark.parametrize("all_came", [0, 1])
    def test_lists_of_which_all_or_nothing_was_chosen(self, all_came: int) -> None:
        same = replace(FEW.examples, came=np.full_like(FEW.examples.came, all_came))
        with pytest.raises(EmptyDataset, match="nothing to tell apart"):
            ranker().fit(same, Background.none())

    def test_a_single_click_is_enough(self) -> None:
        came = np.zeros_like(FEW.examples.came)
        came[3, 0] = 1
        model = ranker(max_epochs=1).fit(replace(FEW.examples, came=came), Background.none())
        assert model.loss_curve[0].validation_loss is None, "with one click nothing can be held out"

    def test_courses_that_are_all_the_same(self) -> None:
        same = replace(FEW.examples, numbers=np.ones_like(FEW.examples.numbers))
        assert np.isfinite(chances_of(ranker(max_epochs=1).fit(same, Background.none()), same)).all()

    def test_numbers_that_are_none(self) -> None:
        numbers = FEW.examples.numbers.copy()
        numbers[7, 0] = np.nan
        with pytest.raises(EmptyDataset, match="no numbers"):
            ranker().fit(replace(FEW.examples, numbers=numbers), Background.none())


class TestTraining:
    def test_the_latest_lists_are_held_out(self) -> None:
        earlier, later = FEW.examples.parted(0.2)
        assert (len(earlier), len(later)) == (240, 60)
        assert earlier.times.max() < later.times.min()

    def test_the_same_seed_gives_the_same_ranker(self) -> None:
        first, second = (trained(FEW, max_epochs=2) for _ in range(2))
        np.testing.assert_array_equal(chances_of(first, UNSEEN.examples), chances_of(second, UNSEEN.examples))

    def test_it_can_be_cancelled(self) -> None:
        def cancel(step: str, done: int, total: int, metrics: dict[str, float]) -> None:
            if step == "training" and done:
                raise InterruptedError

        model = ranker()
        with pytest.raises(InterruptedError):
            model.fit(planted_lists(count=1_500).examples, Background.none(), progress=cancel)

    def test_figures_tell_how_good_it_is(self, unbiased: Ranker) -> None:
        figures = figures_of(unbiased, UNSEEN.examples)
        assert figures is not None
        assert figures.ndcg.mean() > figures.first_stage.mean() + 0.05
        assert figures.heads["click"].auc is not None
        assert figures.heads["click"].auc > 0.7
        assert figures.heads["click"].calibration_error < 0.03
        assert figures.heads["purchase"].auc is None, "nothing was bought"
        nothing = replace(UNSEEN.examples, came=np.zeros_like(UNSEEN.examples.came))
        assert figures_of(unbiased, nothing) is None


class TestMeasures:
    def test_log_loss_of_a_coin(self) -> None:
        assert log_loss(np.array([0, 1]), np.array([0.5, 0.5]), np.ones(2)) == pytest.approx(np.log(2))

    def test_auc(self) -> None:
        came = np.array([0, 0, 1, 1])
        assert auc(came, np.array([0.1, 0.2, 0.3, 0.4])) == 1
        assert auc(came, np.array([0.4, 0.3, 0.2, 0.1])) == 0
        assert auc(came, np.full(4, 0.5)) == 0.5
        assert auc(np.ones(4), np.full(4, 0.5)) is None

    def test_chances_that_come_true_are_calibrated(self) -> None:
        random = np.random.default_rng(0)
        chances = random.random(20_000)
        came = (random.random(20_000) < chances).astype(float)
        assert calibration_error(came, chances, np.ones(20_000)) < 0.02
        assert calibration_error(came, chances / 2, np.ones(20_000)) > 0.2

    def test_ndcg(self) -> None:
        offsets = np.array([0, 3, 5])
        gains = np.array([0, 0, 1.0, 0, 0])
        best, worst = (
            ndcg_of_lists(np.array([*scores, 0, 0]), gains, offsets, 10) for scores in ([1, 2, 3], [3, 2, 1])
        )
        assert best[0] == 1
        assert worst[0] == pytest.approx(0.5)
        assert np.isnan(best[1]), "nothing was to be gained"

    def test_equal_scores_share_their_places(self) -> None:
        (found,) = ndcg_of_lists(np.zeros(2), np.array([1.0, 0]), np.array([0, 2]), 10)
        assert found == pytest.approx((1 + 1 / np.log2(3)) / 2)
