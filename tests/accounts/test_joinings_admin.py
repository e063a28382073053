"""The desk of who is one person: deciding about pairs, and undoing joinings from the log."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Match, MatchState, Regrouping, RegroupingCause
from accounts.services import linking
from crossmarket import staff_groups
from tests.accounts.joined import agreeing_account, are, join, persons
from tests.factories import LinkedAccountFactory, MatchFactory, UserFactory

pytestmark = pytest.mark.django_db


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_{name}", args=args)


def act(client: Client, name: str, key: int) -> HttpResponse:
    """Answer the question of a step with yes."""
    address = page(name, key)
    return client.post(address, {"_form_submitted": "on"}, follow=True)


@pytest.fixture
def pair() -> Match:
    return MatchFactory(first=agreeing_account(), second=agreeing_account())


class TestMatches:
    def test_a_pair_is_shown_with_what_speaks_for_and_against(self, admin_client: Client, pair: Match) -> None:
        for name, args in (("match_changelist", ()), ("match_change", (pair.pk,))):
            shown = admin_client.get(page(name, *args)).content.decode()
            assert "87" in shown
            assert "姓名相同" in shown
            assert "城市不同" in shown

    def test_confirming_joins_in_the_operators_name(self, admin_client: Client, pair: Match, admin_user: Any) -> None:
        act(admin_client, "match_confirm", pair.pk)
        assert persons() == are((pair.first, pair.second))
        entry = Regrouping.objects.get()
        assert (entry.cause, entry.user) == (RegroupingCause.OPERATOR, admin_user)

    def test_rejecting_keeps_them_apart(self, admin_client: Client, pair: Match, admin_user: Any) -> None:
        act(admin_client, "match_reject", pair.pk)
        pair.refresh_from_db()
        assert (pair.state, pair.decided_by) == (MatchState.APART, admin_user)
        assert len(persons()) == 2

    def test_what_is_decided_cannot_be_decided_again(self, admin_client: Client, pair: Match) -> None:
        act(admin_client, "match_reject", pair.pk)
        act(admin_client, "match_confirm", pair.pk)
        assert len(persons()) == 2

    def test_nobody_is_joined_who_does_not_agree(self, admin_client: Client) -> None:
        pair = MatchFactory(first=agreeing_account(), second=LinkedAccountFactory())
        answer = act(admin_client, "match_confirm", pair.pk)
        assert "尚未同意" in answer.content.decode()
        assert len(persons()) == 2
        assert Match.objects.waiting().exists()


class TestTheLog:
    def test_it_shows_what_happened_and_undoes_it(self, admin_client: Client) -> None:
        first, second = agreeing_account(), agreeing_account()
        joining = join(first, second)
        assert first.external_id in admin_client.get(page("regrouping_changelist")).content.decode()
        assert second.external_id in admin_client.get(page("regrouping_change", joining.pk)).content.decode()
        answer = act(admin_client, "regrouping_undo", joining.pk)
        assert "已撤销" in answer.content.decode()
        assert persons() == are((first,), (second,))

    def test_what_cannot_be_undone_offers_no_undoing(self, admin_client: Client) -> None:
        joining = join(agreeing_account(), agreeing_account())
        linking.undo(joining)
        assert (
            page("regrouping_undo", joining.pk)
            not in admin_client.get(page("regrouping_change", joining.pk)).content.decode()
        )
        assert act(admin_client, "regrouping_undo", joining.pk).status_code == 403

    def test_an_operator_who_separates_an_account_is_written_down(self, admin_client: Client, admin_user: Any) -> None:
        first, second = agreeing_account(), agreeing_account()
        join(first, second)
        act(admin_client, "linkedaccount_separate", second.pk)
        entry = Regrouping.objects.latest("pk")
        assert (entry.cause, entry.user) == (RegroupingCause.OPERATOR, admin_user)


def test_marketers_may_decide_and_undo(client: Client, pair: Match) -> None:
    marketer = UserFactory(is_staff=True)
    marketer.groups.add(staff_groups.marketers())
    client.force_login(marketer)
    act(client, "match_confirm", pair.pk)
    act(client, "regrouping_undo", Regrouping.objects.get().pk)
    assert [entry.user for entry in Regrouping.objects.all()] == [marketer, marketer]
    assert len(persons()) == 2
