"""What a model would have chosen at the places that were tried."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import numpy as np

from accounts.models import Purpose
from profiles.models import Event
from recommend.exploration.off_policy import Estimate, Method
from recommend.exploring.judging import Trials, estimate
from recommend.model_store import StoredModel
from recommend.serving.arms import ARMS
from recommend.serving.candidates import known_history

MOST_TRIED = 2_000

Deed = tuple[datetime, int, float]
"""Time, course, and how much it tells of liking it."""


def judge_model(trials: Trials, model: StoredModel) -> Estimate:
    """What the tried places would have brought, had each shown the proposal that this model likes best.

    Of the latest `MOST_TRIED` places. The model is asked with what the account itself had done before the answer.
    Where it knows none of the courses proposed, what was shown stands.
    """
    asked = trials.latest(MOST_TRIED)
    accounts = asked.rounds.clusters.tolist()
    done = _done_by(set(accounts))
    chosen = []
    for row, proposed in enumerate(asked.proposals):
        shown = proposed[ARMS[int(asked.rounds.actions[row])]]
        before = [deed for deed in done[accounts[row]] if deed[0] < asked.times[row]]
        chosen.append(_favourite(model, list(dict.fromkeys(proposed.values())), before, shown))
    return estimate(asked, asked.showing(chosen))[Method.DR]


def _favourite(model: StoredModel, courses: list[int], before: list[Deed], otherwise: int) -> int:
    columns, is_known = model.columns_of(np.array(courses, np.int64))
    if not is_known.any():
        return otherwise
    known = known_history(
        model,
        [course for _time, course, _weight in before],
        [weight for _time, _course, weight in before],
        [time.timestamp() for time, _course, _weight in before],
    )
    scores = np.where(is_known, model.model.scores(known.histories)[0][columns], -np.inf)
    return courses[int(scores.argmax())]


def _done_by(accounts: Iterable[int]) -> dict[int, list[Deed]]:
    """What these accounts did, by account, in order of time."""
    events = Event.objects.consented(Purpose.RECOMMENDATION).cleaned().engaging().filter(account__in=list(accounts))
    rows = events.order_by("timestamp", "pk").values_list("account_id", "timestamp", "course_id", "engagement")
    found: dict[int, list[Deed]] = defaultdict(list)
    for account, time, course, engagement in rows:
        found[account].append((time, course or 0, engagement))
    return found
