"""Who may not be in the list at all."""

import numpy as np

from recommend.placements.rules import Stage
from recommend.serving.lineup import Lineup
from recommend.serving.steps.setting import DAY, Setting, Step


def _without_met(lineup: Lineup, setting: Setting) -> Lineup:
    history = setting.history
    return _without(lineup, setting, history.course_ids, history.times, setting.rules.met.back_after_days)


def _without_bought(lineup: Lineup, setting: Setting) -> Lineup:
    history = setting.history
    return _without(lineup, setting, history.bought, history.bought_times, setting.rules.bought.back_after_days)


def _without(
    lineup: Lineup, setting: Setting, course_ids: list[int], times: list[float], back_after_days: int | None
) -> Lineup:
    """Without courses of the person's; those of long enough ago are back, where rules say so."""
    if back_after_days is not None:
        since = setting.now - back_after_days * DAY
        course_ids = [course for course, time in zip(course_ids, times, strict=True) if time > since]
    wanted = np.array(course_ids, np.int64)
    return lineup.where(~np.isin(setting.pool.course_ids[lineup.rows], wanted, kind="sort"))


def _offered(lineup: Lineup, setting: Setting) -> Lineup:
    kept = np.ones(len(lineup), bool)
    if setting.compiled.offered is not None:
        kept &= setting.compiled.offered[setting.pool.places[lineup.rows]]
    days = setting.rules.offer.published_within_days
    if days is not None:
        kept &= np.nan_to_num(setting.ages[lineup.rows], nan=np.inf) <= days
    return lineup.where(kept)


def _for_members(lineup: Lineup, setting: Setting) -> Lineup:
    """A course that several rules keep for members is for those who belong to any of these segments."""
    places = setting.pool.places[lineup.rows]
    is_kept_for_some = np.zeros(len(lineup), bool)
    is_for_this_person = np.zeros(len(lineup), bool)
    for segment, courses in setting.compiled.members:
        is_kept_for_some |= courses[places]
        if segment in setting.segments:
            is_for_this_person |= courses[places]
    return lineup.where(~is_kept_for_some | is_for_this_person)


met = Step(Stage.MET, _without_met, lambda setting: bool(setting.history.course_ids))
bought = Step(Stage.BOUGHT, _without_bought, lambda setting: bool(setting.history.bought))
offer = Step(
    Stage.OFFER,
    _offered,
    lambda setting: setting.compiled.offered is not None or setting.rules.offer.published_within_days is not None,
)
members = Step(Stage.MEMBERS, _for_members, lambda setting: bool(setting.compiled.members))
