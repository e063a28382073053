"""What every algorithm keeps to, whichever it is."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from recommend.algorithms.base import CorruptedArtifact, EmptyDataset, Histories, Interactions, InvalidConfig
from recommend.algorithms.registry import ALGORITHMS, UnknownAlgorithm, algorithm
from tests.recommend.planted import N_ITEMS, interactions_of, on_two_platforms, planted_interactions, quick

NAMES = list(ALGORITHMS)
PERSONAL = [name for name, kind in ALGORITHMS.items() if kind.is_personal]
ORDERED = ["next_item", "sequence"]
"""Those that learn what comes next, and so need to know what came before."""
ACROSS = ["cross_platform"]
"""Those that carry taste from one platform to another, and so need people on two."""


class Cancelled(Exception):
    pass


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    return planted_interactions()


def planted_for(name: str, seed: int = 0) -> Interactions:
    """The planted world, on two platforms where the algorithm needs them."""
    interactions = planted_interactions(seed)
    return on_two_platforms(interactions) if name in ACROSS else interactions


@pytest.fixture(scope="module")
def trained():
    return {name: quick(name).fit(planted_for(name)) for name in NAMES}


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture
def model(name, trained):
    return trained[name]


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UnknownAlgorithm, match=r"'magic'.*popularity, ease, bilinear"):
        algorithm("magic")


def test_an_unknown_setting_is_refused_by_name(name):
    with pytest.raises(InvalidConfig, match="colour"):
        ALGORITHMS[name].configure({"colour": "red"})


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("popularity", "half_life_days", "-1"),
        ("popularity", "half_life_days", "soon"),
        ("popularity", "half_life_days", "nan"),
        ("ease", "regularization", "0"),
        ("ease", "regularization", "nan"),
        ("ease", "max_items", "1.5"),
        ("ease", "max_items", "9" * 10_000),
        ("bilinear", "profile_dimensions", "0"),
        ("bilinear", "learning_rate", "inf"),
        ("bilinear", "device", "abacus"),
        ("next_item", "outlook_half_life", "-1"),
        ("sequence", "heads", "0"),
        ("sequence", "dropout", "1"),
    ],
)
def test_a_setting_of_the_wrong_kind_or_size_is_refused_by_name(name, setting, value):
    with pytest.raises(InvalidConfig, match=setting):
        ALGORITHMS[name].configure({setting: value})


def test_settings_come_as_text_too():
    assert ALGORITHMS["ease"].configure({"regularization": "7.5", "max_items": "12"}).max_items == 12


def test_nothing_to_learn_from_is_said_to_people(name):
    with pytest.raises(EmptyDataset, match="no interactions"):
        quick(name).fit(interactions_of([]))


@pytest.mark.parametrize("column", ["weights", "times"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused_by_row(name, column, value):
    interactions = interactions_of([(0, 0), (0, 1), (1, 0)])
    getattr(interactions, column)[1] = value
    with pytest.raises(EmptyDataset, match="row 1"):
        quick(name).fit(interactions)


def test_indexes_outside_the_matrix_are_refused(name):
    with pytest.raises(EmptyDataset, match="items"):
        quick(name).fit(interactions_of([(0, 5)], n_items=3))


def test_an_untrained_model_does_not_answer(name, tmp_path):
    model = quick(name)
    for act in (lambda: model.scores(Histories.single([])), lambda: model.similar(0), lambda: model.save(tmp_path)):
        with pytest.raises(RuntimeError, match="fit or load"):
            act()


@pytest.mark.parametrize("rows", [[(0, 0)], [(0, 0), (0, 1)], [(0, 0), (1, 0)], [(0, 0)] * 5])
def test_the_smallest_worlds_are_learned_too(name, rows):
    if name in ORDERED and len(rows) < 2 + len({user for user, _ in rows}) - 1:
        pytest.skip("nothing comes after anything here")
    if name in ACROSS:
        pytest.skip("nobody is on two platforms here")
    model = quick(name).fit(interactions_of(rows))
    scores = model.scores(Histories.single([0]))
    assert scores.shape == (1, model.n_items)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", ACROSS)
def test_one_platform_is_refused_where_taste_is_carried_from_one_to_another(name, interactions):
    with pytest.raises(EmptyDataset, match="two platforms"):
        quick(name).fit(interactions)


@pytest.mark.parametrize("name", ORDERED)
def test_events_of_unknown_order_are_refused_where_order_is_all(name, interactions):
    unordered = replace(interactions, times=np.zeros(len(interactions)))
    with pytest.raises(EmptyDataset, match="order"):
        quick(name).fit(unordered)


def test_courses_and_people_without_any_event_do_no_harm(name):
    if name in ACROSS:
        pytest.skip("too few are on two platforms here")
    model = quick(name).fit(interactions_of([(1, 1), (1, 2), (3, 1)], n_users=9, n_items=7))
    assert np.isfinite(model.scores(Histories.single([6, 0]))).all()


def test_scores_are_one_new_row_a_person(model, interactions):
    histories = interactions.histories(np.array([3, 1, 3]))
    scores = model.scores(histories)
    assert scores.shape == (3, N_ITEMS)
    assert scores.dtype == np.float32
    assert np.array_equal(scores[0], scores[2])
    scores[:] = np.nan
    assert np.isfinite(model.scores(histories)).all()


def test_a_person_alone_gets_the_scores_of_the_person_among_others(model, interactions):
    people = np.arange(20)
    together = model.scores(interactions.histories(people))
    alone = [model.scores(interactions.histories(people[p : p + 1]))[0] for p in people]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)


def test_nobody_asked_nothing_answered(model, interactions):
    assert model.scores(interactions.histories(np.array([], dtype=np.int64))).shape == (0, N_ITEMS)


def test_people_without_a_history_get_what_is_popular(model, interactions):
    scores = model.scores(Histories.single([]))[0]
    popular = np.argsort(-np.bincount(interactions.items))[:6]
    assert len(set(np.argsort(-scores)[:6]) & set(popular)) >= 4


@pytest.mark.parametrize("name", PERSONAL)
def test_people_never_seen_in_training_are_answered_from_their_history(trained, name):
    first, second = trained[name].scores(Histories.single([0, 3])), trained[name].scores(Histories.single([1, 4]))
    assert not np.allclose(first, second)


def test_a_course_newer_than_the_model_is_refused(model):
    for item in (-1, N_ITEMS):
        with pytest.raises(ValueError, match="newer than"):
            model.scores(Histories.single([0, item]))
        with pytest.raises(ValueError, match="newer than"):
            model.similar(item)
        with pytest.raises(ValueError, match="newer than"):
            model.contributions(Histories.single([0]), np.array([item], dtype=np.int32))


def test_similar_courses_leave_out_the_course_itself(model):
    similarity = model.similar(4)
    assert similarity.shape == (N_ITEMS,)
    assert similarity[4] == -np.inf
    assert np.isfinite(np.delete(similarity, 4)).all()


@pytest.mark.parametrize("name", PERSONAL)
def test_the_most_similar_courses_are_of_the_planted_group(trained, name):
    closest = np.argsort(-trained[name].similar(4))[:4]
    assert np.mean(closest % 3 == 1) >= 0.75


def test_contributions_and_the_base_score_make_up_the_scores(model):
    history = Histories.single([7, 1, 19, 4], weights=[1, 3, 0.5, 2], times=[10, 20, 20, 40])
    items = np.array([0, 7, 29, 13], dtype=np.int32)
    parts = model.contributions(history, items)
    assert parts.shape == (4, 4)
    assert parts.dtype == np.float32
    whole = model.scores(Histories.single([]))[0][items] + parts.sum(axis=0)
    np.testing.assert_allclose(whole, model.scores(history)[0][items], rtol=1e-4, atol=1e-5)


def test_a_course_met_several_times_shares_out_what_it_adds(model):
    history = Histories.single([7, 1, 7, 4], weights=[3, 1, 1, 1])
    items = np.array([0, 2, 10], dtype=np.int32)
    parts = model.contributions(history, items)
    whole = model.scores(Histories.single([]))[0][items] + parts.sum(axis=0)
    np.testing.assert_allclose(whole, model.scores(history)[0][items], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(parts[0], 3 * parts[2], rtol=1e-4)


def test_contributions_are_of_one_person(model, interactions):
    with pytest.raises(ValueError, match="one person"):
        model.contributions(interactions.histories(np.array([0, 1])), np.array([0], dtype=np.int32))


def test_contributions_to_nothing_and_of_nothing_are_empty(model):
    assert model.contributions(Histories.single([]), np.array([1, 2], dtype=np.int32)).shape == (0, 2)
    assert model.contributions(Histories.single([1]), np.array([], dtype=np.int32)).shape == (1, 0)


def test_a_saved_model_answers_as_before(model, name, tmp_path, interactions):
    model.save(tmp_path / "model")
    loaded = ALGORITHMS[name].load(tmp_path / "model")
    histories = interactions.histories(np.arange(10))
    assert np.array_equal(loaded.scores(histories), model.scores(histories))
    assert loaded.config == model.config
    assert loaded.loss_curve == model.loss_curve
    assert loaded.n_items == model.n_items


def test_a_loaded_model_is_mapped_from_the_disk(model, name, tmp_path):
    model.save(tmp_path)
    for array in ALGORITHMS[name].load(tmp_path).arrays().values():
        assert not array.flags.writeable


def test_saving_over_a_model_replaces_it_for_newcomers_alone(model, name, tmp_path):
    model.save(tmp_path)
    before = ALGORITHMS[name].load(tmp_path)
    expected = before.scores(Histories.single([1]))
    quick(name).fit(planted_for(name, seed=1)).save(tmp_path)
    assert np.array_equal(before.scores(Histories.single([1])), expected)
    assert not np.array_equal(ALGORITHMS[name].load(tmp_path).scores(Histories.single([1])), expected)
    assert not list(tmp_path.glob("*.partial"))


def test_no_model_in_a_folder_is_said(name, tmp_path):
    with pytest.raises(CorruptedArtifact, match=r"no trained model.*model\.json"):
        ALGORITHMS[name].load(tmp_path / "nowhere")


def test_a_model_of_another_algorithm_is_refused(model, name, tmp_path):
    model.save(tmp_path)
    other = next(kind for kind in ALGORITHMS.values() if kind.name != name)
    with pytest.raises(CorruptedArtifact, match=f"of {name}, not of {other.name}"):
        other.load(tmp_path)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _fill_with_a_pickle(path: Path) -> None:
    np.save(path, np.array([{"code": "unknown"}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize("damage", [Path.unlink, _cut, _flip_a_bit, _empty, _fill_with_a_pickle])
def test_a_damaged_array_is_noticed(model, name, tmp_path, damage):
    model.save(tmp_path)
    path = sorted(tmp_path.glob("*.npy"))[0]
    damage(path)
    with pytest.raises(CorruptedArtifact, match=f"{path.name}.*train the model again"):
        ALGORITHMS[name].load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"n_items": 0},
        {"n_items": N_ITEMS + 1},
        {"n_items": 2},
        {"config": {"colour": "red"}},
        {"arrays": {}},
        {"format": 99},
        {"loss_curve": 3},
    ],
)
def test_a_changed_manifest_is_noticed(model, name, tmp_path, change):
    model.save(tmp_path)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CorruptedArtifact, match="train"):
        ALGORITHMS[name].load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]"])
def test_a_broken_manifest_is_noticed(model, name, tmp_path, content):
    model.save(tmp_path)
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(CorruptedArtifact, match=r"model\.json"):
        ALGORITHMS[name].load(tmp_path)


def test_progress_runs_from_nothing_to_all(name, interactions):
    steps: dict[str, list[tuple[int, int]]] = {}
    quick(name).fit(
        planted_for(name), lambda step, done, total, metrics: steps.setdefault(step, []).append((done, total))
    )
    for reports in steps.values():
        assert reports == sorted(reports)
        assert reports[-1][0] == reports[-1][1]


def test_cancelling_at_any_moment_leaves_the_model_as_it_was(name, interactions):
    calls = 0

    def count(*_report: object) -> None:
        nonlocal calls
        calls += 1

    model = quick(name).fit(planted_for(name))
    quick(name).fit(planted_for(name, seed=2), count)
    expected, curve = model.scores(Histories.single([1])), model.loss_curve
    for moment in {0, calls // 2, calls - 1}:
        left = moment

        def cancel(*_report: object) -> None:
            nonlocal left
            if left == 0:
                raise Cancelled
            left -= 1

        with pytest.raises(Cancelled):
            model.fit(planted_for(name, seed=2), cancel)
        assert np.array_equal(model.scores(Histories.single([1])), expected)
        assert model.loss_curve == curve


def test_settings_survive_a_journey_through_plain_values(name):
    config = ALGORITHMS[name].Config()
    assert ALGORITHMS[name].configure(msgspec.to_builtins(config)) == config


def test_a_compact_model_scores_nearly_alike_and_is_stored_so(name, interactions, model, tmp_path):
    histories = interactions.histories(np.arange(40))
    compact = quick(name, compact=True).trained(planted_for(name))
    compact.save(tmp_path)
    again = type(compact).load(tmp_path)
    whole, small = model.scores(histories), again.scores(histories)
    spread = whole.std(axis=1, keepdims=True) + 1e-9
    assert np.mean(np.abs(whole - small) / spread) < 0.05
    np.testing.assert_array_equal(small, compact.scores(histories))
    assert again.config.compact


def test_making_compact_leaves_the_model_as_it_was(name, interactions):
    model = quick(name).fit(planted_for(name))
    before = {key: array.copy() for key, array in model.arrays().items()}
    model.compacted()
    after = model.arrays()
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key], after[key]) for key in before)
