"""Computes every draw of a lottery again, with nothing but Python 3, and tells what is not as it was promised.

python3 verify_draws.py https://shop.example/campaigns/…/proof      (or a file with the same JSON)
"""

import hashlib
import hmac
import json
import sys
import urllib.request
from collections import Counter, defaultdict


def load(source):
    """The whole proof, all its pages together."""
    proof, results = None, []
    while source:
        is_address = source.startswith(("http://", "https://"))
        with urllib.request.urlopen(source) if is_address else open(source, "rb") as file:
            page = json.load(file)
        proof = proof or page
        results += page["results"]
        source = page["next"]
    return {**proof, "results": results}


def verify(proof):
    """What is wrong, in words; nothing where all is right."""
    terms, seed = json.loads(proof["terms"]), proof["seed"]
    faults = []
    if not seed:
        faults.append("The seed is not published yet: draws cannot be computed before the campaign is over.")
    elif not hashlib.sha256(bytes.fromhex(seed)).hexdigest() == proof["commitment"] == terms["commitment"]:
        faults.append("The seed is not the one that was promised.")
    before = {"given": Counter(), "today": defaultdict(Counter), "own": defaultdict(Counter), "points": 0}
    before |= {"turns": Counter(), "misses": Counter(), "hash": hashlib.sha256(proof["terms"].encode()).hexdigest()}
    for place, draw in enumerate(proof["results"], 1):
        faults += [f"Draw {place} {fault}" for fault in faults_of(draw, place, before, terms, seed)]
        count(draw, before, terms)
    if len(proof["results"]) != proof["draws"] or before["hash"] != proof["head"]:
        faults.append("Draws are missing at the end, or there are too many.")
    return faults


def faults_of(draw, place, before, terms, seed):
    """What is wrong with one draw, after those before it."""
    if draw["number"] != place:
        yield f"has the number {draw['number']}."
    if draw["previous"] != before["hash"] or draw["hash"] != digest(draw):
        yield "does not hang together with the one before, or was changed."
    if draw["turn"] != before["turns"][draw["entrant"]] + 1:
        yield f"is turn {draw['turn']} of {draw['entrant']}, after turn {before['turns'][draw['entrant']]}."
    if [list(pair) for pair in draw["table"]] != table_for(terms, before, draw):
        yield "was made from another table than the terms and the draws before say."
    if seed and pick(draw["table"], number(seed, terms["campaign"], draw)) != draw["prize"]:
        yield "has another prize than its seed and nonce stand for."


def count(draw, before, terms):
    """Add a draw to what was before."""
    who, prize = draw["entrant"], draw["prize"]
    before["hash"], before["turns"][who] = draw["hash"], draw["turn"]
    before["misses"][who] = 0 if prize else before["misses"][who] + 1
    if prize:
        for counter in (before["given"], before["today"][draw["day"]], before["own"][who]):
            counter[prize] += 1
        before["points"] += {each["key"]: each["points"] for each in terms["prizes"]}.get(prize, 0)


def digest(draw):
    """The hash of a record."""
    table = ",".join(f"{key}:{weight}" for key, weight in draw["table"])
    names = ("number", "entrant", "turn", "nonce", "day", "table", "prize", "previous")
    return hashlib.sha256("|".join(str({**draw, "table": table}[name]) for name in names).encode()).hexdigest()


def table_for(terms, before, draw):
    """What can be won after what was given before."""
    left, own, today = {}, before["own"][draw["entrant"]], before["today"][draw["day"]]
    for prize in terms["prizes"]:
        limits = ((prize["stock"], before["given"]), (prize["a_day"], today), (prize["a_person"], own))
        fits = terms["points_budget"] is None or before["points"] + prize["points"] <= terms["points_budget"]
        left[prize["key"]] = fits and all(limit is None or won[prize["key"]] < limit for limit, won in limits)
    after = terms["guarantee_after"]
    if after is not None and before["misses"][draw["entrant"]] >= after - 1 and left.get(terms["guaranteed"]):
        return [[terms["guaranteed"], 1]]
    lost = sum(prize["weight"] for prize in terms["prizes"] if not left[prize["key"]])
    open_ = [[prize["key"], prize["weight"]] for prize in terms["prizes"] if left[prize["key"]] and prize["weight"]]
    return [[0, terms["nothing_weight"] + lost], *open_]


def number(seed, campaign, draw):
    """The number below 2^128 that decides a draw."""
    message = f"{campaign}|{draw['entrant']}|{draw['turn']}|{draw['nonce']}".encode()
    return int.from_bytes(hmac.digest(bytes.fromhex(seed), message, "sha256")[:16], "big")


def pick(table, place):
    """The prize that the number stands for."""
    place = place * sum(weight for _key, weight in table) >> 128
    for key, weight in table:
        if place < weight:
            return key
        place -= weight
    return None


if __name__ == "__main__":
    found = verify(load(sys.argv[1]))
    print("\n".join(found) or "All draws are as they were promised.")
    sys.exit(bool(found))
