"""Giving courses a chance that would have none: who is shown, and how likely that was.

For each person a list stays the same for `STABLE_SECONDS`, unless something changes that it is made from: what the
person did, the model, the catalogue, or what the bandit has learned. The draws follow from a hash of all of it: the
user, the slot, the latest events, the stretch of time, what is ranked and offered, and the chances of the sources. So
the logged chances are those over that hash, given everything that was known before. Answers with one hash are one draw,
and count as one where errors are told; whatever changes in between makes another, which owes nothing to the first.

Visitors, who cannot be told apart, share one draw for each slot and stretch of time.
"""

import hashlib
import time

import numpy as np
from django.conf import settings

from recommend.exploration.drawing import Place, draw_list
from recommend.exploration.situations import situated
from recommend.exploring.notes import noted
from recommend.placements.rules import Stage
from recommend.serving import arms
from recommend.serving.preparing import Chosen, Prepared
from recommend.serving.question import Question
from recommend.serving.situation import Situation

STABLE_SECONDS = 600
MOST_DRAWN = 100
"""Draws of one list that are remembered: those who have done nothing yet share it."""
LATEST = 20
"""So many of the latest events decide the draw."""
_KEY = settings.SECRET_KEY.encode()[:64]


def explore(made: Prepared, question: Question, who: tuple[int, str | None]) -> Chosen:
    """Whom to show, `limit` at most, and the chance of each to be at its place, given the places before it.

    who: the platform, and the user of it, None for visitors. Rules say how many places are explored; where none are,
    the best are shown, always. What is at a position that is `fixed` stays there.
    """
    rules, situation, circumstances = question.compiled.rules, question.situation, question.circumstances
    share = rules.exploration.share if rules.has(Stage.EXPLORATION) else 0.0
    shown = min(question.limit, len(made.lineup))
    if not (share and settings.EXPLORE and made.offers and shown):
        return Chosen(np.arange(shown), np.ones(shown))
    history = situation.history.course_ids
    group = situated(str(circumstances.device), circumstances.hour, len(history))
    chances = arms.of_slot(who[0], circumstances.placement).chances(group)
    seed = _seed(situation, circumstances.placement, who, (made.drawn_from, share, sorted(chances.items())))
    drawn = made.drawn.get((seed, shown))
    if drawn is None:
        fixed = {position: position for position in made.fixed if position < shown}
        places = draw_list(range(len(made.lineup)), made.offers, chances, [share] * shown, seed, fixed=fixed)
        if len(made.drawn) >= MOST_DRAWN:
            made.drawn.clear()
        drawn = made.drawn[seed, shown] = _chosen(places, made, len(history), share, seed)
    return drawn


def _chosen(places: list[Place], made: Prepared, known: int, share: float, seed: int) -> Chosen:
    return Chosen(
        np.array([place.candidate for place in places], np.int64),
        np.array([place.propensity for place in places]),
        noted(places, made.pool.course_ids, known, share, seed),
    )


def _seed(situation: Situation, placement: str, who: tuple[int, str | None], drawn_from: tuple[object, ...]) -> int:
    stretch, history = int(time.time() // STABLE_SECONDS), situation.history
    told = (who, placement, stretch, history.course_ids[-LATEST:], history.times[-1:], drawn_from)
    digest = hashlib.blake2b(repr(told).encode(errors="surrogatepass"), digest_size=8, key=_KEY)
    return int.from_bytes(digest.digest())
