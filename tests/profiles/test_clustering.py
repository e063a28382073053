"""Clusters: as many as there are, recognised from run to run, and told by what is most telling."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from profiles.clustering import fitting, matching
from profiles.clustering.fitting import Algorithm, TooFew, fit
from profiles.clustering.matching import carried, match, typical
from profiles.clustering.telling import Members, Told, tell

CENTRES = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])


def people(seed: int = 0, each: int = 150, spread: float = 0.15) -> tuple[np.ndarray, np.ndarray]:
    """Points around the four centres in random order, and whose centre is whose."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat(np.arange(len(CENTRES)), each))
    return CENTRES[truth] + rng.normal(0.0, spread, (len(truth), 3)), truth


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_as_many_clusters_are_found_as_there_are(algorithm: Algorithm) -> None:
    points, truth = people()
    found = fit(points, algorithm)
    assert len(found) == len(CENTRES)
    assert max(found.scores, key=found.scores.__getitem__) == len(CENTRES)
    assert adjusted_rand_score(truth, found.assign(points)) > 0.95


def test_a_number_that_is_asked_for_is_given() -> None:
    points, _truth = people()
    found = fit(points, Algorithm.KMEANS, number=3)
    assert len(found) == 3
    assert list(found.scores) == [3]


def test_among_too_few_persons_none_are_found() -> None:
    points, _truth = people(each=4)
    with pytest.raises(TooFew):
        fit(points, Algorithm.KMEANS)
    with pytest.raises(TooFew):
        fit(points, Algorithm.KMEANS, number=5)


def test_the_number_of_before_is_kept_unless_another_is_clearly_better() -> None:
    scores = {2: 0.30, 3: 0.401, 4: 0.404, 5: 0.2}
    assert fitting._best(scores, Algorithm.KMEANS, 3) == 3
    assert fitting._best(scores, Algorithm.KMEANS, 2) == 4
    assert fitting._best(scores, Algorithm.KMEANS, 0) == 4


def turned(points: np.ndarray) -> np.ndarray:
    """The same people seen on other axes: turned, mirrored and moved."""
    turn, _rest = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
    return points @ turn * -1.0 + 7.0


def test_the_same_people_keep_their_numbers_though_all_axes_have_changed() -> None:
    points, truth = people()
    first = fit(points, Algorithm.KMEANS, number=4)
    labels = first.assign(points)
    standing = np.full(len(points), -1)
    for cluster, rows in enumerate(typical(points, labels, first.centroids)):
        standing[rows] = cluster
    other = turned(points)
    second = fit(other, Algorithm.KMEANS, number=4)
    numbers = match(carried(other, standing, 4), [10, 11, 12, 13], second.centroids, fresh=20)
    again = second.assign(other)
    assert sorted(numbers) == [10, 11, 12, 13]
    for cluster, number in enumerate(numbers):
        assert np.bincount(truth[again == cluster]).argmax() == np.bincount(truth[labels == number - 10]).argmax()


def test_a_new_cluster_gets_a_new_number_and_a_vanished_one_gives_its_own_to_nobody() -> None:
    before = CENTRES[:3]
    now = np.array([[0.02, 1.0, 0.0], [1.0, 0.03, 0.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
    assert match(before, [4, 5, 6], now, fresh=9) == [5, 4, 9, 10]


def test_of_a_cluster_that_parts_the_nearer_half_keeps_the_number() -> None:
    before = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    now = np.array([[0.7, 0.0, 0.8], [1.0, 0.0, 0.1], [0.0, 1.0, 0.0]])
    assert match(before, [1, 2], now, fresh=3) == [3, 1, 2]


def test_clusters_of_which_nobody_is_left_are_not_recognised() -> None:
    points, _truth = people()
    nobody = carried(points, np.full(len(points), -1), 2)
    assert np.isnan(nobody).all()
    assert match(nobody, [1, 2], CENTRES, fresh=3) == [3, 4, 5, 6]
    assert match(np.zeros((0, 3)), [], CENTRES, fresh=0) == [0, 1, 2, 3]


def test_typical_members_are_those_nearest_to_the_centroid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "TYPICAL", 2)
    points = np.array([[0.0], [0.3], [0.1], [5.0]])
    rows = typical(points, np.array([0, 0, 0, 1]), np.array([[0.0], [5.0]]))
    assert [each.tolist() for each in rows] == [[0, 2], [3]]


def members(interests: np.ndarray, **others: list[str | None]) -> Members:
    names = ("Java", "poems", "running", "Code", "Arts")
    nothing: list[str | None] = [None] * len(interests)
    known = {"habits": nothing, "tiers": nothing} | others
    return Members(interests, names, np.array([3, 4]), known["habits"], known["tiers"])


TWO = np.array([0] * 10 + [1] * 10)
INTERESTS = np.array([[0.5, 0.0, 0.1, 0.9, 0.0]] * 10 + [[0.0, 0.6, 0.12, 0.0, 0.6]] * 10)


def test_a_cluster_is_told_by_what_its_members_have_and_others_have_not() -> None:
    habits: list[str | None] = ["night"] * 8 + ["evening"] * 12
    told = tell(members(INTERESTS, habits=habits), TWO, 2, [None, None])
    assert told[0] == Told(("Java", "Code"), habit="night")
    assert told[1] == Told(("poems", "running"), habit="evening")


def test_what_everybody_has_tells_of_nobody() -> None:
    told = tell(members(INTERESTS, tiers=["low"] * 20), TWO, 2, [None, None])
    assert [each.tier for each in told] == [None, None]
    alike = tell(members(np.tile(INTERESTS[:1], (20, 1))), TWO, 2, [None, None])
    assert alike == [Told(), Told()]


def test_a_name_is_kept_while_it_is_true() -> None:
    old = Told(("Code", "Java"))
    assert tell(members(INTERESTS), TWO, 2, [old, None])[0].interests == ("Code", "Java")
    wrong = Told(("poems", "Java"))
    assert tell(members(INTERESTS), TWO, 2, [wrong, None])[0].interests == ("Java", "Code")


def test_clusters_of_which_the_same_is_told_are_numbered() -> None:
    three = np.array([0] * 5 + [2] * 5 + [1] * 10)
    told = tell(members(INTERESTS), three, 3, [None, None, None])
    assert told[0].interests == told[2].interests
    assert [each.number for each in told] == [1, 0, 2]
