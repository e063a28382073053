"""Accounts with the same contact: joined where both platforms verify it and both agree, otherwise put to somebody."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress

from accounts.models import LinkedAccount, Match, MatchDue, MatchState, Purpose, Regrouping, RegroupingCause
from accounts.models.consent import ConsentSource
from accounts.services import contact_matching, house_contacts, linking, suggestions
from accounts.services.accounts import UserDescription, describe_users
from accounts.services.consents import state_consents
from accounts.services.linking import create_link_code
from accounts.services.platform_changes import save_platform
from tests.accounts.joined import account_with, agreeing_account, are, join, persons, sha256
from tests.factories import MatchFactory, PlatformFactory, UserFactory

pytestmark = pytest.mark.django_db

ANN = "ann@example.com"


def told(account: LinkedAccount, **contacts: str) -> None:
    """The platform tells of an account's contacts, and a moment passes."""
    hashes = {f"{name}_sha256": sha256(contact) if contact else "" for name, contact in contacts.items()}
    describe_users(account.platform, [UserDescription(account.external_id, **hashes)])
    look()


def agree(account: LinkedAccount, granted: bool) -> None:
    state_consents(account, {Purpose.CROSS_PLATFORM: granted}, "1", ConsentSource.PLATFORM)
    look()


def look() -> None:
    while contact_matching.look():
        pass
    assert not MatchDue.objects.exists()


def suggested() -> list[tuple[int, int]]:
    return list(Match.objects.waiting().order_by("pk").values_list("first", "second"))


def platform(verifies: bool = True, **fields: Any) -> Any:
    return PlatformFactory(verifies_email=verifies, verifies_phone=verifies, **fields)


class TestJoining:
    @pytest.mark.parametrize(("contact", "cause"), [("email", RegroupingCause.EMAIL), ("phone", RegroupingCause.PHONE)])
    def test_the_same_verified_contact_joins_those_who_agree(self, contact: str, cause: RegroupingCause) -> None:
        a, b = (agreeing_account(platform=platform()) for _ in range(2))
        told(a, **{contact: ANN})
        assert persons() == are((a,), (b,))
        told(b, **{contact: ANN})
        assert persons() == are((a, b))
        assert Regrouping.objects.get().cause == cause
        assert not Match.objects.waiting().exists()

    def test_capitals_of_the_hash_do_not_matter(self) -> None:
        a, b = (agreeing_account(platform=platform()) for _ in range(2))
        told(a, email=ANN)
        describe_users(b.platform, [UserDescription(b.external_id, email_sha256=sha256(ANN).upper())])
        look()
        assert persons() == are((a, b))

    def test_agreeing_later_joins_then(self) -> None:
        a, b = account_with(ANN), account_with(ANN, cross_platform=False)
        agree(a, True)
        assert persons() == are((a,), (b,))
        agree(b, True)
        assert persons() == are((a, b))

    def test_marking_a_platform_as_verifying_joins_then(self) -> None:
        a, b = account_with(ANN), account_with(ANN, verified=False)
        agree(a, True)
        assert persons() == are((a,), (b,))
        b.platform.verifies_email = True
        save_platform(b.platform, ["verifies_email"])
        look()
        assert persons() == are((a, b))

    def test_a_default_that_agrees_joins_those_who_stated_nothing(self) -> None:
        a = account_with(ANN)
        b = account_with(ANN, cross_platform=None, platform=platform(cross_platform_default=True))
        told(b, phone="1")
        assert persons() == are((a, b))

    def test_both_must_agree(self) -> None:
        a, b = account_with(ANN, cross_platform=False), account_with(ANN)
        told(b, phone="1")
        assert persons() == are((a,), (b,))
        assert not suggested(), "nor is anything made of one who does not agree"

    def test_one_verified_address_and_one_verified_number_are_no_contact_in_common(self) -> None:
        account_with(email="123"), account_with(phone="123")
        b = account_with()
        told(b, email="124", phone="124")
        assert len(persons()) == 3

    def test_a_contact_that_many_have_is_nobodys_own(self) -> None:
        accounts = [account_with("office@example.com") for _ in range(contact_matching.MOST_SHARING + 1)]
        agree(accounts[0], True)
        assert len(persons()) == len(accounts)
        assert not suggested()

    def test_the_persons_behind_both_become_one(self) -> None:
        a, b, c, d = account_with(ANN), agreeing_account(), account_with(ANN), agreeing_account()
        join(a, b), join(c, d)
        agree(a, True)
        assert persons() == are((a, b, c, d))


class TestWhoSeparatedStaysApart:
    def test_after_leaving(self) -> None:
        a, b = account_with(ANN), account_with(ANN)
        agree(a, True)
        linking.leave(b)
        agree(a, True), told(b, phone="1")
        assert persons() == are((a,), (b,))
        assert not suggested()

    def test_after_undoing(self) -> None:
        a, b = account_with(ANN), account_with(ANN)
        agree(a, True)
        linking.undo(Regrouping.objects.get())
        agree(a, True)
        assert persons() == are((a,), (b,))

    def test_until_a_code_is_carried_over(self) -> None:
        a, b = account_with(ANN), account_with(ANN)
        agree(a, True)
        linking.leave(b)
        linking.link(a, create_link_code(b).code)
        assert persons() == are((a, b))
        assert not Match.objects.apart().exists()


class TestSuggesting:
    @pytest.mark.parametrize("verifying", [(True, False), (False, True), (False, False)])
    def test_a_contact_that_not_both_verify_is_put_before_somebody(self, verifying: tuple[bool, bool]) -> None:
        a, b = (account_with(ANN, verified=verified) for verified in verifying)
        agree(b, True)
        assert persons() == are((a,), (b,))
        assert suggested() == [(a.pk, b.pk)]
        match = Match.objects.get()
        assert match.evidence == [["email", "same", None]]
        assert 0.5 < match.score < 1

    def test_what_was_rejected_is_not_suggested_again(self) -> None:
        a, b = account_with(ANN, verified=False), account_with(ANN)
        agree(b, True)
        suggestions.reject(Match.objects.get(), UserFactory())
        agree(b, True), told(a, phone="1"), told(b, phone="1")
        assert not suggested()
        assert persons() == are((a,), (b,))

    def test_nor_are_other_accounts_of_the_same_persons(self) -> None:
        a, b, c = account_with(ANN, verified=False), account_with(ANN), account_with()
        agree(b, True)
        suggestions.reject(Match.objects.get(), UserFactory())
        join(b, c)
        told(c, email=ANN)
        assert not suggested()
        assert persons() == are((a,), (b, c))

    def test_another_contact_takes_it_back(self) -> None:
        a, _b = account_with(ANN, verified=False), account_with(ANN)
        agree(a, True)
        assert suggested()
        told(a, email="other@example.com")
        assert not suggested()

    def test_withdrawing_consent_takes_it_back(self) -> None:
        a, b = account_with(ANN, verified=False), account_with(ANN)
        agree(a, True)
        assert suggested()
        state_consents(b, {Purpose.CROSS_PLATFORM: False}, "1", ConsentSource.PLATFORM)
        assert not suggested()
        agree(b, True)
        assert suggested() == [(a.pk, b.pk)]

    def test_a_default_that_does_not_agree_any_more_takes_it_back(self) -> None:
        shop = platform(cross_platform_default=True)
        a, b = account_with(ANN, verified=False), account_with(ANN, cross_platform=None, platform=shop)
        agree(a, True)
        assert suggested() == [(a.pk, b.pk)]
        shop.cross_platform_default = False
        save_platform(shop, ["cross_platform_default"])
        look()
        assert not suggested()

    def test_confirming_what_is_so_already_settles_it(self) -> None:
        a, b = agreeing_account(), agreeing_account()
        join(a, b)
        match = MatchFactory(first=a, second=b)
        suggestions.confirm_by_operator(match, UserFactory())
        match.refresh_from_db()
        assert match.state == MatchState.CONFIRMED


class TestConflicts:
    """Two accounts of one platform never become one person by themselves: the older joining stays."""

    @pytest.fixture
    def three(self) -> list[LinkedAccount]:
        """One account on a platform and two on another, all with the same verified address."""
        shop = platform()
        return [account_with(ANN), account_with(ANN, platform=shop), account_with(ANN, platform=shop)]

    def test_the_newcomer_waits_for_an_operator(self, three: list[LinkedAccount]) -> None:
        a, b, b2 = three
        agree(b, True), agree(b2, True)
        assert persons() == are((a, b), (b2,))
        match = Match.objects.waiting().get()
        assert (match.first, match.second, match.is_conflict) == (a, b2, True)
        assert not suggestions.for_person(a), "the person is not asked, since they could not say yes"

    def test_an_operator_may_put_the_newcomer_in_the_place_of_the_other(self, three: list[LinkedAccount]) -> None:
        a, b, b2 = three
        agree(b, True), agree(b2, True)
        suggestions.confirm_by_operator(Match.objects.waiting().get(), UserFactory())
        assert persons() == are((a, b2), (b,))
        causes = list(Regrouping.objects.order_by("pk").values_list("cause", flat=True))
        assert causes == [RegroupingCause.EMAIL, RegroupingCause.OPERATOR, RegroupingCause.OPERATOR]
        agree(b, True)
        assert persons() == are((a, b2), (b,)), "the one that made room is not joined again by itself"

    def test_an_operator_may_reject_the_newcomer(self, three: list[LinkedAccount]) -> None:
        a, b, b2 = three
        agree(b, True), agree(b2, True)
        suggestions.reject(Match.objects.waiting().get(), UserFactory())
        agree(b2, True)
        assert persons() == are((a, b), (b2,))
        assert not suggested()

    def test_two_accounts_of_one_platform_are_not_even_compared(self) -> None:
        shop = platform()
        account_with(ANN, platform=shop)
        agree(account_with(ANN, platform=shop), True)
        assert not suggested()


class TestTheHouse:
    """On our own pages an address counts once its owner has shown that it is theirs."""

    def own(self, verified: bool = True, consent: bool | None = None) -> LinkedAccount:
        user = UserFactory(email=ANN)
        EmailAddress.objects.create(user=user, email=ANN.title(), verified=verified, primary=True)
        account = house_contacts.refresh(user)
        LinkedAccount.objects.filter(pk=account.pk).update(cross_platform=consent)
        return account

    def test_a_verified_address_joins_who_agrees(self) -> None:
        elsewhere, own = account_with(ANN), self.own(consent=True)
        look()
        assert persons() == are((elsewhere, own))

    def test_an_address_that_is_not_verified_is_no_contact(self) -> None:
        account_with(ANN), self.own(verified=False, consent=True)
        look()
        assert len(persons()) == 2
        assert not suggested()

    def test_who_has_not_been_asked_is_asked(self) -> None:
        elsewhere, own = account_with(ANN), self.own()
        look()
        assert suggested() == [(elsewhere.pk, own.pk)]
        assert [each[1:] for each in suggestions.for_person(own)] == [(own, elsewhere)]

    def test_who_has_refused_is_not_asked(self) -> None:
        account_with(ANN), self.own(consent=False)
        look()
        assert not suggested()

    def test_an_address_given_up_counts_no_more(self) -> None:
        own = self.own(consent=True)
        look()
        EmailAddress.objects.all().delete()
        agree(account_with(ANN), True)
        own.refresh_from_db()
        assert own.email_digest == ""
        assert len(persons()) == 2


class TestWhoIsAsked:
    def test_only_the_owner_of_the_verified_contact(self) -> None:
        claimer, owner = account_with(ANN, verified=False), account_with(ANN)
        agree(owner, True)
        assert [each[1:] for each in suggestions.for_person(owner)] == [(owner, claimer)]
        assert not suggestions.for_person(claimer), "whoever claims an address is told nothing of its owner"

    def test_nobody_where_the_other_does_not_agree_any_more(self) -> None:
        claimer, owner = account_with(ANN, verified=False), account_with(ANN)
        agree(owner, True)
        LinkedAccount.objects.filter(pk=claimer.pk).update(cross_platform=None)
        assert not suggestions.for_person(owner)

    def test_the_person_agrees_by_confirming(self) -> None:
        claimer, owner = account_with(ANN, verified=False), account_with(ANN)
        agree(owner, True)
        LinkedAccount.objects.filter(pk=owner.pk).update(cross_platform=None)
        user = UserFactory()
        suggestions.confirm_by_person(Match.objects.get(), owner, user)
        assert persons() == are((claimer, owner))
        entry = Regrouping.objects.get()
        assert (entry.cause, entry.user) == (RegroupingCause.PERSON, user)
        assert owner.consent_history.latest("pk").source == ConsentSource.PERSON
        assert not claimer.consent_history.exists(), "nobody agrees in the name of an account not shown to be theirs"
        assert Match.objects.get().state == MatchState.CONFIRMED
