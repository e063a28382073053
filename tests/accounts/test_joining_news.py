"""Who is told that accounts were joined or separated: only what consent lets a platform know, and always the truth."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Change, ConsentSource, LinkedAccount, Platform, Purpose
from accounts.services import linking
from accounts.services.consents import state_consents
from accounts.services.linking import LinkRefused
from accounts.services.platform_changes import save_platform
from tests.factories import LinkedAccountFactory, PlatformFactory
from tests.side_by_side import side_by_side

News = tuple[str, str, list[str]]


def account(slug: str, **fields: Any) -> LinkedAccount:
    platform = Platform.objects.filter(slug=slug).first() or PlatformFactory(slug=slug)
    return LinkedAccountFactory(platform=platform, external_id=f"of-{slug}", **{"cross_platform": True, **fields})


def join(first: LinkedAccount, second: LinkedAccount) -> None:
    linking.link(second, linking.create_link_code(first).code)


def agree(who: LinkedAccount, granted: bool) -> None:
    state_consents(who, {Purpose.CROSS_PLATFORM: granted}, "1", ConsentSource.PLATFORM)


def news(after: int = 0) -> list[News]:
    """Platform, type and platforms told of each change, by platform."""
    rows = Change.objects.filter(pk__gt=after).select_related("platform").order_by("platform__slug", "pk")
    return [(row.platform.slug, row.type, row.data["platforms"]) for row in rows]


def last_change() -> int:
    return Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


@pytest.mark.django_db
class TestTelling:
    """What is told when."""

    def test_both_platforms_are_told_of_a_joining_each_of_its_own_user(self) -> None:
        join(account("lumen"), account("tide"))
        assert news() == [("lumen", "account.joined", ["tide"]), ("tide", "account.joined", ["lumen"])]
        assert {row.platform.slug: row.data["user_id"] for row in Change.objects.all()} == {
            "lumen": "of-lumen",
            "tide": "of-tide",
        }

    def test_nobody_is_told_whose_account_it_is_elsewhere(self) -> None:
        join(account("lumen"), account("tide"))
        assert not [row for row in Change.objects.all() if f"of-{row.data['platforms'][0]}" in str(row.data)]

    def test_a_third_platform_is_told_of_the_newcomer(self) -> None:
        first, second, third = account("lumen"), account("tide"), account("voice")
        join(first, second)
        before = last_change()
        join(second, third)
        assert news(before) == [
            ("lumen", "account.joined", ["tide", "voice"]),
            ("tide", "account.joined", ["lumen", "voice"]),
            ("voice", "account.joined", ["lumen", "tide"]),
        ]

    def test_everyone_is_told_of_a_separation(self) -> None:
        first, second, third = account("lumen"), account("tide"), account("voice")
        join(first, second)
        join(second, third)
        before = last_change()
        linking.leave(second)
        assert news(before) == [
            ("lumen", "account.separated", ["voice"]),
            ("tide", "account.separated", []),
            ("voice", "account.separated", ["lumen"]),
        ]

    def test_who_has_withdrawn_is_told_nothing_and_not_told_of(self) -> None:
        first, second, third = account("lumen"), account("tide"), account("voice")
        join(first, second)
        agree(first, granted=False)
        before = last_change()
        join(second, third)
        assert news(before) == [("tide", "account.joined", ["voice"]), ("voice", "account.joined", ["tide"])]

    def test_withdrawing_consent_looks_like_a_separation_and_giving_it_again_like_a_joining(self) -> None:
        first, second = account("lumen"), account("tide")
        join(first, second)
        before = last_change()
        agree(second, granted=False)
        agree(second, granted=True)
        assert news(before) == [
            ("lumen", "account.separated", []),
            ("lumen", "account.joined", ["tide"]),
            ("tide", "account.separated", []),
            ("tide", "account.joined", ["lumen"]),
        ]

    def test_another_default_of_a_platform_is_told_of_those_who_stated_nothing(self) -> None:
        first, second = account("lumen"), account("tide")
        join(first, second)
        LinkedAccount.objects.filter(pk=second.pk).update(cross_platform=None)
        tide = second.platform
        tide.cross_platform_default = True
        tide.save()
        before = last_change()
        tide.cross_platform_default = False
        save_platform(tide, ["cross_platform_default"])
        assert news(before) == [("lumen", "account.separated", []), ("tide", "account.separated", [])]

    def test_nothing_is_told_where_nothing_changes(self) -> None:
        first, second = account("lumen"), account("tide")
        linking.leave(first)
        agree(first, granted=True)
        join(first, second)
        before = last_change()
        join(first, second)
        agree(first, granted=True)
        assert news(before) == []

    def test_a_refused_joining_is_not_told_of(self) -> None:
        with pytest.raises(LinkRefused):
            join(account("lumen"), account("tide", cross_platform=False))
        assert news() == []


SLUGS = ["aster", "birch", "cedar", "dill"]
which = st.integers(0, len(SLUGS) - 1)
steps = st.lists(
    st.one_of(st.tuples(which, which), st.tuples(which), st.tuples(which, st.booleans(), st.none())), max_size=8
)


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps)
def test_who_follows_the_changes_knows_at_any_time_what_may_be_known(steps: list[tuple[Any, ...]]) -> None:
    Change.objects.all().delete()
    LinkedAccount.objects.all().delete()
    accounts = [account(slug) for slug in SLUGS]
    for step in steps:
        who = LinkedAccount.objects.get(pk=accounts[step[0]].pk)
        if len(step) == 3:
            agree(who, granted=step[1])
        elif len(step) == 1:
            linking.leave(who)
        else:
            try:
                join(who, LinkedAccount.objects.get(pk=accounts[step[1]].pk))
            except LinkRefused:
                continue
        assert followed() == may_be_known()


def followed() -> dict[str, list[str]]:
    """What each platform believes that was told each change."""
    believed: dict[str, list[str]] = {slug: [] for slug in SLUGS}
    for row in Change.objects.select_related("platform").order_by("pk"):
        believed[row.platform.slug] = row.data["platforms"]
    return believed


def may_be_known() -> dict[str, list[str]]:
    """On which other platforms each account is known to be, by the rule itself."""
    known: dict[str, list[str]] = {slug: [] for slug in SLUGS}
    for one in LinkedAccount.objects.select_related("platform"):
        others = LinkedAccount.objects.others_of(one).consenting(Purpose.CROSS_PLATFORM)
        if one.consents_to(Purpose.CROSS_PLATFORM):
            known[one.platform.slug] = sorted(others.values_list("platform__slug", flat=True))
    return known


@pytest.mark.django_db(transaction=True)
def test_withdrawals_at_the_same_moment_leave_the_truth_as_the_last_word() -> None:
    accounts = [account(slug) for slug in SLUGS]
    for other in accounts[1:]:
        join(accounts[0], other)

    def change_mind(who: LinkedAccount, last: bool) -> None:
        for granted in (False, True) * 8:
            agree(who, granted)
        agree(who, last)

    side_by_side(*[lambda who=who, last=place < 2: change_mind(who, last) for place, who in enumerate(accounts)])
    assert followed() == may_be_known()
    assert may_be_known()["aster"] == ["birch"]
