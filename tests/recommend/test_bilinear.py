"""The bilinear model learns planted tastes, shows its losses, stops in time and can be repeated."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from recommend.algorithms.base import Histories, Interactions, InvalidConfig
from tests.recommend.planted import GROUPS, interactions_of, planted_interactions, quick, share_of_group


@pytest.fixture(scope="module")
def model():
    return quick("bilinear").fit(planted_interactions())


@pytest.mark.parametrize("group", range(GROUPS))
def test_a_newcomer_gets_courses_of_the_planted_taste(model, group):
    assert share_of_group(model, group) >= 0.8


def test_the_loss_curve_is_kept_and_falls(model):
    curve = model.loss_curve
    assert [point.epoch for point in curve] == list(range(1, len(curve) + 1))
    assert min(point.training_loss for point in curve[1:]) < curve[0].training_loss
    assert all(np.isfinite(point.training_loss) for point in curve)


def test_with_people_to_spare_a_validation_loss_is_watched():
    model = quick("bilinear", validation_share=0.3).fit(planted_interactions())
    assert all(point.validation_loss is not None for point in model.loss_curve)


def test_with_too_few_people_nothing_is_held_out(model):
    few = quick("bilinear", validation_share=0.01).fit(planted_interactions())
    assert all(point.validation_loss is None for point in few.loss_curve)


def test_training_stops_when_the_validation_loss_no_longer_falls():
    settings = {"max_epochs": 200, "patience": 2, "validation_share": 0.3, "learning_rate": 0.1}
    model = quick("bilinear", **settings).fit(planted_interactions())
    losses = [point.validation_loss for point in model.loss_curve]
    assert len(losses) < 200
    assert int(np.argmin(losses)) == len(losses) - 1 - 2


def test_the_same_seed_gives_the_same_model_and_another_one_another(model):
    again, other = (quick("bilinear", seed=seed).fit(planted_interactions()) for seed in (0, 1))
    for name, array in model.arrays().items():
        np.testing.assert_allclose(again.arrays()[name], array, rtol=1e-4, atol=1e-5)
    assert not np.allclose(other.arrays()["course_profiles"], model.arrays()["course_profiles"], atol=1e-3)


def test_the_scores_are_the_bilinear_form_of_the_method(model):
    parameters = model.arrays()
    history = [2, 11, 17]
    strengths = 2.0 ** (-np.array([2, 1, 0]) / model.config.recency_half_life)
    shares = strengths / (strengths.sum() + model.config.shrinkage)
    profile = parameters["average_profile"] + shares @ parameters["course_profiles"][history]
    products = np.einsum("d,jt->jdt", profile, parameters["item_features"])  # all d * t pairs, into one linear layer
    expected = (products * parameters["layer"]).sum(axis=(1, 2)) + parameters["layer_bias"]
    np.testing.assert_allclose(model.profiles(Histories.single(history))[0], profile, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.scores(Histories.single(history))[0], expected, rtol=1e-4, atol=1e-5)


def test_the_dimensions_are_those_of_the_settings(model):
    shapes = {name: array.shape for name, array in model.arrays().items()}
    assert shapes["course_profiles"] == (30, 10)
    assert shapes["item_features"] == (30, 5)
    assert shapes["layer"] == (10, 5)


@pytest.mark.parametrize(("d", "t"), [(1, 1), (1, 5), (40, 2), (3, 40)])
def test_any_dimensions_do(d, t):
    model = quick("bilinear", profile_dimensions=d, item_dimensions=t, max_epochs=1).fit(planted_interactions())
    assert np.isfinite(model.scores(Histories.single([0, 1]))).all()


def test_events_of_unknown_order_are_learned_from_too():
    ordered = planted_interactions()
    unordered = Interactions(
        ordered.users, ordered.items, ordered.weights, np.zeros(len(ordered)), ordered.n_users, ordered.n_items
    )
    assert share_of_group(quick("bilinear").fit(unordered), 1) >= 0.8


def test_a_diverging_training_is_said():
    interactions = interactions_of([(0, 0), (0, 0), (0, 1), (1, 1)])
    interactions.weights[:2] = 3e38  # twice that is no float any more
    with pytest.raises(FloatingPointError, match="smaller learning_rate"), np.errstate(all="ignore"):
        quick("bilinear").fit(interactions)


def test_a_gpu_that_is_not_there_is_said():
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(InvalidConfig, match="no GPU"):
        quick("bilinear", device="cuda").fit(planted_interactions())


def test_answering_needs_no_pytorch(model, tmp_path):
    model.save(tmp_path)
    program = (
        "import sys; from pathlib import Path; from recommend.algorithms.base import Histories; "
        "from recommend.algorithms.registry import algorithm; "
        f"algorithm('bilinear').load(Path({str(tmp_path)!r})).scores(Histories.single([1, 2])); "
        "sys.exit('torch' in sys.modules or 'django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class TestBeginningWhereAnotherEnded:
    def test_few_epochs_reach_what_took_many(self):
        world = planted_interactions()
        earlier = quick("bilinear", max_epochs=20, patience=20).fit(world)
        warm = quick("bilinear", max_epochs=2)
        warm.start_from(earlier, np.arange(world.n_items))
        warm.fit(world)
        anew = quick("bilinear", max_epochs=2).fit(world)
        assert warm.loss_curve[0].training_loss < anew.loss_curve[-1].training_loss
        assert warm.loss_curve[-1].training_loss < 1.1 * earlier.loss_curve[-1].training_loss

    def test_courses_may_be_others_in_another_order(self):
        world = planted_interactions()
        earlier = quick("bilinear", max_epochs=20, patience=20).fit(world)
        shuffled = np.random.default_rng(0).permutation(world.n_items)
        moved = replace(world, items=np.argsort(shuffled)[world.items].astype(np.int32))
        columns = np.where(np.arange(world.n_items) < 5, -1, shuffled)
        warm = quick("bilinear", max_epochs=1)
        warm.start_from(earlier, columns)
        warm.fit(moved)
        anew = quick("bilinear", max_epochs=1).fit(moved)
        assert warm.loss_curve[0].training_loss < anew.loss_curve[0].training_loss
        assert np.isfinite(warm.scores(Histories.single([0, 1]))).all()

    def test_of_other_dimensions_it_begins_anew(self):
        world = planted_interactions()
        other = quick("bilinear", profile_dimensions=4).fit(world)
        warm = quick("bilinear")
        warm.start_from(other, np.arange(world.n_items))
        expected = quick("bilinear").fit(world).arrays()
        np.testing.assert_array_equal(warm.fit(world).arrays()["item_features"], expected["item_features"])

    def test_a_start_is_for_one_training(self):
        world = planted_interactions()
        model = quick("bilinear", max_epochs=1)
        model.start_from(quick("bilinear").fit(world), np.arange(world.n_items))
        model.fit(world)
        again = model.fit(world).arrays()
        np.testing.assert_array_equal(again["layer"], quick("bilinear", max_epochs=1).fit(world).arrays()["layer"])
