"""Looking at how a list is made: every candidate, what each source gives it, and what each rule did to it."""

from dataclasses import dataclass, field, replace
from math import isnan

from accounts.models import Platform
from recommend.placements.rules import PlacementRules, Stage
from recommend.serving.answers import CourseCard, RecommendedCourse, Source
from recommend.serving.catalogue import Catalogue
from recommend.serving.circumstances import Device, circumstances_of
from recommend.serving.exploring import explore
from recommend.serving.lineup import Lineup
from recommend.serving.pool import PRECEDENCE
from recommend.serving.preparing import prepare
from recommend.serving.question import question_under
from recommend.serving.recommending import in_words
from recommend.serving.situation import look
from recommend.serving.steps import Setting

ROUNDING = 1e-9
MOVING = (Stage.DIVERSITY, Stage.PINS)
"""Stages that move candidates without touching scores; after others, candidates only close up."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a stage did to a candidate.

    is_out: it was left out. factor: what its score was multiplied by (1.0: nothing). before, after: its places, counted
    from 1; after is None for one that is out.
    """

    stage: Stage
    is_out: bool
    factor: float
    before: int
    after: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate: what each source that knows it gives it, how well it ranks (place from 1), and what rules did.

    place: where it stands in the end, counted from 1; None where it was left out.
    """

    card: CourseCard
    scores: dict[Source, float]
    rank: int
    rank_score: float
    effects: list[Effect]
    place: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A course of the list, with the chance that just this one is at this place."""

    item: RecommendedCourse
    propensity: float


@dataclass(frozen=True, slots=True)
class Preview:
    """How a list is made. candidates: the best ranked first, `offset` of them skipped; of `total`.

    history: what is known of the person, the latest first.
    """

    shown: list[Shown]
    candidates: list[Candidate]
    total: int
    history: list[CourseCard]
    is_personal: bool
    is_again: bool


@dataclass(frozen=True)
class Asked:
    """For whom and under which circumstances a preview is made; hour and weekday None: those of now."""

    external_id: str | None = None
    device: Device = Device.UNKNOWN
    hour: int | None = None
    weekday: int | None = None
    limit: int = 10


@dataclass
class _Watched:
    """All line-ups of one list, in the order of stages."""

    setting: Setting | None = None
    lineups: list[tuple[Stage, Lineup]] = field(default_factory=list)

    def begin(self, setting: Setting) -> None:
        """The candidates are known."""
        self.setting, self.lineups = setting, []

    def after(self, stage: Stage, lineup: Lineup) -> None:
        """The line-up as a stage has left it."""
        self.lineups.append((stage, lineup))


def preview(platform: Platform, key: str, rules: PlacementRules, asked: Asked, offset: int, count: int) -> Preview:
    """How the list of this placement would be made under these rules, which need not be kept anywhere.

    Of the candidates, `count` after the first `offset` are told. Nothing is noted. Consent counts as always.
    """
    situation = look(platform, asked.external_id)
    circumstances = circumstances_of(platform, key, asked.device)
    if asked.hour is not None:
        circumstances = replace(circumstances, hour=asked.hour)
    if asked.weekday is not None:
        circumstances = replace(circumstances, weekday=asked.weekday)
    question = question_under(rules, platform, situation, circumstances, asked.limit)
    watched = _Watched()
    made = prepare(question, watched)
    chosen = explore(made, question, (platform.pk, asked.external_id))
    items, propensities = in_words(made, chosen.positions.tolist(), question), chosen.propensities.tolist()
    return Preview(
        shown=[Shown(item, chance) for item, chance in zip(items, propensities, strict=True)],
        candidates=_candidates(watched, situation.catalogue, offset, count),
        total=len(watched.setting.pool) if watched.setting else 0,
        history=situation.catalogue.cards(situation.history.course_ids[::-1]),
        is_personal=situation.sharing.is_personal,
        is_again=made.is_again,
    )


def _candidates(watched: _Watched, catalogue: Catalogue, offset: int, count: int) -> list[Candidate]:
    if watched.setting is None:
        return []
    pool = watched.setting.pool
    ranked = watched.lineups[0][1]
    rows = ranked.rows[offset : offset + count].tolist()
    cards = {card.id: card for card in catalogue.cards(pool.course_ids[rows].tolist())}
    places = [_places(lineup) for _stage, lineup in watched.lineups]
    found = []
    for position, row in enumerate(rows, offset):
        card = cards.get(int(pool.course_ids[row]))
        if card is None:
            continue
        column = pool.scores[:, row].tolist()
        scores = {source: value for source, value in zip(PRECEDENCE, column, strict=True) if not isnan(value)}
        last = places[-1].get(row)
        place = None if last is None else last[0] + 1
        found.append(
            Candidate(card, scores, position + 1, float(ranked.scores[position]), _effects(row, watched, places), place)
        )
    return found


Places = dict[int, tuple[int, float]]
"""By row of the pool: position in a line-up and score."""


def _places(lineup: Lineup) -> Places:
    columns = zip(lineup.rows.tolist(), lineup.scores.tolist(), strict=True)
    return {row: (position, score) for position, (row, score) in enumerate(columns)}


def _effects(row: int, watched: _Watched, places: list[Places]) -> list[Effect]:
    """What each stage after the ranking did to a candidate, as long as it was in the running."""
    effects: list[Effect] = []
    for number, (stage, _lineup) in enumerate(watched.lineups[1:], 1):
        before = places[number - 1].get(row)
        if before is None:
            break
        after = places[number].get(row)
        if after is None:
            effects.append(Effect(stage, True, 1.0, before[0] + 1, None))
            break
        factor = after[1] / before[1] if before[1] else 1.0
        if abs(factor - 1) > ROUNDING or (stage in MOVING and after[0] != before[0]):
            effects.append(Effect(stage, False, factor, before[0] + 1, after[0] + 1))
    return effects
