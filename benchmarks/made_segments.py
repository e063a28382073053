"""Fifty live rules of the kinds that marketers write, each about a few in a hundred of those that are made."""

from typing import Any

NUMBER = 50
WATCHED = "shared-lately"
"""A segment that nobody belongs to at first: the members made by `benchmarks.made_members` share nothing."""

Rule = dict[str, Any]


def rules() -> dict[str, Rule]:
    """The rules by the keys of their segments, so that none asks about a later one."""
    found: dict[str, Rule] = {WATCHED: {"did": {"type": "share", "within_days": 7}}}
    for number in range(NUMBER - 1):
        kind = _KINDS[number % len(_KINDS)]
        found[f"{kind.__name__.strip('_').replace('_', '-')}-{number // len(_KINDS)}"] = kind(number // len(_KINDS))
    return found


def make() -> None:
    """Store the segments and find their members, in this process."""
    from crossmarket.foundation import jobs
    from crossmarket.foundation.models import JobState
    from profiles.models import Segment
    from profiles.segmentation import keeping

    for key, rule in rules().items():
        job = keeping.save(Segment(key=key, name=key.replace("-", " "), rule=rule), to_worker=False)
        if job is not None and (done := jobs.run(job.pk)).state != JobState.SUCCEEDED:
            raise RuntimeError(f"Segment {key} was not built: {done.error}")


def _almost_bought(step: int) -> Rule:
    looked = {"did": {"type": ["view", "click"], "at_least": 8 + step, "within_days": 14 + step}}
    return {"all": [looked, {"not": {"did": {"type": "purchase", "within_days": 14 + step}}}]}


def _spends_much(step: int) -> Rule:
    rich = {"trait": "spending.percentile", "op": ">=", "value": 0.9 + step / 100}
    return {"all": [rich, {"did": {"within_days": 30}}]}


def _stays_away(step: int) -> Rule:
    often = {"trait": "rfm.frequency", "op": ">=", "value": 25 + step}
    return {"all": [often, {"not": {"did": {"within_days": 20 + step}}}]}


def _fond_of(step: int) -> Rule:
    return {"any": [{"interest": f"category {step}", "at_least": 0.6}, {"did": {"category": f"category {step}",
            "type": "complete", "at_least": 4, "within_days": 60}}]}  # fmt: skip


def _at_night(step: int) -> Rule:
    night = {"trait": "hours.habit", "op": "in", "value": ["evening", "night"]}
    return {"all": [night, {"platform": f"made-{step % 3}"}, {"trait": "events", "op": ">=", "value": 60 + step}]}


def _buys_for(step: int) -> Rule:
    return {"did": {"type": "purchase", "sum_at_least": 50_000 + 10_000 * step, "within_days": 90}}


def _loyal_and_rich(step: int) -> Rule:
    return {"all": [{"segment": f"spends-much-{step}"}, {"trait": "rfm.frequency_score", "op": ">=", "value": 5}]}


_KINDS = (_almost_bought, _spends_much, _stays_away, _fond_of, _at_night, _buys_for, _loyal_and_rich)
