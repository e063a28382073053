"""Four eyes: a batch goes live by another person than those who made it ready."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from crossmarket.foundation import audit
from crossmarket.staff_groups import marketers
from promotions.models import BatchState, CouponBatch
from promotions.services import publishing
from promotions.services.publishing import CannotChange
from tests.factories import CouponBatchFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def four_eyes(settings) -> None:
    settings.FOUR_EYES = True


def marketer() -> User:
    user = UserFactory(is_staff=True)
    user.groups.add(marketers())
    return user


def handed_in(by: User) -> CouponBatch:
    return publishing.move(CouponBatchFactory(state=BatchState.DRAFT), BatchState.REVIEW, by)


def test_another_person_approves():
    batch = handed_in(marketer())
    assert publishing.move(batch, BatchState.LIVE, marketer()).state == BatchState.LIVE


def test_who_handed_it_in_cannot_approve_it_even_by_the_verb():
    author = marketer()
    batch = handed_in(author)
    with pytest.raises(CannotChange):
        publishing.move(batch, BatchState.LIVE, author)


def test_who_changed_it_since_cannot_approve_it():
    batch, changer = handed_in(marketer()), marketer()
    audit.record_about(batch, changer, audit.CHANGED, {"budget": [100, 1_000_000]})
    with pytest.raises(CannotChange):
        publishing.move(batch, BatchState.LIVE, changer)


def test_who_changed_it_before_it_was_handed_in_once_more_may_approve():
    first, second = marketer(), marketer()
    batch = publishing.move(handed_in(first), BatchState.DRAFT, second)
    batch = publishing.move(batch, BatchState.REVIEW, second)
    assert publishing.move(batch, BatchState.LIVE, first).state == BatchState.LIVE


def test_neither_a_program_nor_somebody_without_the_permission_approves():
    batch, changes_only = handed_in(marketer()), UserFactory(is_staff=True)
    changes_only.user_permissions.add(Permission.objects.get(codename="change_couponbatch"))
    for actor in (None, changes_only):
        with pytest.raises(CannotChange):
            publishing.move(batch, BatchState.LIVE, actor)


def test_a_pause_ends_without_another_approval():
    author = marketer()
    batch = CouponBatchFactory(state=BatchState.PAUSED)
    assert publishing.move(batch, BatchState.LIVE, author).state == BatchState.LIVE


def test_the_desk_says_why_not(client: Client):
    author = marketer()
    batch = handed_in(author)
    client.force_login(author)
    url = reverse("admin:promotions_couponbatch_start", args=[batch.pk])
    page = client.post(url, {"_form_submitted": "on"}, follow=True).content.decode()
    batch.refresh_from_db()
    assert batch.state == BatchState.REVIEW
    assert str(publishing.OTHER_PERSON) in page


def test_without_the_setting_one_person_is_enough(settings):
    settings.FOUR_EYES = False
    author = marketer()
    assert publishing.move(handed_in(author), BatchState.LIVE, author).state == BatchState.LIVE
