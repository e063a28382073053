"""Small worlds of people and courses whose tastes are known, because they were planted."""

from dataclasses import replace

import numpy as np

from recommend.algorithms.base import Algorithm, Histories, Interactions
from recommend.algorithms.interactions import Descriptions
from recommend.algorithms.registry import ALGORITHMS

N_USERS, N_ITEMS = 120, 30
GROUPS = 3
"""Person p and course c belong to the groups p % 3 and c % 3; people nearly only choose courses of their group."""

QUICK = {
    "popularity": {},
    "ease": {"regularization": 5},
    "bilinear": {"max_epochs": 6, "device": "cpu", "batch_size": 128},
    "content": {"factors": 8},
    "deep_mf": {"max_epochs": 6, "device": "cpu", "batch_size": 128, "hidden_dimensions": 16, "dimensions": 8},
    "next_item": {"regularization": 5},
    "sequence": {
        "dimensions": 16,
        "blocks": 1,
        "max_epochs": 6,
        "device": "cpu",
        "batch_size": 64,
        "learning_rate": 0.005,
    },
    "spectral": {"axes": 3, "neighbours": 20},
    "als": {"factors": 4, "regularization": 1, "device": "cpu"},
    "cross_platform": {"axes": 4},
    "ensemble": {},
}


def interactions_of(rows: list[tuple[int, int]], n_users: int = 0, n_items: int = 0) -> Interactions:
    """Ordinary events (person, course), in order of time."""
    users, items = np.array(rows, dtype=np.int32).reshape(-1, 2).T
    times = np.arange(len(rows), dtype=np.float64)
    sizes = n_users or int(users.max(initial=-1)) + 1, n_items or int(items.max(initial=-1)) + 1
    ones = np.ones(len(rows), np.float32)
    return Interactions(users, items, ones, times, *sizes, descriptions=described(sizes[1]))


def described(n_items: int) -> Descriptions:
    """Courses whose texts name their group among other words."""
    texts = [f"讲解subject{item % GROUPS}的课程 lesson{item % 4}" for item in range(n_items)]
    return Descriptions(texts, [f"shelf{item % 2}" for item in range(n_items)], [""] * n_items, ["course"] * n_items)


def planted_interactions(seed: int = 0) -> Interactions:
    """Eight courses a person, nine in ten of the person's group; within a group, lower numbers are more popular."""
    random = np.random.default_rng(seed)
    rows = []
    for user in range(N_USERS):
        own = np.arange(N_ITEMS) % GROUPS == user % GROUPS
        chances = np.where(own, 9.0, 0.5) / (2 + np.arange(N_ITEMS) / 6)
        rows += [(user, item) for item in random.choice(N_ITEMS, 8, replace=False, p=chances / chances.sum())]
    return interactions_of(rows, N_USERS, N_ITEMS)


def on_two_platforms(interactions: Interactions) -> Interactions:
    """The same, every second three courses being offered by a second platform, so that groups reach over both."""
    return replace(interactions, platform_of_item=(np.arange(interactions.n_items) // GROUPS % 2).astype(np.int32))


def quick(name: str, **settings: object) -> Algorithm:
    """The untrained algorithm, with settings under which the planted world is learned in a moment."""
    kind = ALGORITHMS[name]
    return kind(kind.configure({**QUICK[name], **settings}))


def share_of_group(model: Algorithm, group: int) -> float:
    """How many of the five courses recommended to a newcomer who took two of this group are of the group."""
    scores = model.scores(Histories.single([group, group + GROUPS]))[0]
    scores[[group, group + GROUPS]] = -np.inf
    return float(np.mean(np.argsort(-scores)[:5] % GROUPS == group))
