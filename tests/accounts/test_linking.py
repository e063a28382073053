"""One person on several platforms: joining by a code, leaving, and nothing lost on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Consent, ConsentSource, LinkCode, LinkedAccount, Person, Purpose
from accounts.services import linking
from accounts.services.linking import ALPHABET, CODE_LENGTH, LinkRefused
from tests.factories import EventFactory, LinkedAccountFactory, PersonFactory
from tests.partner import Partner, new_partner, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Partner:
    return new_partner("shop")


@pytest.fixture
def radio() -> Partner:
    return new_partner("radio")


def agree(partner: Partner, user_id: str = "u1") -> None:
    partner.put(f"/users/{user_id}/consents", {"cross_platform": True})


def code_of(partner: Partner, user_id: str = "u1") -> str:
    response = partner.post(f"/users/{user_id}/link-codes")
    assert response.status_code == 201
    return response.json()["code"]


def person_of(partner: Partner, user_id: str = "u1") -> Person:
    return LinkedAccount.objects.get(platform=partner.platform, external_id=user_id).person


def agreeing_account(**fields: object) -> LinkedAccount:
    return LinkedAccountFactory(cross_platform=True, **fields)


def joined(*accounts: LinkedAccount) -> None:
    for account in accounts[1:]:
        linking.link(account, linking.create_link_code(accounts[0]).code)


class TestThroughTheApi:
    def test_a_code_joins_the_accounts_of_two_platforms(self, shop: Partner, radio: Partner) -> None:
        agree(shop), agree(radio, "r1")
        response = radio.post("/links", {"user_id": "r1", "code": code_of(shop)})
        assert response.status_code == 200
        assert response.json() == {"user_id": "r1", "platforms": ["radio", "shop"]}
        assert person_of(shop) == person_of(radio, "r1")
        assert Person.objects.count() == 1

    def test_leaving_separates_them(self, shop: Partner, radio: Partner) -> None:
        agree(shop), agree(radio)
        radio.post("/links", {"user_id": "u1", "code": code_of(shop)})
        response = shop.delete("/users/u1/links")
        assert (response.status_code, response.content) == (204, b"")
        assert person_of(shop) != person_of(radio)
        assert shop.delete("/users/u1/links").status_code == 204

    def test_a_browser_may_carry_the_code(self, shop: Partner, radio: Partner) -> None:
        agree(shop), agree(radio)
        code = shop.browse("POST", "/users/u1/link-codes", user_id="u1").json()["code"]
        response = radio.browse("POST", "/links", {"user_id": "u1", "code": code}, user_id="u1")
        assert response.status_code == 200

    def test_a_code_is_good_once(self, shop: Partner, radio: Partner) -> None:
        agree(shop), agree(radio)
        code = code_of(shop)
        radio.post("/links", {"user_id": "u1", "code": code})
        problem(radio.post("/links", {"user_id": "u1", "code": code}), 422, "invalid_code")

    def test_both_must_agree(self, shop: Partner, radio: Partner) -> None:
        agree(shop)
        code = code_of(shop)
        problem(radio.post("/links", {"user_id": "u1", "code": code}), 422, "consent_required")
        agree(radio)
        assert radio.post("/links", {"user_id": "u1", "code": code}).status_code == 200, "a refusal uses no code up"

    def test_one_who_has_another_account_there_already_is_a_409(self, shop: Partner, radio: Partner) -> None:
        agree(shop), agree(radio), agree(radio, "u2")
        radio.post("/links", {"user_id": "u1", "code": code_of(shop)})
        problem(radio.post("/links", {"user_id": "u2", "code": code_of(shop)}), 409, "platform_already_linked")

    @pytest.mark.parametrize("code", ["ABCDE-FGHJK", "x", "?", " ", "🦌", "ß" * 100])
    def test_a_code_that_nobody_made_leaves_no_trace(self, shop: Partner, code: str) -> None:
        problem(shop.post("/links", {"user_id": "new", "code": code}), 422, "invalid_code")
        assert not LinkedAccount.objects.exists()
        assert not Person.objects.exists()

    @pytest.mark.parametrize("user_id", ["unheard", "a%00b", "x" * 300])
    def test_who_is_not_known_cannot_leave(self, shop: Partner, user_id: str) -> None:
        problem(shop.delete(f"/users/{user_id}/links"), 404, "user_not_found")


class TestCodes:
    def test_it_is_easy_to_read_and_only_a_digest_is_kept(self) -> None:
        made = linking.create_link_code(LinkedAccountFactory())
        letters = made.code.replace("-", "")
        assert len(letters) == CODE_LENGTH
        assert set(letters) <= set(ALPHABET)
        assert not set("01IO") & set(ALPHABET)
        assert letters not in str(LinkCode.objects.values().get())

    def test_it_may_be_typed_as_people_do(self) -> None:
        first, second = agreeing_account(), agreeing_account()
        code = linking.create_link_code(first).code
        assert linking.link(second, f" {code.lower().replace('-', ' ')} ") == first

    def test_it_ends_after_ten_minutes(self) -> None:
        first, second = agreeing_account(), agreeing_account()
        made = linking.create_link_code(first)
        assert timedelta(minutes=9) < made.expires_at - timezone.now() <= timedelta(minutes=10)
        LinkCode.objects.update(expires_at=timezone.now())
        with pytest.raises(LinkRefused, match="ten minutes"):
            linking.link(second, made.code)

    def test_a_new_one_ends_the_one_before(self) -> None:
        first, second = agreeing_account(), agreeing_account()
        old = linking.create_link_code(first).code
        new = linking.create_link_code(first).code
        with pytest.raises(LinkRefused):
            linking.link(second, old)
        linking.link(second, new)

    def test_it_joins_nobody_with_oneself(self) -> None:
        account = agreeing_account()
        with pytest.raises(LinkRefused) as caught:
            linking.link(account, linking.create_link_code(account).code)
        assert caught.value.code == "same_account"


class TestPersons:
    def test_three_accounts_become_one_person(self) -> None:
        accounts = [agreeing_account() for _ in range(3)]
        joined(*accounts)
        assert len({LinkedAccount.objects.get(pk=each.pk).person_id for each in accounts}) == 1
        assert Person.objects.count() == 1

    def test_who_leaves_three_leaves_two_together(self) -> None:
        first, second, third = accounts = [agreeing_account() for _ in range(3)]
        joined(*accounts)
        linking.leave(second)
        for each in accounts:
            each.refresh_from_db()
        assert first.person_id == third.person_id != second.person_id

    def test_two_persons_with_accounts_of_the_same_platform_stay_two(self) -> None:
        first, second, third = (agreeing_account() for _ in range(3))
        also_third = agreeing_account(platform=third.platform)
        joined(first, third)
        joined(second, also_third)
        with pytest.raises(LinkRefused) as caught:
            joined(first, second)
        assert caught.value.code == "platform_already_linked"
        assert Person.objects.count() == 2

    def test_joining_those_who_are_joined_changes_nothing(self) -> None:
        first, second = agreeing_account(), agreeing_account()
        joined(first, second)
        joined(second, first)
        assert Person.objects.count() == 1

    def test_one_who_never_joined_stays_the_same_person_on_leaving(self) -> None:
        account = agreeing_account()
        linking.leave(account)
        assert LinkedAccount.objects.get().person_id == account.person_id

    def test_the_consent_of_every_platform_default_counts(self) -> None:
        first, second = LinkedAccountFactory(), LinkedAccountFactory()
        for each in (first, second):
            each.platform.cross_platform_default = True
            each.platform.save()
        joined(first, second)
        assert Person.objects.count() == 1

    def test_a_person_who_agrees_on_our_own_page_agrees_for_both(self) -> None:
        first, second = LinkedAccountFactory(cross_platform=False), LinkedAccountFactory()
        linking.link(second, linking.create_link_code(first).code, person_agrees=True)
        stated = Consent.objects.filter(purpose=Purpose.CROSS_PLATFORM, granted=True, source=ConsentSource.PERSON)
        assert {each.account_id for each in stated} == {first.pk, second.pk}

    def test_a_joining_that_is_refused_states_no_consent(self) -> None:
        first = LinkedAccountFactory()
        second = LinkedAccountFactory(platform=first.platform)
        with pytest.raises(LinkRefused):
            linking.link(second, linking.create_link_code(first).code, person_agrees=True)
        assert not Consent.objects.exists()
        assert LinkCode.objects.get().used_at is None

    def test_events_are_never_touched(self) -> None:
        first, second = (EventFactory(account__cross_platform=True).account for _ in range(2))
        before = list(first.events.model.objects.order_by("pk").values())
        joined(first, second)
        linking.leave(first)
        assert list(first.events.model.objects.order_by("pk").values()) == before

    def test_nobody_is_left_without_accounts(self) -> None:
        stranger = PersonFactory()
        accounts = [agreeing_account() for _ in range(3)]
        joined(*accounts)
        for each in accounts:
            linking.leave(each)
        assert set(Person.objects.filter(accounts=None)) == {stranger}
