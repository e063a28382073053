"""What the second stage brings in the demo's world, where it is known whom what suits; and how long it takes.

The world is stored, a model that finds courses and the profiles are made, and a ranker is trained on the lists that
were shown, as in any running system. Then people are asked for their first ten, with the ranker and without: how likely
would they follow and buy these, as it is planted? Rules of placements are left out.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import report
from benchmarks.options import Options, read
from benchmarks.planted import build
from benchmarks.scratch import scratch_system
from benchmarks.silent import Silent

if TYPE_CHECKING:
    from crossmarket.demo.world import DemoWorld

PEOPLE, COURSES = 2_000, 1_000
QUICK_PEOPLE, QUICK_COURSES = 150, 100
SEED = 7
ASKED, FIRST = 600, 10
CANDIDATES, TURNS = 1_000, 300
DRAWS = 2_000


@dataclass(frozen=True)
class Suits:
    """Of each person asked: the mean planted chances to follow and to buy the first ten, (people,)."""

    follow: np.ndarray
    buy: np.ndarray


def measure(options: Options) -> None:
    """Train a ranker in a demo world and print the tables."""
    from crossmarket.demo.addresses import Addresses
    from crossmarket.demo.load import load
    from crossmarket.demo.world import generate
    from recommend.ranker_training import enqueue_ranker_training
    from recommend.training import Activation, enqueue_training

    world = generate(*((QUICK_PEOPLE, QUICK_COURSES) if options.quick else (PEOPLE, COURSES)), seed=SEED)
    account_ids = load(world, Addresses(8000), Silent()).account_ids
    done(enqueue_training("ease", {}, Activation.ALWAYS, to_worker=False))
    build()
    started = time.perf_counter()
    result = done(enqueue_ranker_training({}, Activation.ALWAYS, to_worker=False))
    seconds = time.perf_counter() - started
    alone, ranked = suits(world, account_ids, use=False), suits(world, account_ids, use=True)
    rows = [
        ["NDCG@10, lists unseen in training", str(result.get("first_stage_ndcg@10")), str(result.get("ndcg@10")), ""]
    ]
    for name, before, after in (
        ("planted chance to follow", alone.follow, ranked.follow),
        ("planted chance to buy", alone.buy, ranked.buy),
    ):
        rows.append([name, f"{before.mean():.4f}", f"{after.mean():.4f}", lift(before, after)])
    note = (
        f"{len(world.planted):,} people, {len(world.courses):,} courses, {len(world.answers):,} lists shown, "
        f"seed {SEED}; {len(alone.follow):,} people asked for {FIRST}; 95% intervals over people. "
        f"Trained in {seconds:.0f} s."
    )
    report.show("The second stage", ["", "first stage alone", "with the ranker", "lift"], rows, note)
    show_places(world)


def done(job: Any) -> dict[str, Any]:
    """What a job brought, done in this process. Raises `RuntimeError` when it failed."""
    from crossmarket.foundation import jobs
    from crossmarket.foundation.models import JobState

    job = jobs.run(job.pk)
    if job.state != JobState.SUCCEEDED:
        raise RuntimeError(f"{job.kind} failed: {job.error}")
    return dict(job.result)


def lift(before: np.ndarray, after: np.ndarray) -> str:
    """By how much the mean rose, with its interval."""
    random = np.random.default_rng(SEED)
    drawn = random.integers(0, len(before), (DRAWS, len(before)))
    low, high = np.quantile((after - before)[drawn].mean(axis=1), (0.025, 0.975)) / before.mean()
    return f"{after.mean() / before.mean() - 1:+.0%} [{low:.0%}, {high:.0%}]"


def suits(world: "DemoWorld", account_ids: np.ndarray, use: bool) -> Suits:
    """What people would think of their first ten courses, with the ranker or (not `use`) without."""
    from accounts.models import LinkedAccount
    from crossmarket.demo.answers import keenness
    from crossmarket.demo.behaviour import chance_of_buying
    from crossmarket.demo.looks import taste_match

    row_of = {key: row for row, key in enumerate(account_ids.tolist())}
    agreeing = LinkedAccount.objects.consenting("recommendation").select_related("platform").order_by("pk")
    accounts = [account for account in agreeing if account.pk in row_of]
    chosen = np.random.default_rng(SEED).permutation(len(accounts))[:ASKED]
    index = index_of_courses(world)
    follow, buy = [], []
    for account in (accounts[number] for number in chosen.tolist()):
        top = np.array([index[course] for course in first_courses(account, use) if course in index], dtype=np.int64)
        if not len(top):
            continue
        person = np.full(len(top), world.accounts.person[row_of[account.pk]])
        follow.append(keenness(world.planted, world.courses, person, top, np.full(len(top), world.now)).mean())
        tier, minding = world.planted.spending[person], world.planted.price_response[person]
        match = taste_match(world.planted, world.courses, person, top)
        price, quality = world.courses.price[top], world.courses.quality[top]
        buy.append(chance_of_buying(tier, minding, price, match, quality).mean())
    return Suits(np.array(follow), np.array(buy))


def index_of_courses(world: "DemoWorld") -> dict[int, int]:
    """The row of the world of each stored course."""
    from profiles.models import Course

    slugs = [platform.slug for platform in world.platforms]
    rows = {
        (slugs[platform], item): row
        for row, (platform, item) in enumerate(zip(world.courses.platform.tolist(), world.courses.item_id, strict=True))
    }
    stored = Course.objects.values_list("pk", "platform__slug", "item_id")
    return {pk: rows[slug, item] for pk, slug, item in stored if (slug, item) in rows}


def first_courses(account: Any, use: bool) -> list[int]:
    """The ten best of what is found for an account, without what it has met."""
    from recommend.serving import ranking
    from recommend.serving.circumstances import circumstances_of
    from recommend.serving.gathering import gather
    from recommend.serving.question import question_of
    from recommend.serving.situation import look

    situation = look(account.platform, account.external_id)
    asked = circumstances_of(account.platform, "home")
    question = question_of(account.platform, situation, asked, FIRST)
    pool = gather(situation, question.compiled, question.platform_id, FIRST).pool
    scores = ranking.rank(pool, situation, asked, question.platform_id) if use else ranking.by_sources(pool)
    best_first = pool.course_ids[np.argsort(-scores, kind="stable")]
    return best_first[~np.isin(best_first, situation.history.course_ids)][:FIRST].tolist()


def show_places(world: "DemoWorld") -> None:
    """How likely places are looked at, as planted and as found; and how long ranking many candidates takes."""
    from crossmarket.demo.answers import DEVICES, LENGTH, seen
    from recommend import model_store
    from recommend.models import ModelVersion, Role
    from recommend.ranking.circumstances import ASKED_FEATURES, Question
    from recommend.ranking.examples import candidate_features
    from recommend.ranking.ranker import Candidates

    ranker = model_store.load_ranker(ModelVersion.objects.get(role=Role.RANKER, is_active=True)).ranker
    places, rows = np.arange(LENGTH, dtype=np.int32), []
    for device, name in enumerate(DEVICES):
        code = ranker.vocabulary.of_device.get(name, 0)
        for words, curve in (
            ("planted", seen(np.full(LENGTH, device), places)),
            ("found", ranker.seen(places, np.full(LENGTH, code))),
        ):
            rows.append([f"{name}, {words}", *(f"{curve[place]:.2f}" for place in (1, 2, 4, 9))])
    code = np.zeros(CANDIDATES, np.int32)
    numbers = np.zeros((CANDIDATES, candidate_features(len(ranker.vocabulary.sources))), np.float32)
    candidates, asked = (
        Candidates(numbers, code, code, code),
        Question(np.zeros(len(ASKED_FEATURES), np.float32), 0, 0, 0),
    )
    taken = []
    for _turn in range(TURNS):
        started = time.perf_counter()
        ranker.worth(ranker.chances(candidates, asked))
        taken.append(time.perf_counter() - started)
    note = f"{CANDIDATES:,} candidates are ranked in {1e3 * np.median(taken):.2f} ms, once their features are there."
    report.show("How likely a place is looked at", ["", "2nd", "3rd", "5th", "10th"], rows, note)


if __name__ == "__main__":
    given = read(__doc__)
    with scratch_system():
        measure(given)
