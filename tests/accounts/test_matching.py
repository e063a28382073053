"""How likely two accounts are one person: records, comparing, blocking, weighing, and what comes of a planted truth."""

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from accounts.matching import blocking, comparing, records, scoring, weighing
from accounts.matching.comparing import FIELDS, UNKNOWN
from accounts.matching.records import Record

NAMES = [field.name for field in FIELDS]
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂"


def level(one: dict[str, Any], other: dict[str, Any], field: str) -> str | None:
    pattern = comparing.compare(records.record(1, 1, one), records.record(2, 2, other))
    found = pattern[NAMES.index(field)]
    return None if found == UNKNOWN else FIELDS[NAMES.index(field)].levels[found]


class TestComparing:
    @pytest.mark.parametrize(
        ("one", "other", "field", "expected"),
        [
            ({"name": "Ann Lee"}, {"nickname": "ANN  LEE"}, "name", "same"),
            ({"name": "ＡＮＮ"}, {"name": "ann"}, "name", "same"),
            ({"姓名": "张小鹿"}, {"昵称": "张小鹿"}, "name", "same"),
            ({"name": "Annabel Lee"}, {"name": "Anabel Lee"}, "name", "similar"),
            ({"name": "Ann"}, {"name": "Bob"}, "name", "other"),
            ({"name": "Ann"}, {}, "name", None),
            ({"name": "!!!"}, {"name": "!!!"}, "name", None),
            ({"city": "杭州市"}, {"城市": "杭州"}, "city", "same"),
            ({"birth_year": 1990}, {"birthday": "1990-05-01"}, "birth_year", "same"),
            ({"birth_year": "1990"}, {"birth_year": 1991}, "birth_year", "near"),
            ({"birth_year": 1990}, {"birth_year": 2001}, "birth_year", "other"),
            ({"birth_year": 42}, {"birth_year": 42}, "birth_year", None),
            ({"language": "zh-CN"}, {"locale": "zh_hans"}, "language", "same"),
            ({"device_ids": ["a", "b"]}, {"device_id": "b"}, "device", "same"),
            ({"device_ids": ["a"]}, {"device_id": "b"}, "device", "other"),
            ({"name": {"first": "Ann"}, "devices": [[1], None]}, {"name": ["Ann"]}, "name", None),
        ],
    )
    def test_traits_are_compared_in_whatever_words_they_are_told(
        self, one: dict[str, Any], other: dict[str, Any], field: str, expected: str | None
    ) -> None:
        assert level(one, other, field) == level(other, one, field) == expected

    @pytest.mark.parametrize(
        ("one", "other", "alike"), [("martha", "marhta", 0.961), ("dixon", "dicksonx", 0.813), ("", "a", 0)]
    )
    def test_names_are_alike_as_winkler_has_it(self, one: str, other: str, alike: float) -> None:
        assert comparing.jaro_winkler(one, other) == pytest.approx(alike, abs=0.001)

    def test_learning_is_compared_by_its_subjects(self) -> None:
        def pattern(one: dict[str, float], other: dict[str, float]) -> int:
            pair = (Record(1, 1, learning=one), Record(2, 2, learning=other))
            return comparing.compare(*pair)[NAMES.index("learning")]

        physics, both, music = {"物理": 1.0}, {"物理": 0.6, "音乐": 0.4}, {"音乐": 1.0}
        assert [pattern(physics, each) for each in (physics, both, music, {})] == [2, 1, 0, UNKNOWN]


class TestBlocking:
    def test_only_those_with_a_key_in_common_on_other_platforms_are_pairs(self) -> None:
        keys, rows = np.array([7, 7, 7, 8, 8, 9]), np.array([0, 1, 2, 3, 0, 3])
        platforms, persons = np.array([0, 1, 0, 1]), np.array([0, 1, 2, 3])
        found = blocking.candidates(keys, rows, platforms, persons)
        assert list(zip(found.first, found.second, strict=True)) == [(0, 1), (0, 3), (1, 2)]

    def test_those_who_are_one_person_are_no_pair(self) -> None:
        found = blocking.candidates(np.array([7, 7]), np.array([0, 1]), np.array([0, 1]), np.array([5, 5]))
        assert len(found) == 0

    def test_what_many_have_finds_nobody_so_that_the_work_grows_with_accounts(self) -> None:
        many = 10_000
        rows = np.arange(many)
        found = blocking.candidates(np.zeros(many, dtype=np.int64), rows, rows % 2, rows)
        assert len(found) == 0
        few = blocking.candidates(rows // blocking.MOST_IN_BLOCK, rows, rows % 2, rows)
        assert 0 < len(few) <= many * blocking.MOST_IN_BLOCK

    def test_no_accounts_are_no_pairs(self) -> None:
        none = np.zeros(0, dtype=np.int64)
        assert len(blocking.candidates(none, none, none, none)) == 0


class TestWeighing:
    def test_nobody_is_twice_on_a_platform_so_likely_ones_compete(self) -> None:
        platforms = np.array([0, 1, 1, 1])
        first, second = np.array([0, 0, 0]), np.array([1, 2, 3])
        alone = weighing.probabilities(first[:1], second[:1], platforms, [9.0])
        assert alone == pytest.approx([0.9])
        assert weighing.probabilities(first, second, platforms, [9.0, 9.0, 0.0]) == pytest.approx([9 / 19, 9 / 19, 0])

    def test_nothing_that_was_only_compared_is_certain(self) -> None:
        likely = weighing.probabilities(np.array([0]), np.array([1]), np.array([0, 1]), [1e30])
        assert likely == pytest.approx([weighing.CERTAIN])

    def test_agreeing_on_something_rare_tells_more(self) -> None:
        frequencies = scoring.Frequencies(
            {"name": [records.hashed(name) for name in ["学习者"] * 99 + ["欧阳小鹿"] * 2]}
        )
        weights = weighing.learn({}, {}, 10_000, 100)
        bits = {
            name: scoring.score(Record(1, 1, name=name), Record(2, 2, name=name), weights, frequencies).evidence[0][2]
            for name in ("学习者", "欧阳小鹿")
        }
        assert bits["欧阳小鹿"] > bits["学习者"] + 4


@pytest.mark.parametrize("in_both", [0.3, 0.0])
def test_a_planted_truth_is_found_with_honest_probabilities(in_both: float) -> None:
    people, of_both = planted(1_500, in_both, random.Random(1))
    keyed = [(key, row) for row, each in enumerate(people) for key in records.block_keys(each)]
    columns = (np.array([key for key, _ in keyed]), np.array([row for _, row in keyed]))
    platforms = np.array([each.platform for each in people])
    pairs = blocking.candidates(*columns, platforms, np.arange(len(people)))
    compared = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))

    chance = random.Random(2)
    drawn = [(chance.randrange(1_500), 1_500 + chance.randrange(1_500)) for _ in range(5_000)]
    at_random, met = (
        Counter(comparing.compare(people[one], people[other]) for one, other in each) for each in (drawn, compared)
    )
    weights = weighing.learn(at_random, met, 1_500**2, 1_500)
    counted = [scoring.counted_values(each) for each in people]
    frequencies = scoring.Frequencies({name: [n for each in counted for n in each[name]] for name in scoring.COUNTED})
    odds = [scoring.score(people[one], people[other], weights, frequencies).odds for one, other in compared]
    likely = weighing.probabilities(pairs.first, pairs.second, platforms, odds)
    is_true = np.array([pair in of_both for pair in compared], dtype=bool)

    suggested = likely >= 0.5
    if in_both:
        assert suggested.sum() >= 100
        assert is_true[suggested].mean() >= likely[suggested].mean() - 0.05, "no surer than right"
        assert is_true[suggested].mean() >= 0.9
        assert likely[is_true].mean() > 10 * likely[~is_true].mean()
    else:
        assert suggested.sum() <= 1, "where nobody is on both, nobody is taken for somebody else"


def planted(size: int, in_both: float, chance: random.Random) -> tuple[list[Record], set[tuple[int, int]]]:
    """So many accounts on each of two platforms, a share of them of the same people; and who is who."""
    common = int(size * in_both)
    people = [person(chance) for _ in range(2 * size - common)]
    here, there = people[:size], people[size - common :]
    accounts = [records.record(n, 0, carelessly(each, chance)) for n, each in enumerate(here)]
    accounts += [records.record(size + n, 1, carelessly(each, chance)) for n, each in enumerate(there)]
    return accounts, {(size - common + n, size + n) for n in range(common)}


def person(chance: random.Random) -> dict[str, Any]:
    return {
        "name": chance.choice(FAMILY) + "".join(chance.choice(GIVEN) for _ in range(chance.choice([1, 2, 2]))),
        "city": f"城{min(int(chance.expovariate(0.08)), 59)}",
        "birth_year": chance.randint(1960, 2008),
        "language": chance.choice(["zh"] * 9 + ["en"]),
        "device_ids": [f"d{chance.getrandbits(40)}"],
    }


def carelessly(of: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """What a platform knows of somebody: some things not, some wrongly, some in other words."""
    told = dict(of)
    if chance.random() < 0.15:
        told["name"] = chance.choice(["学习者", "小白"]) + str(chance.randint(1, 999))
    elif chance.random() < 0.15:
        told["name"] += chance.choice("儿哥姐")
    if chance.random() < 0.25:
        told["city"] = f"城{chance.randrange(60)}"
    if chance.random() < 0.06:
        told["birth_year"] += chance.choice([-1, 1, 5])
    if chance.random() < 0.6:
        told["device_ids"] = [f"d{chance.getrandbits(40)}"]
    return {name: value for name, value in told.items() if chance.random() > 0.15}
