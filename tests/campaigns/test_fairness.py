"""Draws that anybody can check: published odds hold, and whatever is tampered with is found."""

import copy
import importlib.util
import random
from collections import Counter
from typing import Any

import pytest
from scipy.stats import chisquare

from campaigns.fairness import terms as published
from campaigns.fairness.drawing import NONCE, Record, number_of, pick
from campaigns.fairness.odds import Standing, table_for
from campaigns.fairness.simulating import simulate
from campaigns.fairness.terms import NOTHING, PrizeTerms, Terms
from tests.docs.pages import ROOT

SCRIPT = ROOT / "static/fairness/verify_draws.py"
SEED = "11" * 32
TAMPERINGS = 1_000


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("verify_draws", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


verify = load_script().verify


def terms(**fields: Any) -> Terms:
    prizes = (
        PrizeTerms(1, "奖学金", 5, stock=3),
        PrizeTerms(2, "coupon", 20, a_day=4, a_person=2),
        PrizeTerms(3, "points", 30, points=10),
    )
    whole = {"nothing_weight": 45, "prizes": prizes, "guarantee_after": 6, "guaranteed": 2, "points_budget": 150}
    return Terms("c1", published.commitment(SEED), "Asia/Shanghai", **{**whole, **fields})


def proof_of(promised: Terms, draws: int, people: int = 7, seed: str = SEED) -> dict[str, Any]:
    """A lottery played by this room's own rules, as it is published."""
    text = published.write(promised)
    points_of = {prize.key: prize.points for prize in promised.prizes}
    head, results, points = published.first_hash(text), [], 0
    given, turns, misses = Counter[int](), Counter[str](), Counter[str]()
    own: dict[str, Counter[int]] = {}
    today: dict[str, Counter[int]] = {}
    chance = random.Random(1)
    for number in range(1, draws + 1):
        who, day, nonce = f"e{chance.randrange(people)}", f"2026-03-{1 + number // 20:02}", f"n{chance.random():.6f}"
        nonce = nonce.replace(".", "_")
        mine, now = own.setdefault(who, Counter()), today.setdefault(day, Counter())
        table = table_for(promised, Standing(given, now, mine, points, misses[who]))
        turns[who] += 1
        key = pick(table, number_of(seed, promised.campaign, who, turns[who], nonce))
        record = Record(number, who, turns[who], nonce, day, table, key, head)
        results.append(
            {
                "number": number,
                "entrant": who,
                "turn": turns[who],
                "nonce": nonce,
                "day": day,
                "table": [list(pair) for pair in table],
                "prize": key,
                "previous": head,
                "hash": record.hash,
            }
        )
        head = record.hash
        misses[who] = misses[who] + 1 if key == NOTHING else 0
        if key != NOTHING:
            points += points_of[key]
            for counter in (given, now, mine):
                counter[key] += 1
    return {
        "campaign_id": promised.campaign,
        "commitment": promised.commitment,
        "seed": seed,
        "terms": text,
        "draws": draws,
        "head": head,
        "results": results,
        "next": None,
    }


def rehash(proof: dict[str, Any]) -> None:
    """What an operator would do who changes a record: make the chain whole again."""
    head = published.first_hash(proof["terms"])
    for draw in proof["results"]:
        draw["previous"] = head
        fields = {name: draw[name] for name in ("number", "entrant", "turn", "nonce", "day", "table", "prize")}
        draw["hash"] = head = Record(**fields, previous=head).hash
    proof["draws"], proof["head"] = len(proof["results"]), head


@pytest.fixture(scope="module")
def proof() -> dict[str, Any]:
    return proof_of(terms(), 200)


def test_an_honest_lottery_is_found_to_be_honest(proof):
    assert verify(proof) == []


def test_the_script_needs_nothing_and_is_short():
    text = SCRIPT.read_text()
    assert len(text.splitlines()) <= 125
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported == {"hashlib", "hmac", "json", "sys", "urllib", "collections"}


def tamper(proof: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A proof in which one thing is not as it was."""
    changed = copy.deepcopy(proof)
    draws = changed["results"]
    at = chance.randrange(len(draws) - 1)
    match chance.randrange(9):
        case 0:
            draws[at]["prize"] = chance.choice([key for key in (0, 1, 2, 3) if key != draws[at]["prize"]])
        case 1:
            del draws[at]
        case 2:
            draws[at], draws[at + 1] = draws[at + 1], draws[at]
        case 3:
            draws[at]["turn"] += 1
        case 4:
            draws[at]["table"][0][1] += 1
        case 5:
            draws[at]["nonce"] += "x"
        case 6:
            changed["seed"] = "22" * 32
        case 7:
            changed["terms"] = changed["terms"].replace('"weight": 5', '"weight": 4')
        case _:
            draws[at]["entrant"] = "somebody"
    return changed


def test_each_of_a_thousand_tamperings_is_found(proof):
    chance = random.Random(7)
    missed = [n for n in range(TAMPERINGS) if not verify(tamper(proof, chance))]
    assert missed == []


def test_tamperings_are_found_though_the_chain_was_made_whole_again(proof):
    """All but nonces that nobody kept: who chose one has the receipt. Here all draws are computed again."""
    chance = random.Random(8)
    missed = []
    for n in range(TAMPERINGS // 4):
        changed = tamper(proof, chance)
        if changed["terms"] == proof["terms"] and changed["seed"] == proof["seed"]:
            rehash(changed)
            is_same = [draw["prize"] for draw in changed["results"]] == [draw["prize"] for draw in proof["results"]]
            if not verify(changed) and not is_same:
                missed.append(n)
    assert missed == []


def test_a_seed_chosen_afterwards_is_found():
    assert any("promised" in fault for fault in verify(proof_of(terms(), 20, seed="33" * 32)))


def test_records_removed_at_the_end_are_found(proof):
    changed = copy.deepcopy(proof)
    changed["results"] = changed["results"][:-3]
    assert verify(changed)


def test_before_the_end_all_but_the_prizes_can_be_checked(proof):
    assert verify({**proof, "seed": None}) == [
        "The seed is not published yet: draws cannot be computed before the campaign is over."
    ]


def test_a_million_draws_have_the_published_odds():
    promised = terms(
        prizes=(PrizeTerms(1, "a", 5), PrizeTerms(2, "b", 20), PrizeTerms(3, "c", 30)),
        guarantee_after=None,
        guaranteed=NOTHING,
        points_budget=None,
    )
    table = table_for(promised, Standing())
    won = Counter(pick(table, number_of(SEED, "c1", "e1", turn, "")) for turn in range(1_000_000))
    expected = [weight * 10_000 for _key, weight in table]
    assert chisquare([won[key] for key, _weight in table], expected).pvalue > 0.001


def test_who_is_due_a_guarantee_wins_it():
    assert table_for(terms(), Standing(misses=5)) == [(2, 1)]
    assert table_for(terms(), Standing(misses=4))[0][0] == NOTHING
    assert table_for(terms(), Standing(misses=5, given_to_entrant={2: 2}))[0][0] == NOTHING


def test_what_cannot_be_won_leaves_the_odds_of_others_alone():
    table = table_for(terms(), Standing(given={1: 3}, given_today={2: 4}, points_given=141))
    assert table == [(NOTHING, 100)]
    assert table_for(terms(), Standing(given={1: 3})) == [(NOTHING, 50), (2, 20), (3, 30)]


def test_a_table_without_weight_is_refused():
    with pytest.raises(ValueError, match="weight"):
        pick([(NOTHING, 0)], 5)


@pytest.mark.parametrize("nonce", ["", "abc-_9", "x" * 64])
def test_nonces_are_letters_and_digits(nonce):
    assert NONCE.fullmatch(nonce)


@pytest.mark.parametrize("nonce", ["a|b", "x" * 65, "é", " "])
def test_other_nonces_are_none(nonce):
    assert not NONCE.fullmatch(nonce)


def test_a_simulation_keeps_to_stock_and_budget():
    outcome = simulate(terms(), 20_000, people=500, draws_a_day=1_000)
    assert outcome.won[1] == 3
    assert outcome.points == 150
    assert sum(outcome.won.values()) == 20_000
    assert outcome.sold_out[1] <= 1_000
