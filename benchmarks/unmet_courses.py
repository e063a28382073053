"""Courses that nobody met, found for the people who met them in truth: a fifth of all courses is hidden from training.

    python -m benchmarks.unmet_courses [--data DIR]

In the demo world, and with `--data` in MOOCCubeX, where the courses' fields, schools, teachers and concepts are their
words. Recall and NDCG at 10 among the hidden courses, of people who met one of them and two others or more.
"""

import gzip
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.options import Options, read
from recommend.algorithms.content import Content
from recommend.algorithms.course_words import word_matrix
from recommend.algorithms.interactions import Descriptions, Float32Array, Interactions
from recommend.evaluation import ndcg, recall

PEOPLE, COURSES, QUICK_PEOPLE, QUICK_COURSES = 2_000, 1_000, 300, 200
NOW, SEED, HIDDEN_SHARE, MOST_ASKED, K = 1_790_000_000, 1, 0.2, 3_000, 10
STRENGTH = {"view": 1, "click": 1, "comment": 2, "rating": 2, "like": 3, "share": 3, "complete": 4, "purchase": 5}


def measure(options: Options) -> None:
    """Print a row for each world and way of finding."""
    worlds = [("demo", demo(QUICK_PEOPLE, QUICK_COURSES) if options.quick else demo(PEOPLE, COURSES))]
    if options.data is not None:
        worlds.append(("MOOCCubeX", mooccubex(options.data)))
    rows = [[name, *row] for name, world in worlds for row in _rows(world)]
    report.show("Courses that nobody met", ["data", "by", "recall@10", "NDCG@10"], rows)


def demo(people: int, courses: int) -> Interactions:
    """The demo's events and the texts of its courses."""
    from crossmarket.demo.events import EVENT_TYPES
    from crossmarket.demo.world import generate

    world = generate(people, courses, now=NOW)
    shop, events = world.courses, world.events
    weights = np.array([STRENGTH.get(name, 0) for name in EVENT_TYPES], np.float32)[events.type]
    kept = (events.course >= 0) & (weights > 0)
    users = world.accounts.linked[events.account[kept]].astype(np.int32)
    number = range(len(shop))
    described = Descriptions(
        texts=[f"{shop.title[course]} {' '.join(shop.tags(course))} {shop.text[course]}" for course in number],
        categories=[shop.category_name(course) for course in number],
        teachers=shop.teacher,
        kinds=shop.kind,
    )
    columns = users, events.course[kept].astype(np.int32), weights[kept], events.time[kept].astype(np.float64)
    return Interactions(*columns, int(users.max()) + 1, len(shop), descriptions=described)


def mooccubex(folder: Path) -> Interactions:
    """Enrolments of the training part, and what the graph of knowledge says of the courses."""
    with gzip.open(folder / "train.txt.gz", "rt") as lines:
        taken = [line.split() for line in lines]
    pairs = np.array([(int(user), int(item)) for user, *items in taken for item in items])
    ids, items = np.unique(pairs[:, 1], return_inverse=True)
    people, users = np.unique(pairs[:, 0], return_inverse=True)
    words: dict[int, list[str]] = defaultdict(list)
    with gzip.open(folder / "kg_final.txt.gz", "rt") as lines:
        for head, relation, tail in map(str.split, lines):
            words[int(head)].append(f"r{relation}x{tail}")
    nothing = [""] * len(ids)
    described = Descriptions([" ".join(words[course]) for course in ids.tolist()], nothing, nothing, nothing)
    ones, order = np.ones(len(pairs), np.float32), np.arange(len(pairs), dtype=np.float64)
    columns = users.astype(np.int32), items.astype(np.int32), ones, order
    return Interactions(*columns, len(people), len(ids), descriptions=described)


def _rows(world: Interactions) -> list[list[str]]:
    random = np.random.default_rng(SEED)
    hidden = np.sort(random.permutation(world.n_items)[: int(HIDDEN_SHARE * world.n_items)])
    is_hidden = np.isin(np.arange(world.n_items), hidden)
    known = world.where(~is_hidden[world.items])
    answers = world.where(is_hidden[world.items]).matrix(binary=True)[:, hidden]
    able = (np.diff(answers.indptr) > 0) & (np.bincount(known.users, minlength=world.n_users) > 1)
    people = np.sort(random.permutation(np.flatnonzero(able))[:MOST_ASKED])
    truth = answers[people].toarray() > 0

    def row(name: str, scores: Float32Array) -> list[str]:
        first = np.argsort(-scores, axis=1)[:, :K]
        hits, counts = np.take_along_axis(truth, first, axis=1), truth.sum(axis=1)
        return [name, f"{recall(hits, counts, K).mean():.3f}", f"{ndcg(hits, counts, K).mean():.3f}"]

    ways: list[tuple[str, Callable[[], Float32Array]]] = [
        ("chance", lambda: random.random((len(people), len(hidden)), np.float32)),
        ("people's own categories, popular ones first", lambda: _own_categories(known, people)[:, hidden]),
        ("words in common", lambda: _words_in_common(known, people)[:, hidden]),
        ("content", lambda: Content().fit(known).scores(known.histories(people))[:, hidden]),
    ]
    if not any(world.descriptions.categories if world.descriptions else ()):
        ways.pop(1)
    return [row(name, scores()) for name, scores in ways]


def _own_categories(known: Interactions, people: np.ndarray) -> Float32Array:
    """How much each person met of each course's category, and a trace of how much everybody did."""
    assert known.descriptions is not None
    _names, category = np.unique(known.descriptions.categories, return_inverse=True)
    shares = known.matrix() @ np.eye(category.max() + 1, dtype=np.float32)[category]
    return (shares[people] + 1e-6 * shares.sum(axis=0))[:, category]


def _words_in_common(known: Interactions, people: np.ndarray) -> Float32Array:
    """The cosine of TF-IDF vectors, summed over what each person met."""
    assert known.descriptions is not None
    words = word_matrix(replace(known.descriptions), lambda *_report: None)
    return ((known.matrix()[people] @ words) @ words.T).toarray()


if __name__ == "__main__":
    measure(read(__doc__))
