"""Tastes planted in a demo world are found as clusters, in columns of events, where looks by category do not tell."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from crossmarket.demo.topics import CATEGORIES
from crossmarket.demo.world import DemoWorld, generate
from profiles.clustering import fitting
from profiles.clustering.fitting import Algorithm
from profiles.modeling import tastes
from profiles.modeling.columns import CODE, CourseColumns
from profiles.modeling.features import features
from profiles.modeling.topics import CourseText, find_topics
from tests.profiles.test_tiers_planted import columns_of

FOUND, BY_CATEGORY = 0.8, 0.6
"""The adjusted Rand index that is aimed at, and that is not reached by looks counted by category."""
FEWEST_EVENTS = 20


def course_texts(world: DemoWorld) -> list[CourseText]:
    courses = world.courses
    return [
        CourseText(courses.title[at], courses.text[at], tuple(courses.tags(at)), courses.category_name(at))
        for at in range(len(courses))
    ]


def test_planted_tastes_are_found_and_cannot_be_seen_by_category() -> None:
    world = generate(users=1_500, courses=1_200, seed=7, now=1_764_000_000)
    events, courses = columns_of(world)
    topics, _names = find_topics(course_texts(world))
    courses = CourseColumns(courses.category, courses.kind, courses.price, topics, CATEGORIES)
    found = features(events, courses, np.array([1.0]), world.now)
    truth = np.zeros(events.n_persons, dtype=np.int64)
    truth[world.accounts.linked] = world.planted.cluster[world.accounts.person]
    told = found.events >= FEWEST_EVENTS

    points = tastes.fit_axes(found.topics).along(found.topics)
    order = np.random.default_rng(0).permutation(np.flatnonzero(found.topics.sum(axis=1) > 0))
    clusters = fitting.fit(points[order], Algorithm.KMEANS)
    assert abs(len(clusters) - len(np.unique(truth))) <= 1
    assert adjusted_rand_score(truth[told], clusters.assign(points[told])) >= FOUND

    looks = np.zeros((events.n_persons, len(CATEGORIES)))
    viewed = events.type == CODE["view"]
    np.add.at(looks, (events.person[viewed], courses.category[events.course[viewed]]), 1.0)
    for counted in (looks, looks / np.maximum(looks.sum(axis=1, keepdims=True), 1.0)):
        groups = KMeans(len(np.unique(truth)), n_init=3, random_state=0).fit_predict(counted[told])
        assert adjusted_rand_score(truth[told], groups) <= BY_CATEGORY
