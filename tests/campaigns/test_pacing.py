"""How often people can be written to."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import planted_fatigue
from benchmarks.fatigue import POLICIES
from campaigns.pacing.caps import DAY, WEEK, Caps, held_back
from campaigns.pacing.fatigue import LEAST, Outcome, Reaction, fatigue, share_of_cap

NOW = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # noon in Shanghai
HOUR = timedelta(hours=1)
AWAKE = time(0)
OPEN = Caps(2, 3, 2 * HOUR, AWAKE, AWAKE)


def why(caps: Caps, sent: list[datetime], now: datetime = NOW, zone: str = "Asia/Shanghai", share: float = 1.0):
    wait = held_back(caps, sent, now, zone, share)
    return wait.reason if wait else None


def test_the_first_message_is_sent():
    assert why(OPEN, []) is None


def test_there_is_a_gap_between_two():
    assert why(OPEN, [NOW - HOUR]) == "too_soon"
    assert why(OPEN, [NOW - 2 * HOUR]) is None


def test_days_and_weeks_have_their_caps():
    assert why(OPEN, [NOW - 3 * HOUR, NOW - 6 * HOUR]) == "cap_day"
    assert why(OPEN, [NOW - 2 * DAY, NOW - 3 * DAY, NOW - 4 * DAY]) == "cap_week"
    assert why(OPEN, [NOW - 8 * DAY, NOW - 3 * DAY, NOW - 4 * DAY]) is None
    assert why(Caps(0, 3, HOUR, AWAKE, AWAKE), []) == "cap_day"


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("Asia/Shanghai", datetime(2026, 3, 4, 14, 0, tzinfo=UTC), datetime(2026, 3, 5, 1, 0, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2026, 3, 4, 0, 59, tzinfo=UTC), datetime(2026, 3, 4, 1, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 3, 8, 3, 0, tzinfo=UTC), datetime(2026, 3, 8, 13, 0, tzinfo=UTC)),
        ("Asia/Shanghai", NOW, None),
    ],
)
def test_nights_are_quiet_by_the_persons_own_clock(zone, now, until):
    wait = held_back(Caps(2, 3, HOUR, time(21), time(9)), [], now, zone)
    assert (wait.until if wait else None) == until


def test_who_is_tired_gets_less():
    sent = [NOW - 3 * DAY]
    assert why(OPEN, sent) is None
    assert why(OPEN, sent, share=0.5) == "fatigue"
    assert why(OPEN, sent, NOW + 2 * DAY, share=0.5) is None


def test_reactions_make_tired_and_time_heals():
    fresh = fatigue([])
    ignored = fatigue([Outcome(Reaction.IGNORED, 1)] * 6)
    dismissed = fatigue([Outcome(Reaction.DISMISSED, 1)] * 6)
    assert fatigue([Outcome(Reaction.OPENED, 1)] * 6) < fresh < ignored < dismissed
    assert fatigue([Outcome(Reaction.DISMISSED, 300)] * 6) < ignored
    assert share_of_cap(fatigue([Outcome(Reaction.OPENED, 1)] * 60)) == 1.0
    assert share_of_cap(fresh) < 0.5, "whoever is new is written to gently"
    assert LEAST <= share_of_cap(dismissed) <= share_of_cap(ignored) < share_of_cap(fresh)


@given(st.lists(st.floats(0, 24 * 30), max_size=12), st.floats(LEAST, 1))
def test_nobody_is_ever_above_the_caps(hours_ago, share):
    """Whatever was sent before: if one more is allowed, all windows hold with it."""
    sent = [NOW - each * HOUR for each in hours_ago]
    if held_back(OPEN, sent, NOW, "Asia/Shanghai", share) is None:
        after = [*sent, NOW]
        assert sum(each > NOW - DAY for each in after) <= OPEN.a_day
        assert sum(each > NOW - WEEK for each in after) <= OPEN.a_week


@given(st.lists(st.floats(0, 24 * 30), max_size=12), st.floats(LEAST, 1))
def test_waiting_ends(hours_ago, share):
    sent, now = [NOW - each * HOUR for each in hours_ago], NOW
    caps = Caps(2, 3, 2 * HOUR, time(21), time(9))
    for _ in range(8):
        wait = held_back(caps, sent, now, "Asia/Shanghai", share)
        if wait is None:
            return
        assert wait.until > now
        now = wait.until
    raise AssertionError("It waits forever.")


@pytest.mark.parametrize("seed", [0, 1])
def test_heeding_fatigue_keeps_more_people_than_writing_always_or_never(seed):
    kept = {policy: planted_fatigue.kept_by(policy, 250, seed) for policy in POLICIES.values()}
    assert max(kept, key=kept.get) is planted_fatigue.aware_of_fatigue
