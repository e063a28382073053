"""Whose doings may answer for whom, and that a change of mind counts in the very next recommendation."""

from typing import Any

import pytest

from accounts import sharing
from accounts.models import LinkedAccount, Purpose
from accounts.services.platform_changes import save_platform
from accounts.sharing import STRANGER
from tests.factories import LinkedAccountFactory, PersonFactory
from tests.partner import Partner, batch, event, item, new_partner

BOTH = {"cross_platform": True}


def sharing_of(account: LinkedAccount) -> sharing.Sharing:
    return sharing.of_external_id(account.platform_id, account.external_id)


@pytest.mark.django_db
class TestTheRule:
    def pair(self, first: dict[str, Any], second: dict[str, Any]) -> tuple[LinkedAccount, LinkedAccount]:
        person = PersonFactory()
        return LinkedAccountFactory(person=person, **first), LinkedAccountFactory(person=person, **second)

    def test_who_was_never_heard_of_shares_nothing(self) -> None:
        assert sharing.of_external_id(1, "unheard") == STRANGER

    def test_an_account_answers_for_itself(self) -> None:
        account = LinkedAccountFactory()
        assert sharing_of(account) == sharing.Sharing(account.pk, True, (account.pk,), (account.pk,))

    def test_without_consent_to_recommendations_nothing_answers(self) -> None:
        account = LinkedAccountFactory(recommendation=False)
        assert sharing_of(account) == sharing.Sharing(account.pk, False, ())

    def test_accounts_that_both_agree_answer_for_each_other(self) -> None:
        first, second = self.pair(BOTH, BOTH)
        assert sharing_of(first).contributors == (first.pk, second.pk)
        assert sharing_of(second).contributors == (second.pk, first.pk)

    @pytest.mark.parametrize("disagreement", [{"cross_platform": False}, {"cross_platform": None}])
    def test_when_one_does_not_agree_neither_answers_for_the_other(self, disagreement: dict[str, Any]) -> None:
        for first, second in (self.pair(BOTH, disagreement), self.pair(disagreement, BOTH)):
            assert sharing_of(first).contributors == (first.pk,)
            assert sharing_of(second).contributors == (second.pk,)

    def test_what_is_not_for_recommendations_is_not_for_those_of_others_either(self) -> None:
        first, second = self.pair(BOTH, {**BOTH, "recommendation": False})
        assert sharing_of(first).contributors == (first.pk,)
        assert sharing_of(second).contributors == ()

    def test_a_profile_is_used_where_everybody_agrees_of_whom_it_was_made(self) -> None:
        first, second = self.pair(BOTH, BOTH)
        assert sharing_of(first).profiled == sharing_of(second).profiled == (first.pk, second.pk)
        first, second = self.pair(BOTH, {**BOTH, "recommendation": False})
        assert sharing_of(first).profiled == (), "it was made of what the other did as well"
        first, second = self.pair(BOTH, {**BOTH, "recommendation": False, "profiling": False})
        assert sharing_of(first).profiled == (first.pk,)
        first, second = self.pair({**BOTH, "profiling": False}, BOTH)
        assert (sharing_of(first).profiled, sharing_of(second).profiled) == ((), (second.pk,))

    def test_every_purpose_can_be_asked_of_many_accounts_at_once(self) -> None:
        yes, no = LinkedAccountFactory(marketing=True), LinkedAccountFactory(marketing=False)
        by_default = LinkedAccountFactory(platform__marketing_default=True)
        LinkedAccountFactory()
        found = set(LinkedAccount.objects.consenting(Purpose.MARKETING))
        assert found == {yes, by_default}
        assert {each for each in LinkedAccount.objects.all() if each.consents_to(Purpose.MARKETING)} == found
        assert no not in found


@pytest.mark.django_db(transaction=True)
class TestTheVeryNextRecommendation:
    """A person known at `radio` for physics is the same as `u1` at `shop`."""

    @pytest.fixture
    def shop(self) -> Partner:
        shop = new_partner("shop")
        shop.post("/items", batch(*(item(f"c{n}") for n in range(4))))
        return shop

    @pytest.fixture
    def radio(self, shop: Partner) -> Partner:
        radio = new_partner("radio")
        radio.put("/users/r1/consents", BOTH)
        shop.put("/users/u1/consents", BOTH)
        code = shop.post("/users/u1/link-codes").json()["code"]
        assert radio.post("/links", {"user_id": "r1", "code": code}).status_code == 200
        return radio

    def contributors(self, partner: Partner, user_id: str) -> int:
        partner.recommended(user_id)
        return len(sharing.of_external_id(partner.platform.pk, user_id).contributors)

    def test_withdrawn_consent_counts_for_the_own_platform(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0")))
        assert "c0" not in shop.recommended_ids("u1")
        shop.put("/users/u1/consents", {"recommendation": False})
        assert "c0" in shop.recommended_ids("u1"), "what was done must not shape the list any more"
        shop.put("/users/u1/consents", {"recommendation": True})
        assert "c0" not in shop.recommended_ids("u1")

    def test_withdrawn_consent_counts_for_the_other_platform_too(self, shop: Partner, radio: Partner) -> None:
        assert self.contributors(shop, "u1") == self.contributors(radio, "r1") == 2
        radio.put("/users/r1/consents", {"cross_platform": False})
        assert self.contributors(shop, "u1") == self.contributors(radio, "r1") == 1

    def test_leaving_counts_on_both_sides(self, shop: Partner, radio: Partner) -> None:
        assert self.contributors(shop, "u1") == self.contributors(radio, "r1") == 2
        shop.delete("/users/u1/links")
        assert self.contributors(shop, "u1") == self.contributors(radio, "r1") == 1

    def test_a_default_that_an_operator_changes_counts_for_everyone_who_stated_nothing(self, shop: Partner) -> None:
        shop.post("/events", batch(event(item_id="c0"), event(item_id="c0", user_id="u2")))
        shop.put("/users/u2/consents", {"recommendation": True})
        assert "c0" not in shop.recommended_ids("u1")
        shop.platform.recommendation_default = False
        save_platform(shop.platform, ["recommendation_default"])
        assert "c0" in shop.recommended_ids("u1")
        assert "c0" not in shop.recommended_ids("u2")

    def test_it_counts_for_those_who_share_from_other_platforms(self, shop: Partner, radio: Partner) -> None:
        assert self.contributors(shop, "u1") == 2
        radio.platform.recommendation_default = False
        save_platform(radio.platform, ["recommendation_default"])
        assert self.contributors(shop, "u1") == 1

    def test_who_was_asked_about_before_being_heard_of_is_known_once_heard_of(self, shop: Partner) -> None:
        assert self.contributors(shop, "new") == 0
        shop.post("/events", batch(event(user_id="new")))
        assert self.contributors(shop, "new") == 1
