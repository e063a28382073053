"""Looking for accounts that resemble one another, as a job: who may be one person, for an operator to decide."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from accounts.matching import blocking, comparing, records, scoring, weighing
from accounts.matching.blocking import Candidates
from accounts.matching.comparing import Pattern
from accounts.matching.records import Record
from accounts.matching.scoring import Frequencies
from accounts.matching.weighing import Weights
from accounts.models import LinkedAccount, Purpose
from accounts.services import likeness, suggestions
from accounts.services.suggestions import Found
from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job, JobState

MATCH = gettext_noop("accounts.match")
READING = gettext_noop("reading accounts")
LEARNING = gettext_noop("learning what traits tell")
COMPARING = gettext_noop("comparing pairs")

ACCOUNTS_AT_ONCE, PAIRS_AT_ONCE = 5_000, 10_000
DRAWN_AT_RANDOM, TEACHING_PAIRS = 10_000, 100_000
KEPT_ODDS = 0.01
"""Pairs less likely than this do not even compete."""
SUGGESTED_FROM = 0.5
MOST_SUGGESTED = 5_000
"""More than this nobody decides; the likeliest are suggested."""


def enqueue_matching(to_worker: bool = True) -> Job:
    """Put a looking for matches into the queue, unless one waits there, or leave it to the caller to run."""
    waiting = Job.objects.open().filter(kind=MATCH, started_at__isnull=True).first() if to_worker else None
    return waiting or jobs.enqueue(MATCH, to_worker=to_worker)


@job_kind(MATCH)
def match(reporter: Reporter, /) -> Result:
    """Compare accounts that have something rare in common, and suggest those that are likely one person."""
    if Job.objects.filter(kind=MATCH, state=JobState.RUNNING).exclude(pk=reporter.job.pk).exists():
        raise JobFailed("Matches are being looked for already; wait until that job has ended.")
    everyone = _read(reporter)
    pairs = blocking.candidates(everyone.keys, everyone.rows, everyone.platforms, everyone.persons)
    weights = _learn(reporter, everyone, pairs)
    found = _score(reporter, everyone, pairs, weights)
    suggested = suggestions.suggest_found(found[:MOST_SUGGESTED])
    reporter.log(f"{len(everyone.ids)} accounts, {len(pairs)} pairs compared, {suggested} suggested")
    return {"accounts": len(everyone.ids), "pairs": len(pairs), "suggested": suggested}


@dataclass
class _Everyone:
    """The accounts that agree to be joined, in columns of numbers; int64 each. `keys` and `rows` go together."""

    ids: np.ndarray
    platforms: np.ndarray
    persons: np.ndarray
    keys: np.ndarray
    rows: np.ndarray
    frequencies: Frequencies


@dataclass
class _Columns:
    ids: list[int] = field(default_factory=list)
    platforms: list[int] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)
    keys: list[np.ndarray] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    met: dict[str, list[np.ndarray]] = field(default_factory=lambda: {name: [] for name in scoring.COUNTED})


def _read(reporter: Reporter) -> _Everyone:
    """All accounts that agree to be joined, a few thousand at a time; of each remain some numbers."""
    agreeing = LinkedAccount.objects.consenting(Purpose.CROSS_PLATFORM)
    total, columns = agreeing.count(), _Columns()
    chunk: list[tuple[Record, int]] = []
    for row in _rows(agreeing):
        chunk.append(row)
        if len(chunk) == ACCOUNTS_AT_ONCE:
            _take(columns, chunk)
            chunk = []
            reporter(READING, len(columns.ids), max(total, len(columns.ids)))
    _take(columns, chunk)
    empty = np.zeros(0, dtype=np.int64)
    return _Everyone(
        np.array(columns.ids, dtype=np.int64),
        np.array(columns.platforms, dtype=np.int64),
        np.array(columns.persons, dtype=np.int64),
        np.concatenate([empty, *columns.keys]),
        np.concatenate([empty, *columns.rows]),
        Frequencies({name: np.concatenate([empty, *numbers]) for name, numbers in columns.met.items()}),
    )


def _take(columns: _Columns, chunk: Sequence[tuple[Record, int]]) -> None:
    begin = len(columns.ids)
    keyed = [(key, begin + place) for place, (of, _person) in enumerate(chunk) for key in records.block_keys(of)]
    columns.ids += [of.key for of, _person in chunk]
    columns.platforms += [of.platform for of, _person in chunk]
    columns.persons += [person for _of, person in chunk]
    columns.keys.append(np.array([key for key, _row in keyed], dtype=np.int64))
    columns.rows.append(np.array([row for _key, row in keyed], dtype=np.int64))
    told = [scoring.counted_values(of) for of, _person in chunk]
    for name, numbers in columns.met.items():
        numbers.append(np.array([value for each in told for value in each[name]], dtype=np.int64))


def _rows(accounts: QuerySet[LinkedAccount]) -> Iterator[tuple[Record, int]]:
    """The record of each account, and a number for its person."""
    told = accounts.order_by("pk").values_list(
        "pk", "platform_id", "traits", "email_digest", "phone_digest", "person_id"
    )
    for key, platform, traits, email, phone, person in told.iterator(ACCOUNTS_AT_ONCE):
        yield records.record(key, platform, traits, email, phone), person.int >> 65


def _records(everyone: _Everyone, rows: Collection[int]) -> dict[int, Record]:
    """The records of these rows, with what they learn about; who was erased meanwhile is left out."""
    ids = {int(everyone.ids[row]): int(row) for row in rows}
    learning = likeness.learning_of(list(ids))
    found = _rows(LinkedAccount.objects.filter(pk__in=list(ids)))
    return {ids[of.key]: replace(of, learning=learning.get(of.key)) for of, _person in found}


def _learn(reporter: Reporter, everyone: _Everyone, pairs: Candidates) -> Weights:
    """What traits tell, from pairs drawn at random and from a random part of those found."""
    reporter(LEARNING, 0, 1)
    chance = np.random.default_rng(0)
    first, second = chance.integers(0, max(len(everyone.ids), 1), (2, DRAWN_AT_RANDOM if len(everyone.ids) else 0))
    apart = everyone.platforms[first] != everyone.platforms[second]
    at_random = _patterns(everyone, Candidates(first[apart], second[apart]))
    chosen = np.sort(chance.choice(len(pairs), min(len(pairs), TEACHING_PAIRS), replace=False))
    teaching = _patterns(everyone, Candidates(pairs.first[chosen], pairs.second[chosen]))
    scale = max(len(pairs), 1) / max(len(chosen), 1)
    sizes = np.unique(everyone.platforms, return_counts=True)[1]
    total = (int(sizes.sum()) ** 2 - int((sizes**2).sum())) // 2
    weights = weighing.learn(at_random, teaching, round(total / scale), round(_most_matches(sizes) / scale))
    reporter(LEARNING, 1, 1)
    return weights


def _most_matches(sizes: np.ndarray) -> int:
    """How many pairs can be one person, nobody being twice on a platform."""
    ordered = np.sort(sizes)
    return int(sum(size * (len(ordered) - place - 1) for place, size in enumerate(ordered.tolist())))


def _patterns(everyone: _Everyone, pairs: Candidates) -> Counter[Pattern]:
    met: Counter[Pattern] = Counter()
    for compared, _places in _compared(everyone, pairs):
        met.update(comparing.compare(one, other) for one, other in compared)
    return met


def _compared(everyone: _Everyone, pairs: Candidates) -> Iterator[tuple[list[tuple[Record, Record]], list[int]]]:
    """The records of pairs, some thousands at a time, with the places of the pairs."""
    for begin in range(0, len(pairs), PAIRS_AT_ONCE):
        first = pairs.first[begin : begin + PAIRS_AT_ONCE].tolist()
        second = pairs.second[begin : begin + PAIRS_AT_ONCE].tolist()
        known = _records(everyone, {*first, *second})
        kept = [place for place in range(len(first)) if first[place] in known and second[place] in known]
        yield [(known[first[place]], known[second[place]]) for place in kept], [begin + place for place in kept]


def _score(reporter: Reporter, everyone: _Everyone, pairs: Candidates, weights: Weights) -> list[Found]:
    """The pairs that are likely one person, the likeliest first."""
    places: list[int] = []
    scored: list[scoring.Scored] = []
    for compared, here in _compared(everyone, pairs):
        for place, (one, other) in zip(here, compared, strict=True):
            of_pair = scoring.score(one, other, weights, everyone.frequencies)
            if of_pair.odds >= KEPT_ODDS:
                places.append(place)
                scored.append(of_pair)
        reporter(COMPARING, here[-1] + 1 if here else 0, len(pairs))
    first, second = pairs.first[places], pairs.second[places]
    likely = weighing.probabilities(first, second, everyone.platforms, [each.odds for each in scored])
    order = [place for place in np.argsort(-likely, kind="stable") if likely[place] >= SUGGESTED_FROM]
    return [
        Found(int(everyone.ids[first[at]]), int(everyone.ids[second[at]]), float(likely[at]), scored[at].evidence)
        for at in order
    ]
