"""Whatever is joined and left in whatever order, nothing is lost and everything can be undone."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import LinkedAccount, Person
from accounts.services import linking
from accounts.services.linking import LinkRefused
from profiles.models import Event
from tests.factories import EventFactory, LinkedAccountFactory, PlatformFactory

PLATFORMS, ACCOUNTS = 3, 6
which = st.integers(0, ACCOUNTS - 1)
steps = st.lists(st.one_of(st.tuples(which, which), st.tuples(which)), max_size=15)


def groups(accounts: list[LinkedAccount]) -> dict[int, set[int]]:
    """Of each account, those that are the same person."""
    person_of = dict(LinkedAccount.objects.values_list("pk", "person_id"))
    return {each.pk: {pk for pk in person_of if person_of[pk] == person_of[each.pk]} for each in accounts}


def allowed(first: set[int], second: set[int], platform_of: dict[int, int]) -> bool:
    return first == second or max(Counter(platform_of[pk] for pk in first | second).values()) == 1


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_joining_and_leaving_move_accounts_between_persons_and_nothing_else(steps: list[tuple[int, ...]]) -> None:
    LinkedAccount.objects.all().delete()
    platforms = [PlatformFactory() for _ in range(PLATFORMS)]
    accounts = [LinkedAccountFactory(platform=platforms[n % PLATFORMS], cross_platform=True) for n in range(ACCOUNTS)]
    platform_of = {each.pk: each.platform_id for each in accounts}
    for account in accounts:
        EventFactory(platform=account.platform, account=account, course__platform=account.platform)
    events = list(Event.objects.order_by("pk").values())
    others = Person.objects.filter(accounts=None).count()
    expected = groups(accounts)

    for step in steps:
        first = accounts[step[0]].pk
        if len(step) == 1:
            linking.leave(accounts[step[0]])
            for pk in expected[first] - {first}:
                expected[pk] = expected[pk] - {first}
            expected[first] = {first}
            assert groups(accounts) == expected
            continue
        second = accounts[step[1]].pk
        code = linking.create_link_code(accounts[step[0]]).code
        if first != second and allowed(expected[first], expected[second], platform_of):
            linking.link(accounts[step[1]], code)
            together = expected[first] | expected[second]
            expected |= dict.fromkeys(together, together)
        else:
            with pytest.raises(LinkRefused):
                linking.link(accounts[step[1]], code)
        assert groups(accounts) == expected
        assert Person.objects.filter(accounts=None).count() == others

    for account in accounts:
        linking.leave(account)
    assert groups(accounts) == {each.pk: {each.pk} for each in accounts}
    assert list(Event.objects.order_by("pk").values()) == events
