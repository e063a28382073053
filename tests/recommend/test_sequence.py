"""The sequence model knows what comes next, answers as it was trained, begins where an earlier one ended."""

import subprocess
import sys

import numpy as np
import pytest

from recommend.algorithms.base import Histories, Interactions, InvalidConfig
from tests.recommend.planted import interactions_of, quick

TRIPLES = 8
N_COURSES = 4 * TRIPLES


def crossroads(people: int = 200, seed: int = 0) -> Interactions:
    """Of four courses, whoever takes the first before the second goes on to the third, and else to the fourth.

    Which courses somebody has is the same for all; only their order tells what comes next.
    """
    random = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        for place in random.permutation(TRIPLES)[:3] * 4:
            turned = random.integers(2)
            rows += [(person, place + turned), (person, place + 1 - turned), (person, place + 2 + turned)]
    return interactions_of(rows, people, N_COURSES)


def share_foretold(model) -> float:
    """How often, after both first courses of four, the one that follows from their order is the likelier."""
    right = []
    for place in range(0, N_COURSES, 4):
        before = [(place + 8) % N_COURSES, (place + 9) % N_COURSES]
        for turned in (0, 1):
            scores = model.scores(Histories.single([*before, place + turned, place + 1 - turned]))[0]
            right.append(scores[place + 2 + turned] > scores[place + 3 - turned])
    return float(np.mean(right))


def quick_sequence(**settings):
    return quick("sequence", **{"max_epochs": 8, "dropout": 0.0, "learning_rate": 0.01, **settings})


@pytest.fixture(scope="module")
def model():
    return quick_sequence().fit(crossroads())


def test_what_follows_from_the_order_is_foretold(model):
    assert share_foretold(model) >= 0.9


def test_what_goes_together_whatever_the_order_cannot_tell_it():
    assert share_foretold(quick("ease", recency_half_life=0).fit(crossroads())) <= 0.6


@pytest.mark.parametrize("blocks", [1, 2])
def test_answers_are_those_of_the_trained_network(blocks):
    import torch

    from recommend.algorithms.sequence_training import Network

    model = quick_sequence(blocks=blocks, max_epochs=1).fit(crossroads(50))
    network = Network(model.arrays(), model.config).eval()
    history = [3, 6, 9, 12, 0]
    with torch.no_grad():
        expected = network(torch.tensor([[N_COURSES, *history]]))[0, -1].numpy()
    np.testing.assert_allclose(model.expectations(Histories.single(history))[0], expected, rtol=1e-4, atol=1e-5)


def test_only_the_latest_courses_are_looked_at():
    model = quick_sequence(history_length=4, max_epochs=1).fit(crossroads(50))
    long, short = Histories.single([1, 2, 3, 4, 5, 6, 7]), Histories.single([9, 4, 5, 6, 7])
    np.testing.assert_allclose(model.scores(long), model.scores(short), rtol=1e-5)
    parts = model.contributions(long, np.array([0, 8], dtype=np.int32))
    base = model.scores(Histories.single([]))[0, [0, 8]]
    np.testing.assert_allclose(base + parts.sum(axis=0), model.scores(long)[0, [0, 8]], rtol=1e-4)
    assert np.abs(parts[:3]).max() < 1e-3 * np.abs(parts[3:]).max()


def test_of_a_catalogue_too_large_a_sample_tells_the_chances_among_all(model):
    sampled = quick_sequence(softmax_items=16).fit(crossroads())
    assert share_foretold(sampled) >= 0.9
    begun = [each.expectations(Histories.single([])) @ each.parameters()["courses"][:-1].T for each in (model, sampled)]
    firsts = [
        (said[0] + each.arrays()["bias"]).reshape(-1, 4) for said, each in zip(begun, (model, sampled), strict=True)
    ]
    gaps = [said[:, :2].mean() - said[:, 2:].mean() for said in firsts]
    assert gaps[0] == pytest.approx(gaps[1], rel=0.3)


def test_training_goes_on_from_an_earlier_model_though_courses_came_and_went(model):
    kept = np.append(np.arange(N_COURSES), -1)[1:]  # the first course is gone, a new one is the last
    later = crossroads(60, seed=1)
    later = interactions_of(
        [(user, item - 1) for user, item in zip(later.users, later.items, strict=True) if item], 60, N_COURSES
    )
    cold, warm = quick_sequence(max_epochs=1), quick_sequence(max_epochs=1)
    warm.start_from(model, kept)
    losses = [each.fit(later).loss_curve[0].training_loss for each in (cold, warm)]
    assert losses[1] < 0.8 * losses[0]


def test_a_model_of_another_size_is_no_start(model):
    larger = quick_sequence(dimensions=8, max_epochs=1)
    larger.start_from(model, np.arange(N_COURSES))
    assert np.isfinite(larger.fit(crossroads(50)).scores(Histories.single([1]))).all()


def test_the_same_seed_gives_the_same_model_and_another_one_another():
    first, again, other = (quick_sequence(seed=seed, max_epochs=1).fit(crossroads(50)) for seed in (0, 0, 1))
    for name, array in first.arrays().items():
        np.testing.assert_allclose(again.arrays()[name], array, rtol=1e-3, atol=1e-4)
    assert not np.allclose(other.arrays()["courses"], first.arrays()["courses"], atol=1e-3)


def test_with_people_to_spare_the_training_stops_by_itself():
    model = quick_sequence(max_epochs=60, patience=2, validation_share=0.3, learning_rate=0.05).fit(crossroads(100))
    losses = [point.validation_loss for point in model.loss_curve]
    assert len(losses) < 60
    assert int(np.argmin(losses)) == len(losses) - 1 - 2


def test_heads_that_do_not_fit_are_said():
    with pytest.raises(InvalidConfig, match="multiple of heads"):
        quick_sequence(dimensions=16, heads=3).fit(crossroads(10))


def test_answering_needs_no_pytorch(model, tmp_path):
    model.save(tmp_path)
    program = (
        "import sys; from pathlib import Path; from recommend.algorithms.base import Histories; "
        "from recommend.algorithms.registry import algorithm; "
        f"algorithm('sequence').load(Path({str(tmp_path)!r})).scores(Histories.single([1, 2])); "
        "sys.exit('torch' in sys.modules or 'django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
