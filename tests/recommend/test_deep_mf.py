"""Deep matrix factorisation: two towers that meet in a cosine."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from recommend.algorithms.base import Histories, InvalidConfig
from recommend.algorithms.deep_matrix_factorisation import DeepMF
from recommend.algorithms.deep_matrix_factorisation_training import Network, World
from recommend.algorithms.examples import Events
from tests.recommend.planted import GROUPS, N_ITEMS, planted_interactions, quick, share_of_group


@pytest.fixture(scope="module")
def interactions():
    return planted_interactions()


@pytest.fixture(scope="module")
def model(interactions) -> DeepMF:
    return quick("deep_mf").fit(interactions)


@pytest.fixture(scope="module")
def network(interactions) -> Network:
    config = quick("deep_mf").config
    torch.manual_seed(0)
    return Network(World.of(Events.of(interactions, np.random.default_rng(0)), interactions, config), config)


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_newcomer_gets_courses_of_the_planted_taste(model, group):
    assert share_of_group(model, group) >= 0.8


def test_answers_are_what_the_network_says(network):
    """NumPy and PyTorch read the same parameters in the same way."""
    model = quick("deep_mf")
    model.n_items = N_ITEMS
    model.restore(network.arrays())
    history = Histories.single([3, 9, 12])
    strengths = history.strengths(model.config.recency_half_life)
    with torch.no_grad():
        person = network.persons(
            torch.from_numpy(history.items.astype(np.int64)), torch.tensor([0, 3]), torch.from_numpy(strengths)
        )
        vectors, biases = network.courses(torch.arange(N_ITEMS))
        expected = (person @ vectors.T + biases)[0].numpy()
    np.testing.assert_allclose(model.scores(history)[0], expected, rtol=1e-4, atol=1e-5)


def test_a_person_is_no_part_of_the_column_that_foretells_their_meeting(network, interactions):
    """A course met by one person alone looks to that person as if nobody had met it."""
    network.columns[:] = 0
    network.met_by[:] = 0
    network.columns[0], network.met_by[0] = network.people[5], 1.0
    with torch.no_grad():
        own, own_bias = network.courses(torch.tensor([0]), torch.tensor([5]))
        unmet, unmet_bias = network.courses(torch.tensor([1]))
        others, _bias = network.courses(torch.tensor([0]))
    np.testing.assert_allclose(own, unmet, atol=1e-5)
    assert own_bias == unmet_bias
    assert not np.allclose(own, others)


def test_nothing_but_popularity_is_left_without_a_history(model, interactions):
    scores = model.scores(Histories.single([]))[0]
    counts = np.bincount(interactions.items, minlength=N_ITEMS)
    assert (np.diff(scores[np.argsort(counts)]) >= -1e-6).all()


def test_the_loss_falls_and_the_best_epoch_is_kept(model):
    losses = [point.training_loss for point in model.loss_curve]
    assert losses[-1] < losses[0]


def test_the_same_seed_gives_the_same_model(model, interactions):
    again = quick("deep_mf").fit(interactions)
    history = Histories.single([1, 4])
    np.testing.assert_allclose(again.scores(history), model.scores(history), rtol=1e-4)
    other = quick("deep_mf", seed=1).fit(interactions)
    assert not np.allclose(other.scores(history), model.scores(history), rtol=1e-3)


def test_what_was_learned_is_taken_up_by_the_next_training(model, interactions):
    """From a trained start one short epoch is as good as many; courses that are new begin anew."""
    columns = np.arange(N_ITEMS)
    columns[7] = -1
    warm, cold = quick("deep_mf", max_epochs=1, learning_rate=1e-5), quick("deep_mf", max_epochs=1, learning_rate=1e-5)
    warm.start_from(model, columns)
    warm.fit(interactions)
    cold.fit(interactions)
    inputs, earlier = warm.arrays()["course_inputs"], model.arrays()["course_inputs"]
    others = np.delete(np.arange(N_ITEMS), 7)
    np.testing.assert_allclose(inputs[others], earlier[others], atol=1e-3)
    assert not np.allclose(inputs[7], earlier[7], atol=1e-3)


def test_a_start_of_other_sizes_or_a_compact_one_is_passed_over(model, interactions):
    for earlier in (quick("deep_mf", hidden_dimensions=8).fit(interactions), model.compacted()):
        begun = quick("deep_mf", max_epochs=1)
        begun.start_from(earlier, np.arange(N_ITEMS))
        assert np.isfinite(begun.fit(interactions).scores(Histories.single([1]))).all()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said(interactions):
    with pytest.raises(InvalidConfig, match="no GPU"):
        quick("deep_mf", device="cuda").fit(interactions)


def test_answering_needs_no_pytorch(model, tmp_path):
    model.save(tmp_path)
    code = (
        "import sys, pathlib; from recommend.algorithms.registry import algorithm;"
        "from recommend.algorithms.interactions import Histories;"
        f"model = algorithm('deep_mf').load(pathlib.Path({str(tmp_path)!r}));"
        "model.scores(Histories.single([1, 2])); model.similar(3);"
        "print([name for name in ('torch', 'scipy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
