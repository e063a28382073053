"""Undoing a joining: both groups of accounts are as they were, whatever was joined and separated since."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Bond, LinkedAccount, Person, RegroupedAccount, Regrouping, RegroupingCause, RegroupingKind
from accounts.services import linking
from accounts.services.accounts import ensure_accounts
from accounts.services.linking import LinkRefused, UndoRefused
from tests.accounts.joined import agreeing_account, are, everyone, join, persons
from tests.factories import PersonFactory, PlatformFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def four() -> list[LinkedAccount]:
    return [agreeing_account() for _ in range(4)]


def refused(joining: Regrouping) -> str:
    with pytest.raises(UndoRefused) as caught:
        linking.undo(joining)
    assert len(str(caught.value)) > 20
    return caught.value.code


class TestGroups:
    def test_two_groups_joined_are_two_groups_again(self, four: list[LinkedAccount]) -> None:
        a, b, c, d = four
        join(a, b), join(c, d)
        before = everyone()
        joining = join(b, c)
        assert persons() == are((a, b, c, d))
        linking.undo(joining)
        assert persons() == are((a, b), (c, d))
        assert everyone() == before, "they are the very persons they were"

    def test_whoever_came_later_stays_with_the_account_they_came_through(self, four: list[LinkedAccount]) -> None:
        a, b, c, d = four
        first = join(a, b)
        join(b, c), join(a, d)
        linking.undo(first)
        assert persons() == are((a, d), (b, c))

    def test_joinings_are_undone_in_any_order(self, four: list[LinkedAccount]) -> None:
        before = {each.pk: each.person_id for each in four}
        joinings = [join(one, other) for one, other in pairwise(four)]
        for joining in (joinings[1], joinings[0], joinings[2]):
            linking.undo(joining)
        assert dict(LinkedAccount.objects.values_list("pk", "person_id")) == before

    def test_what_held_together_through_one_who_left_is_still_undone(self, four: list[LinkedAccount]) -> None:
        a, b, c, d = four
        join(a, b), join(c, d)
        joining = join(b, c)
        linking.leave(b)
        assert persons() == are((a, c, d), (b,))
        linking.undo(joining)
        assert persons() == are((a,), (b,), (c, d))

    def test_accounts_that_were_one_person_from_the_start_stay_together(self) -> None:
        person = PersonFactory()
        a, b, c = agreeing_account(person=person), agreeing_account(person=person), agreeing_account()
        joining = join(c, b)
        linking.undo(joining)
        assert persons() == are((a, b), (c,))

    def test_one_who_leaves_is_the_person_they_were_before(self, four: list[LinkedAccount]) -> None:
        a, b, *_ = four
        before = {each.pk: each.person_id for each in (a, b)}
        join(a, b)
        linking.leave(a)
        assert dict(LinkedAccount.objects.filter(pk__in=before).values_list("pk", "person_id")) == before
        join(a, b)
        linking.leave(b)
        assert dict(LinkedAccount.objects.filter(pk__in=before).values_list("pk", "person_id")) == before


class TestRefusals:
    def test_undone_already(self, four: list[LinkedAccount]) -> None:
        joining = join(*four[:2])
        linking.undo(joining)
        assert refused(joining) == "already_undone"

    def test_a_separation(self, four: list[LinkedAccount]) -> None:
        separation = linking.undo(join(*four[:2]))
        assert refused(separation) == "not_a_joining"

    def test_one_who_was_joined_has_left(self, four: list[LinkedAccount]) -> None:
        joining = join(*four[:2])
        linking.leave(four[0])
        assert refused(joining) == "nothing_left"

    def test_one_who_was_joined_is_erased(self, four: list[LinkedAccount]) -> None:
        joining = join(*four[:2])
        four[0].delete()
        assert refused(joining) == "nothing_left"

    def test_the_one_through_whom_somebody_came_later_is_erased(self, four: list[LinkedAccount]) -> None:
        a, b, c, d = four
        joining = join(a, b)
        join(b, c), join(c, d)
        c.delete()
        assert refused(joining) == "sides_unknown"
        assert persons() == are((a, b, d))


class TestTheLog:
    def test_it_tells_who_was_whom_before_and_after_and_why(self, four: list[LinkedAccount]) -> None:
        a, b, c, _ = four
        join(a, b)
        before = everyone()
        user = UserFactory()
        joining = join(b, c)
        linking.undo(joining, user)
        joined, undone = Regrouping.objects.filter(pk__gte=joining.pk).order_by("pk")
        assert (joined.kind, joined.cause) == (RegroupingKind.JOINED, RegroupingCause.LINK_CODE)
        assert (undone.kind, undone.cause, undone.user, undone.undoes) == (
            RegroupingKind.SEPARATED,
            RegroupingCause.UNDO,
            user,
            joined,
        )
        rows = {row.account_id: row for row in RegroupedAccount.objects.filter(regrouping=joined)}
        assert {key: row.person_before for key, row in rows.items()} == {
            key: before[key][0] for key in (a.pk, b.pk, c.pk)
        }
        assert {row.person_after for row in rows.values()} == {before[a.pk][0]}
        assert {key for key, row in rows.items() if row.is_end} == {b.pk, c.pk}

    def test_leaving_is_written_down_with_its_cause(self, four: list[LinkedAccount]) -> None:
        join(*four[:2])
        linking.leave(four[1])
        entry = Regrouping.objects.latest("pk")
        assert (entry.kind, entry.cause) == (RegroupingKind.SEPARATED, RegroupingCause.PLATFORM)
        assert list(entry.accounts.filter(is_end=True).values_list("account", flat=True)) == [four[1].pk]

    def test_what_changes_nothing_is_not_written_down(self, four: list[LinkedAccount]) -> None:
        linking.leave(four[0])
        join(*four[:2])
        linking.join(four[1], four[0], linking.BY_PLATFORM)
        assert Regrouping.objects.count() == 1

    def test_an_erased_account_is_in_no_entry(self, four: list[LinkedAccount]) -> None:
        join(*four[:2])
        gone = four[0].pk
        four[0].delete()
        assert not RegroupedAccount.objects.filter(account=gone).exists()
        assert not Bond.objects.exists()
        assert Regrouping.objects.count() == 1


PLATFORMS, ACCOUNTS = 4, 7
which = st.integers(0, ACCOUNTS - 1)
steps = st.lists(st.one_of(st.tuples(which, which), st.tuples(which), st.tuples(which, which, which)), max_size=14)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_whatever_happened_undoing_everything_and_leaving_gives_the_persons_of_the_beginning(
    steps: list[tuple[int, ...]],
) -> None:
    LinkedAccount.objects.all().delete()
    platforms = [PlatformFactory(cross_platform_default=True) for _ in range(PLATFORMS)]
    for number in range(ACCOUNTS):
        ensure_accounts(platforms[number % PLATFORMS], [f"u{number}"])
    accounts = list(LinkedAccount.objects.order_by("pk"))
    beginning = everyone()
    for step in steps:
        if len(step) == 1:
            linking.leave(accounts[step[0]])
        elif len(step) == 2:
            if step[0] != step[1]:
                with suppress(LinkRefused):
                    linking.join(accounts[step[0]], accounts[step[1]], linking.BY_PLATFORM)
        else:
            standing = list(Regrouping.objects.undoable().order_by("pk"))
            if standing:
                undone = standing[step[0] % len(standing)]
                together = len(persons())
                linking.undo(undone)
                assert len(persons()) == together + 1
        assert Bond.objects.count() == ACCOUNTS - len(persons()), "what holds persons together is a tree"
        assert not Person.objects.filter(accounts=None, pk__in=[person for person, _since in everyone().values()])
    for joining in Regrouping.objects.undoable():
        linking.undo(joining)
    assert everyone() == beginning
