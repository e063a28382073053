"""The job that looks for accounts that resemble one another."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import ConsentSource, LinkedAccount, Match, Purpose, Regrouping
from accounts.services import contact_matching, linking, match_queue, suggesting, suggestions
from accounts.services.consents import state_consents
from accounts.services.suggestions import Found
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles import learning_likeness
from tests.accounts.joined import account_with, agreeing_account, are, join, persons
from tests.factories import EventFactory, PlatformFactory, UserFactory
from tests.waiting import PATIENCE, wait_for_somebody_to_wait

pytestmark = pytest.mark.django_db

ANN = {"name": "欧阳小鹿", "city": "杭州", "birth_year": 1990, "language": "zh", "device_ids": ["d-1"]}


@pytest.fixture
def crowd() -> None:
    """Others on three platforms, so that some things are common and some are rare."""
    for platform in (PlatformFactory() for _ in range(3)):
        for number in range(30):
            name = f"学习者{platform.slug}{number}"
            told = {"city": f"城{number % 5}", "birth_year": 1960 + number, "language": "zh", "device_ids": [name]}
            agreeing_account(platform=platform, traits={"name": name, **told})


def look() -> dict[str, Any]:
    job = jobs.run(suggesting.enqueue_matching(to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    return job.result


def suggested() -> list[tuple[int, int]]:
    return list(Match.objects.waiting().values_list("first", "second"))


@pytest.fixture
def pair(crowd: None) -> tuple[LinkedAccount, LinkedAccount]:
    """Two accounts of the same person, as far as one can tell."""
    return agreeing_account(traits=ANN), agreeing_account(traits={**ANN, "city": "宁波"})


def test_who_resembles_is_suggested_with_a_probability_and_reasons(pair: tuple[LinkedAccount, LinkedAccount]) -> None:
    assert look()["suggested"] == 1
    match = Match.objects.get()
    assert (match.first, match.second) == pair
    assert 0.5 <= match.score < 1
    told = {name: (level, bits) for name, level, bits in match.evidence}
    assert told["name"][0] == told["device"][0] == "same"
    assert told["name"][1] > 0 > told["city"][1]
    assert persons() >= are(*[(each,) for each in pair]), "resemblance joins nobody"


def test_what_two_accounts_learn_speaks_too(pair: tuple[LinkedAccount, LinkedAccount]) -> None:
    for account in pair:
        for _ in range(6):
            EventFactory(
                account=account, platform=account.platform, course__category="物理", course__platform=account.platform
            )
    LinkedAccount.objects.filter(pk__in=[each.pk for each in pair]).update(profiling=True)
    assert learning_likeness.learning_of([each.pk for each in pair]) == {each.pk: {"物理": 1.0} for each in pair}
    look()
    assert ["learning", "same"] in [each[:2] for each in Match.objects.get().evidence]
    LinkedAccount.objects.filter(pk=pair[0].pk).update(profiling=False)
    look()
    assert "learning" not in [each[0] for each in Match.objects.get().evidence], "without consent it is not looked at"


def test_who_does_not_agree_is_not_compared(pair: tuple[LinkedAccount, LinkedAccount]) -> None:
    LinkedAccount.objects.filter(pk=pair[0].pk).update(cross_platform=None)
    look()
    assert not suggested()


@pytest.mark.django_db(transaction=True)
def test_who_withdraws_at_that_moment_is_not_suggested() -> None:
    first, second = agreeing_account(), agreeing_account()
    has_withdrawn = threading.Event()

    def withdraw() -> None:
        try:
            with transaction.atomic():
                state_consents(first, {Purpose.CROSS_PLATFORM: False}, "1", ConsentSource.PERSON)
                has_withdrawn.set()
                wait_for_somebody_to_wait()
        finally:
            connection.close()

    person = threading.Thread(target=withdraw)
    person.start()
    assert has_withdrawn.wait(PATIENCE)
    suggestions.suggest_found([Found(first.pk, second.pk, 0.9, [("name", "same", 9.0)])])
    person.join()
    assert not suggested()


def test_what_was_rejected_is_not_suggested_again(pair: tuple[LinkedAccount, LinkedAccount]) -> None:
    look()
    suggestions.reject(Match.objects.get(), UserFactory())
    assert look()["suggested"] == 0
    assert not suggested()


def test_nor_who_was_separated(pair: tuple[LinkedAccount, LinkedAccount]) -> None:
    linking.undo(join(*pair))
    look()
    assert not suggested()


def test_what_is_not_found_any_more_is_taken_back(pair: tuple[LinkedAccount, LinkedAccount]) -> None:
    look()
    LinkedAccount.objects.filter(pk=pair[0].pk).update(traits={"name": "别人"})
    look()
    assert not suggested()


def test_a_shared_contact_is_one_more_reason_and_stays_when_nothing_else_speaks(crowd: None) -> None:
    one = account_with("ann@example.com", verified=False, traits=ANN)
    other = account_with("ann@example.com", traits=ANN)
    match_queue.add([other.pk])
    contact_matching.look()
    look()
    match = Match.objects.get()
    assert match.by_contact
    assert {"email", "name", "device"} <= {each[0] for each in match.evidence}
    LinkedAccount.objects.update(traits={})
    look()
    assert suggested() == [(one.pk, other.pk)]


def test_two_accounts_of_one_platform_in_one_person_are_a_conflict(pair: tuple[LinkedAccount, LinkedAccount]) -> None:
    standing = agreeing_account(platform=pair[1].platform)
    join(pair[0], standing)
    look()
    match = Match.objects.get()
    assert match.is_conflict
    suggestions.confirm_by_operator(match, UserFactory())
    assert persons() >= are(pair, (standing,))
    assert Regrouping.objects.undoable().count() == 1


def test_nobody_at_all_is_no_failure() -> None:
    assert look() == {"accounts": 0, "pairs": 0, "suggested": 0}


def test_the_work_is_bounded_for_each_account(crowd: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(60):
        assert look()["pairs"] < 90 * 30


def test_an_operator_starts_it(admin_client: Client) -> None:
    answer = admin_client.post(reverse("admin:accounts_match_look"), {"_form_submitted": "on"})
    assert answer.status_code == 302
    assert Job.objects.get().kind == suggesting.MATCH
