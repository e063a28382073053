"""`manage.py evaluate_cross_platform`: who is asked about, what is hidden, and what the lift is a lift over."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recommend.algorithms.base import EmptyDataset
from recommend.cross_platform_evaluation import hiding, lift_in_percent
from recommend.cross_platform_split import CrossPlatformSplit, cross_platform_split, of_one_platform
from recommend.datasets import open_dataset

ROOT = Path(__file__).resolve().parents[2]
KEYS = ["target", "regime", "people", "popularity", "single", "joint", "lift", "lift_low", "lift_high"]
GROUPS = 2


def courses_of(user: int, count: int, seed: int) -> list[int]:
    """Of the even or the odd courses, as the person's taste is."""
    random = np.random.default_rng([user, seed])
    return sorted(random.choice(12, count, replace=False) * GROUPS + user % GROUPS)


@pytest.fixture
def ratings(tmp_path) -> Path:
    """40 people with 10 ratings in each shop, then 5 people with only 5 books."""
    folder = tmp_path / "ratings"
    folder.mkdir()
    for seed, platform in enumerate(("book", "music")):
        lines = [f"{user}\t{item}\t{4}" for user in range(40) for item in courses_of(user, 10, seed)]
        if platform == "book":
            lines += [f"{user}\t{item}\t{5}" for user in range(40, 45) for item in courses_of(user, 5, seed)]
        (folder / f"{platform}_ratings.tsv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def pairs(tmp_path) -> Path:
    """30 people with 6 purchases in each shop, and one more of every second person to be foretold."""
    folder = tmp_path / "pairs"
    folder.mkdir()
    for seed, platform in enumerate(("phone", "sport")):
        bought = {user: courses_of(user, 7, seed) for user in range(30)}
        train = [f"{user}\t{item}" for user, items in bought.items() for item in items[1:]]
        test = [f"{user}\t{items[0]}" for user, items in bought.items() if user % 2 == 0]
        (folder / f"{platform}_train.txt").write_text("\n".join(train) + "\n")
        (folder / f"{platform}_test.txt").write_text("\n".join(test) + "\n")
    return folder


def read(folder: Path) -> CrossPlatformSplit:
    return cross_platform_split(open_dataset(folder.name, folder), print, lambda *progress: None)


def printed(folder: Path, *arguments: str) -> list[dict]:
    out = StringIO()
    given = ("--data", str(folder), "--format", folder.name, "--algorithm", "ease", "--set", "regularization=5")
    call_command("evaluate_cross_platform", *given, "--json", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def pairs_known(data: CrossPlatformSplit) -> set[tuple[int, int]]:
    return set(zip(data.split.interactions.users.tolist(), data.split.interactions.items.tolist(), strict=True))


def pairs_asked(data: CrossPlatformSplit) -> set[tuple[int, int]]:
    people = np.repeat(data.split.people, np.diff(data.split.offsets))
    return set(zip(people.tolist(), data.split.items.tolist(), strict=True))


def test_one_json_object_per_platform_and_regime_and_nothing_else_on_the_standard_output(pairs, tmp_path):
    environment = os.environ | {
        "CROSSMARKET_VAR": str(tmp_path / "var"),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "evaluate_cross_platform", "--data", str(pairs)]
    command += ["--format", "pairs", "--algorithm", "ease", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(list(result) == KEYS for result in results)
    asked = [(result["target"], result["regime"]) for result in results]
    assert asked == [("phone", "full"), ("sport", "full"), ("phone", "new"), ("sport", "new")]
    assert done.stderr


def test_without_json_a_table_for_eyes(pairs):
    out = StringIO()
    call_command(
        "evaluate_cross_platform", "--data", str(pairs), "--format", "pairs", "--algorithm", "ease", stdout=out
    )
    assert "interval" in out.getvalue()
    assert "sport" in out.getvalue()


def test_the_same_data_give_the_same_figures_whatever_the_order_of_the_lines(ratings):
    first = printed(ratings)
    for path in ratings.iterdir():
        lines = path.read_text().splitlines()
        path.write_text("\n".join(np.random.default_rng(0).permutation(lines)) + "\n")
    again = printed(ratings)
    assert [(line["people"], line["popularity"]) for line in again] == [
        (line["people"], line["popularity"]) for line in first
    ]
    for one, other in zip(first, again, strict=True):
        assert other["joint"] == pytest.approx(one["joint"], rel=0.1)


def test_a_fifth_of_the_ratings_of_people_with_enough_on_both_platforms_is_asked_about(ratings):
    data = read(ratings)
    assert len(data.people) == 40
    assert set(data.split.people) == set(data.people)
    assert set(np.diff(data.split.offsets)) == {2}
    assert not pairs_known(data) & pairs_asked(data)
    assert len(pairs_known(data)) == 40 * 2 * 8 + 5 * 4


def test_a_given_split_is_taken_as_it_is(pairs):
    data = read(pairs)
    assert len(data.people) == 30
    assert len(data.split.interactions) == 2 * 30 * 6
    assert len(pairs_asked(data)) == 2 * 15


@pytest.mark.parametrize("platform", [0, 1])
def test_newcomers_keep_nothing_there_and_everything_elsewhere(pairs, platform):
    data = read(pairs)
    before, asked = data.split.interactions, hiding(data, platform)
    after = asked.interactions
    there = {users: np.bincount(after.users[after.platforms[after.items] == users], minlength=30) for users in (0, 1)}
    hidden = np.flatnonzero(there[platform] == 0)
    assert len(hidden) == 15
    assert set(asked.people) <= set(hidden)
    assert set(asked.platforms) == {platform}
    assert (there[1 - platform] == 6).all()
    assert len(before) - len(after) == 15 * 6


def test_hidden_courses_may_be_recommended_for_nobody_is_known_to_have_them(pairs):
    data = read(pairs)
    newcomers = hiding(data, 0)
    histories = newcomers.interactions.histories(newcomers.people)
    assert (newcomers.interactions.platforms[histories.items] == 1).all()


def test_single_sees_the_target_platform_alone(pairs):
    data = read(pairs)
    alone = of_one_platform(data.split, 1)
    assert alone.interactions.n_items == (data.split.interactions.platforms == 1).sum()
    assert len(alone.interactions) == 30 * 6
    assert len(alone) == 15


def test_the_lift_of_people_with_a_history_is_over_single_and_of_newcomers_over_popularity(ratings):
    for line in printed(ratings):
        base = line["single"] if line["regime"] == "full" else line["popularity"]
        assert line["lift"] == pytest.approx(100 * (line["joint"] / base - 1), abs=0.1)
        assert line["lift_low"] <= line["lift"] <= line["lift_high"]


def test_where_taste_carries_over_newcomers_are_served_better_than_by_popularity(ratings):
    new = [line for line in printed(ratings) if line["regime"] == "new"]
    assert [line["people"] for line in new] == [20, 20]
    assert all(line["lift"] > 20 for line in new)


def test_the_interval_pairs_each_person_with_themselves():
    base = np.random.default_rng(0).random(200)
    lift, low, high = lift_in_percent(base * 1.1, base)
    assert (lift, low, high) == pytest.approx((10, 10, 10))


def test_there_is_no_lift_over_nothing():
    assert np.isnan(lift_in_percent(np.ones(5), np.zeros(5))).all()


def test_the_interval_covers_no_lift_where_the_two_differ_by_chance():
    random = np.random.default_rng(1)
    lift, low, high = lift_in_percent(random.random(300), random.random(300))
    assert low < 0 < high
    assert low < lift < high


@pytest.mark.parametrize("count", [2, 5])
def test_people_with_too_little_are_said_to_be_so(tmp_path, count):
    folder = tmp_path / "ratings"
    folder.mkdir()
    lines = "".join(f"{user} {item} 3\n" for user in (1, 2) for item in range(count))
    for platform in ("book", "music"):
        (folder / f"{platform}_ratings.tsv").write_text(lines)
    with pytest.raises(EmptyDataset, match="has 5 ratings to learn from"):
        read(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--data": "nowhere"}, "There is no folder nowhere"),
        ({"--format": "ratings"}, "has no file *_ratings.tsv"),
        ({"--algorithm": "magic"}, "There is no algorithm 'magic'"),
        ({"--set": "colour=red"}, "has the setting 'colour'"),
        ({"--set": "regularization"}, "key=value"),
    ],
)
def test_what_people_can_put_right_is_said(pairs, changes, message):
    given = {"--data": str(pairs), "--format": "pairs", "--algorithm": "ease"} | changes
    with pytest.raises(CommandError) as refused:
        call_command("evaluate_cross_platform", *(part for pair in given.items() for part in pair))
    assert message in str(refused.value)


def test_one_platform_is_not_two(tmp_path):
    (tmp_path / "train.txt").write_text("1 2 3\n")
    (tmp_path / "test.txt").write_text("1 4\n")
    with pytest.raises(CommandError, match="two or more are needed"):
        call_command("evaluate_cross_platform", "--data", str(tmp_path), "--format", "sequences", "--algorithm", "ease")
