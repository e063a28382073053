"""Days in a row."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns import streaks

DAY = timedelta(days=1)
FIRST = date(2028, 2, 26)
days = st.sets(st.integers(0, 40).map(lambda n: FIRST + n * DAY))


def test_a_day_that_is_not_over_yet_breaks_nothing():
    kept = [date(2026, 3, 1), date(2026, 3, 2)]
    assert streaks.current(kept, date(2026, 3, 2)) == 2
    assert streaks.current(kept, date(2026, 3, 3)) == 2
    assert streaks.current(kept, date(2026, 3, 4)) == 0


def test_leap_days_and_ends_of_months_and_years_count_like_all_days():
    assert streaks.longest([date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)]) == 3
    assert streaks.longest([date(2027, 2, 28), date(2027, 3, 1)]) == 2
    assert streaks.longest([date(2026, 12, 31), date(2027, 1, 1)]) == 2


def test_who_never_came_has_no_days_in_a_row():
    assert streaks.longest([]) == streaks.current([], FIRST) == 0


@given(days, st.integers(0, 41))
def test_one_more_day_never_shortens_anything(kept, n):
    more = kept | {FIRST + n * DAY}
    today = FIRST + 41 * DAY
    assert streaks.longest(more) >= streaks.longest(kept)
    assert streaks.current(more, today) >= streaks.current(kept, today)


@given(days, days)
def test_joined_people_have_the_days_of_both(one, other):
    assert streaks.longest(one | other) >= max(streaks.longest(one), streaks.longest(other))


@given(days)
def test_what_was_not_missed_is_all_there(kept):
    today = FIRST + 41 * DAY
    gone = streaks.missed(kept, FIRST, today)
    assert {*gone} | kept == {FIRST + n * DAY for n in range(41)}
    assert streaks.current(kept | {*gone}, today) == 41


@given(days)
def test_the_longest_is_the_longest_by_plain_counting(kept):
    best = run = 0
    for n in range(42):
        run = run + 1 if FIRST + n * DAY in kept else 0
        best = max(best, run)
    assert streaks.longest(kept) == best
