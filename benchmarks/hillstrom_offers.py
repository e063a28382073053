"""Personal offers on a real randomised experiment: Hillstrom's e-mails, to nobody, about men's or about women's goods.

    python -m benchmarks.hillstrom_offers --data DIR

DIR holds `hillstrom.csv.gz`. People are split by chance into those learned from (50%), those that choices are made on
(20%) and those that are tested on (30%), anew for each seed. The outcome learned is a visit within two weeks.

*Policies* write to a share of people, those for whom the model and the budget's solver expect most: about men's goods
only, about women's only, or whichever is better. Which of them, and to what share, is chosen on the second part alone,
by the lower bound of what it brings more than the same letters sent to people drawn at random. Then the chosen one is
tried on the third part, by inverse propensity (a third each): beyond the same share of each letter at random, and
beyond the same share with letters drawn evenly.

*Sorting*: the Qini coefficient on the third part, for each letter and for either of them against none, beside
scikit-uplift's two-model and class-transformation approaches, each with logistic regression and with gradient boosting,
in the same run, on the same people (the first two parts), in a Python environment of their own that is gone afterwards.
"""

import csv
import gzip
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.options import Options, read
from promotions.offering import qini
from promotions.offering.budgeting import allocate
from promotions.offering.ladder import Float64Array, IntArray
from promotions.offering.response import ResponseConfig, ResponseModel
from recommend.exploration import intervals
from recommend.exploration.intervals import Confidence, Interval

PEER = "scikit-uplift==0.5.1"
ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
POLICIES = {"men's": (1,), "women's": (2,), "either": (1, 2)}
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
EITHER = 3
"""One of the two letters, drawn evenly."""
LETTERS = (1, 2, EITHER)
SEEDS, QUICK_SEEDS = 20, 2
CONFIG = ResponseConfig(ladder=(0.0, 0.5, 1.0), is_ordered=False, deviation=1.0)
"""Letters are kinds without an order, bound to each other no harder than to nothing."""

PROGRAM = """
import sys
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklift.models import ClassTransformation, TwoModels

folder = sys.argv[1]
data = np.load(folder + "/data.npz")
x, y, arm = data["x"], data["y"], data["arm"]
parts, found = data["parts"], {}
bases = {
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "boosting": lambda: HistGradientBoostingClassifier(random_state=0),
}
for seed, part in enumerate(parts):
    for letter in (1, 2, 3):  # 3: either of them
        known = (part < 2) & ((arm == 0) | (arm == letter) | (letter == 3))
        treated = (arm > 0 if letter == 3 else arm == letter).astype(int)
        for name, base in bases.items():
            for way, model in (
                ("two models", TwoModels(base(), base(), method="vanilla")),
                ("class transformation", ClassTransformation(base())),
            ):
                model.fit(x[known], y[known], treated[known])
                found[f"{seed}|{letter}|{way}, {name}"] = np.asarray(model.predict(x[part == 2]))
np.savez(folder + "/scores.npz", **found)
"""


@dataclass(frozen=True)
class Trial:
    """features: (n, p). arms: (n,), 0 for no letter. visits, conversions: 0 or 1. spent: dollars."""

    features: Float64Array
    arms: IntArray
    visits: Float64Array
    conversions: Float64Array
    spent: Float64Array

    def of(self, rows: np.ndarray) -> "Trial":
        """Some of the people."""
        columns = (self.features, self.arms, self.visits, self.conversions, self.spent)
        return Trial(*(column[rows] for column in columns))


@dataclass(frozen=True)
class Tried:
    """What was chosen and what came of it with people tested on. even: beyond as many letters drawn evenly."""

    policy: str
    share: float
    visits: Interval
    even: Interval
    conversions: Interval
    spent: Interval


def main(options: Options) -> None:
    """Print what each seed's chosen policy brings, and how well all sort."""
    if options.data is None:
        raise SystemExit("Name the folder of hillstrom.csv.gz with --data.")
    trial = read_trial(options.data / "hillstrom.csv.gz")
    seeds = QUICK_SEEDS if options.quick else SEEDS
    parts = np.array([_parts(len(trial.arms), seed) for seed in range(seeds)])
    theirs = _scores_of_peer(trial, parts)
    tried, sorting = [], []
    for seed, part in enumerate(parts):
        tried.append(_try(trial, part))
        sorting.append(_sorting(trial, part, {k: v for k, v in theirs.items() if k.startswith(f"{seed}|")}))
    _tell_policies(tried)
    _tell_sorting(sorting)


def read_trial(path: Path) -> Trial:
    """The experiment from its file; amounts count by their logarithm, words as columns of 0 and 1."""
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))

    def number(name: str) -> Float64Array:
        return np.array([float(row[name]) for row in rows])

    def word(name: str, *values: str) -> list[Float64Array]:
        return [np.array([float(row[name] == value) for row in rows]) for value in values]

    columns = [number("recency"), np.log(number("history")), number("mens"), number("womens"), number("newbie")]
    columns += word("zip_code", "Rural", "Urban") + word("channel", "Web", "Multichannel")
    arms = np.array([ARMS.index(row["segment"]) for row in rows])
    return Trial(np.column_stack(columns), arms, number("visit"), number("conversion"), number("spend"))


def _parts(n: int, seed: int) -> IntArray:
    """0 for those learned from, 1 for those chosen on, 2 for those tested on."""
    place = np.random.default_rng(seed).permutation(n) / n
    return (place >= 0.5).astype(int) + (place >= 0.7)


def _learned(trial: Trial) -> ResponseModel:
    chances = np.full(len(trial.arms), 1 / len(ARMS))
    return ResponseModel(CONFIG).fit(trial.features, trial.arms, trial.visits, chances)


def _try(trial: Trial, part: IntArray) -> Tried:
    known, chosen_on, tested = (trial.of(part == number) for number in range(3))
    model = _learned(known)
    chances = model.probabilities(chosen_on.features)
    options = [(name, share) for name in POLICIES for share in SHARES]
    at_least = {
        each: _beyond(chosen_on, chosen_on.visits, levels, _same_shares(levels)).low
        for each in options
        if (levels := _letters(chances, *each)).any()
    }
    name, share = max(at_least, key=lambda each: at_least[each])
    levels = _letters(model.probabilities(tested.features), name, share)
    same = _same_shares(levels)
    even = np.array([1 - levels.astype(bool).mean(), *[levels.astype(bool).mean() / 2] * 2])
    return Tried(
        name,
        share,
        _beyond(tested, tested.visits, levels, same),
        _beyond(tested, tested.visits, levels, even),
        _beyond(tested, tested.conversions, levels, same),
        _beyond(tested, tested.spent, levels, same),
    )


def _letters(chances: Float64Array, name: str, share: float) -> IntArray:
    """Whom the solver would write to, and about what, where a letter costs one and there is money for so many."""
    gains = chances - chances[:, :1]
    may = np.zeros(gains.shape, bool)
    may[:, [0, *POLICIES[name]]] = True
    costs = np.ones(gains.shape)
    costs[:, 0] = 0.0
    return allocate(gains, costs, float(int(share * len(gains))), may).levels


def _same_shares(levels: IntArray) -> Float64Array:
    return np.bincount(levels, minlength=len(ARMS)) / len(levels)


def _beyond(trial: Trial, outcomes: Float64Array, levels: IntArray, at_random: Float64Array) -> Interval:
    """The mean outcome with these letters beyond that with letters drawn by these chances, by inverse propensity."""
    weights = ((levels == trial.arms) - at_random[trial.arms]) * len(ARMS)
    n = len(outcomes)
    return intervals.of_ratio(weights * outcomes, np.ones(n), np.arange(n), Confidence())


def _sorting(trial: Trial, part: IntArray, theirs: dict[str, Float64Array]) -> dict[tuple[int, str], float]:
    """The Qini coefficient by letter and way."""
    model, tested = _learned(trial.of(part < 2)), trial.of(part == 2)
    chances = model.probabilities(tested.features)
    found = {}
    gains = chances[:, 1:] - chances[:, :1]
    for letter in LETTERS:
        scores = {"ours": gains.mean(axis=1) if letter == EITHER else gains[:, letter - 1]}
        scores |= {key.split("|")[2]: each for key, each in theirs.items() if key.split("|")[1] == str(letter)}
        own = np.isin(tested.arms, (0, letter)) | (letter == EITHER)
        for name, score in scores.items():
            treated = (tested.arms[own] > 0).astype(np.int64)
            found[letter, name] = qini.coefficient(tested.visits[own], score[own], treated)
    return found


def _scores_of_peer(trial: Trial, parts: IntArray) -> dict[str, Float64Array]:
    """What the library scores people tested on, by seed, letter and way."""
    with tempfile.TemporaryDirectory(prefix="crossmarket-peer-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
        python = folder / "environment" / "bin" / "python"
        if subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", PEER], check=False).returncode:
            raise SystemExit(f"{PEER} could not be installed; see above. It is all that this measurement needs.")
        np.savez(folder / "data.npz", x=trial.features, y=trial.visits, arm=trial.arms, parts=parts)
        (folder / "program.py").write_text(PROGRAM)
        subprocess.run([python, "-W", "ignore", folder / "program.py", folder], check=True)
        with np.load(folder / "scores.npz") as scores:
            return dict(scores)


def _tell_policies(tried: list[Tried]) -> None:
    rows = [
        [str(seed), f"{each.policy} {each.share:.0%}"]
        + [_interval(figure) for figure in (each.visits, each.even, each.conversions, each.spent)]
        for seed, each in enumerate(tried)
    ]
    above = sum(each.visits.low > 0 for each in tried)
    also = sum(each.even.low > 0 for each in tried)
    note = (
        f"On people tested on, per 100: beyond the same letters at random, 95% intervals; above zero for visits in "
        f"{above} of {len(tried)} seeds, beyond letters drawn evenly in {also}."
    )
    headings = ["seed", "letters", "visits", "beyond even", "conversions", "dollars"]
    report.show("Writing to whom it moves", headings, rows, note)


def _tell_sorting(sorting: list[dict[tuple[int, str], float]]) -> None:
    names = list(dict.fromkeys(name for _letter, name in sorting[0]))
    rows = []
    for name in names:
        row = [name]
        for letter in LETTERS:
            own, other = (np.array([each[letter, way] for each in sorting]) for way in ("ours", name))
            least = "" if name == "ours" else f"{(own >= other).sum()} of {len(own)}"
            row += [f"{other.mean():.4f}", least]
        rows.append(row)
    headings = ["", "men's", "ours >=", "women's", "ours >=", "either", "ours >="]
    report.show(
        "Qini coefficient, visits",
        headings,
        rows,
        f"Means over {len(sorting)} splits, and in how many ours is at least as good.",
    )
    for letter, told in zip(LETTERS, headings[1::2]):
        print(f"{told}, ours by seed: " + " ".join(f"{each[letter, 'ours']:.4f}" for each in sorting))


def _interval(each: Interval) -> str:
    return f"{100 * each.value:+.2f} [{100 * each.low:.2f}, {100 * each.high:.2f}]"


if __name__ == "__main__":
    main(read(__doc__))
