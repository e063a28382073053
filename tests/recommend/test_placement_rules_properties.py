"""What rules promise of every list, whatever the candidates, the courses and the person."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.live_history import History
from recommend.placements.reading import read_rules, written
from recommend.placements.rules import PlacementRules
from recommend.serving.answers import Source
from recommend.serving.catalogue import Catalogue, Shelf
from recommend.serving.compiling import compiled
from recommend.serving.facts import CourseRow, facts_of
from recommend.serving.lineup import Lineup
from recommend.serving.pool import pooled
from recommend.serving.popular import KeptPopular, Liked
from recommend.serving.steps import STEPS, Setting

COURSES = 24
FIRST = 100
NAMES = ("", "甲", "乙", "丙")
QUICKLY = settings(max_examples=60, deadline=None)

courses = st.integers(FIRST, FIRST + COURSES - 1)
names = st.lists(st.sampled_from(NAMES[1:]), unique=True, max_size=2)
which = st.fixed_dictionaries(
    {}, optional={"categories": names, "teachers": names, "courses": st.lists(courses, max_size=3)}
)
some = which.filter(lambda each: any(each.values()))
limits = st.fixed_dictionaries(
    {}, optional={name: st.integers(1, 4) for name in ("per_category", "per_teacher", "per_kind", "per_platform")}
)
pins = st.lists(
    st.tuples(courses, st.integers(1, 8)), max_size=3, unique_by=(lambda each: each[0], lambda each: each[1])
).map(lambda found: [{"course": course, "place": place} for course, place in found])
documents = st.fixed_dictionaries(
    {},
    optional={
        "offer": st.fixed_dictionaries({}, optional={"only": which, "never": which, "dearest": st.integers(0, 4000)}),
        "members": st.lists(st.fixed_dictionaries({"segment": st.just("vip"), "which": some}), max_size=2),
        "boosts": st.lists(st.fixed_dictionaries({"which": some, "factor": st.floats(0.01, 100)}), max_size=2),
        "popularity": st.fixed_dictionaries({"strength": st.floats(0, 1)}),
        "diversity": st.fixed_dictionaries({"category": st.floats(0, 1), "teacher": st.floats(0, 1)}),
        "freshness": st.fixed_dictionaries({"factor": st.floats(1, 100)}),
        "limits": limits,
        "pins": pins,
    },
)


@st.composite
def settings_of(draw: st.DrawFn) -> Setting:
    """Some courses, of which some are candidates, under some rules, for somebody who knows and bought some."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = [
        CourseRow(
            pk=FIRST + number,
            platform=int(random.integers(1, 3)),
            kind=str(random.choice(["course", "audio"])),
            category=str(random.choice(NAMES)),
            teacher=str(random.choice(NAMES)),
            language="zh",
            price=None if random.random() < 0.2 else int(random.integers(0, 5000)),
            published_at=None,
            tags=[],
        )
        for number in range(COURSES)
    ]
    shelf = Shelf(np.arange(FIRST, FIRST + COURSES), facts_of(rows), np.arange(COURSES), {})
    catalogue = Catalogue(b"", shelves={None: shelf})
    catalogue.platform_ids = {}
    places = np.flatnonzero(random.random(COURSES) < draw(st.floats(0.1, 1)))
    scores = random.random(len(places)).astype(np.float32)
    bought = random.choice(shelf.course_ids, 3, replace=False).tolist()
    met = sorted({*random.choice(shelf.course_ids, 3, replace=False).tolist(), *bought[:2]})
    return Setting(
        pool=pooled(shelf.course_ids, {Source.MODEL: [(places, scores)]}, is_personal=draw(st.booleans())),
        shelf=shelf,
        compiled=compiled(read_rules(draw(documents)), catalogue, None),
        popular=KeptPopular(0.0, Liked([], []), places, random.random(COURSES)),
        history=History(met, [1.0] * len(met), [0.0] * len(met), bought, [0.0] * len(bought)),
        segments=frozenset(draw(st.sampled_from([[], ["vip"]]))),
        limit=draw(st.integers(1, 12)),
        now=1e9,
    )


def after_rules(setting: Setting) -> tuple[Lineup, np.ndarray]:
    """The line-up after all steps, and the places of its courses on the shelf."""
    scores = setting.pool.of_source(Source.MODEL).astype(np.float64) * 0.9 + 0.1
    lineup = Lineup(np.arange(len(setting.pool)), scores).by_score()
    for step in STEPS:
        if setting.rules.has(step.stage) and step.is_needed(setting):
            lineup = step.apply(lineup, setting)
    return lineup, setting.pool.places[lineup.rows]


def most_of_one(codes: Any, places: np.ndarray) -> int:
    found = codes[places]
    return int(np.bincount(found[found >= 0], minlength=1).max()) if len(found) else 0


@QUICKLY
@given(settings_of())
def test_nobody_is_shown_what_they_may_not_be_shown(setting: Setting) -> None:
    _lineup, places = after_rules(setting)
    shown = set(setting.shelf.course_ids[places].tolist())
    assert not shown & set(setting.history.bought)
    assert not shown & set(setting.history.course_ids)
    offer, facts = setting.rules.offer, setting.shelf.facts
    if offer.dearest is not None:
        prices = facts.prices[places]
        assert (np.isnan(prices) | (prices <= offer.dearest)).all()
    assert not shown & set(offer.never.courses)
    assert not set(offer.never.categories) & {facts.categories.names[facts.categories.codes[each]] for each in places}
    if not setting.segments:
        assert not any(courses_kept[places].any() for _segment, courses_kept in setting.compiled.members)


@QUICKLY
@given(settings_of())
def test_limits_hold_in_every_part_of_every_list(setting: Setting) -> None:
    _lineup, places = after_rules(setting)
    facts, rules = setting.shelf.facts, setting.rules.limits
    for codes, most in (
        (facts.categories.named, rules.per_category),
        (facts.teachers.named, rules.per_teacher),
        (facts.kinds.named, rules.per_kind),
        (facts.platforms.astype(np.int32), rules.per_platform),
    ):
        assert most is None or most_of_one(codes, places) <= most


@QUICKLY
@given(settings_of())
def test_no_course_stands_twice_and_scores_stay_usable(setting: Setting) -> None:
    lineup, _places = after_rules(setting)
    assert len(set(lineup.rows.tolist())) == len(lineup)
    assert np.isfinite(lineup.scores).all()
    assert (lineup.scores >= 0).all()


@QUICKLY
@given(settings_of())
def test_a_pinned_course_that_may_be_shown_has_its_place(setting: Setting) -> None:
    _lineup, places = after_rules(setting)
    running = places.tolist()
    for wanted, course in setting.compiled.pins:
        if course in running and wanted < len(running):
            assert running[wanted] == course


@QUICKLY
@given(documents)
def test_rules_are_the_same_once_they_were_kept(document: dict[str, Any]) -> None:
    rules = read_rules(document)
    kept = written(rules)
    assert read_rules(kept) == rules
    assert written(read_rules(kept)) == kept
    assert read_rules({}) == PlacementRules()
