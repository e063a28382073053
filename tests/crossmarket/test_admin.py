"""The desk as a whole: every page opens, quickly, and only for those who may see it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import KeyKind, LinkedAccount, User
from accounts.services.keys import issue_key
from campaigns.models import Blocked, Grant, MessageKind, OutreachPolicy, Parcel, RewardKind
from campaigns.services.checking_in import check_in
from campaigns.services.drawing import draw
from campaigns.services.outreach import Words, queue
from crossmarket import staff_groups
from crossmarket.foundation import audit
from tests.factories import (
    ArmFactory,
    CampaignFactory,
    ClaimLinkFactory,
    ClusteringFactory,
    ConsentFactory,
    CouponFactory,
    DeliveryFactory,
    ErasureFactory,
    EventFactory,
    ExclusiveContentFactory,
    ExploredPlacementFactory,
    ExportFactory,
    FileImportFactory,
    JobFactory,
    LinkedAccountFactory,
    MatchFactory,
    ModelVersionFactory,
    OfferFactory,
    PlacementFactory,
    PlatformMappingFactory,
    ProfileFactory,
    QualityDayFactory,
    RecommendationFactory,
    RedemptionFactory,
    RegroupingFactory,
    RejectedEventFactory,
    SearchFactory,
    SegmentFactory,
    UserFactory,
    running_lottery,
)

ROWS = 12
MOST_QUERIES = 25
"""For any page, however many rows it shows."""

MODELS = [pytest.param(model, id=model._meta.label) for model in admin.site._registry]


@pytest.fixture
def world(db: None) -> None:
    """A dozen rows in every table that the desk shows."""
    for _row in range(ROWS):
        account = EventFactory().account
        LinkedAccountFactory(person=account.person)
        ConsentFactory(account=account)
        RejectedEventFactory()
        QualityDayFactory()
        PlatformMappingFactory()
        FileImportFactory()
        ProfileFactory(account=account)
        JobFactory()
        RecommendationFactory(account=account, model=ModelVersionFactory())
        ExploredPlacementFactory()
        PlacementFactory()
        SearchFactory()
        CouponFactory()
        ClaimLinkFactory()
        ExclusiveContentFactory()
        _campaigns(account)
        RedemptionFactory(account=account)
        OfferFactory(account=account)
        ArmFactory()
        ClusteringFactory()
        audit.record_about(ArmFactory(), UserFactory(), audit.CHANGED, {"name": ["a", "b"]})
        DeliveryFactory()
        RegroupingFactory()
        MatchFactory()
        SegmentFactory()
        ErasureFactory()
        ExportFactory(account=account)
    Group.objects.create(name="运营")


def _campaigns(account: LinkedAccount) -> None:
    """A row in each table of campaigns."""
    check_ins, lottery = CampaignFactory(), running_lottery([{}])
    check_in(account.platform, account.external_id, check_ins.pk)
    Grant.objects.create(campaign=check_ins, account=account, reason="gift", reward=RewardKind.THANKS)
    drawn = draw(account.platform, account.external_id, lottery.pk).draw
    Parcel.objects.create(draw=drawn, account=account, recipient="李", phone="1", address="路 1")
    queue(account, MessageKind.CAMPAIGN, "hello", Words("你好"))
    OutreachPolicy.objects.get_or_create(pk=1)
    Blocked.objects.create(account=LinkedAccountFactory(), why="many accounts")


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens_with_few_queries(
    world: None, admin_client: Client, django_assert_max_num_queries: Callable[[int], Any], model: type[Model]
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        response = admin_client.get(page(model, "changelist"))
    assert response.status_code == 200
    assert len(response.context["cl"].result_list) >= 1


@pytest.mark.parametrize("model", MODELS)
def test_every_list_can_be_searched(world: None, admin_client: Client, model: type[Model]) -> None:
    for words in ("课程", "0123abcd-", "a b c d", "%_\\'\""):
        assert admin_client.get(page(model, "changelist"), {"q": words}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_every_row_opens_with_few_queries(
    world: None, admin_client: Client, django_assert_max_num_queries: Callable[[int], Any], model: type[Model]
) -> None:
    row = model._default_manager.order_by("pk").first()
    with django_assert_max_num_queries(MOST_QUERIES):
        assert admin_client.get(page(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_adding_is_a_page_or_forbidden_never_an_error(admin_client: Client, model: type[Model]) -> None:
    may_add = admin.site._registry[model].has_add_permission(_request_of_superuser())
    assert admin_client.get(page(model, "add")).status_code == (200 if may_add else 403)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_desk_speaks_both_languages(world: None, admin_client: Client, language: str) -> None:
    admin_client.post(reverse("set_language"), {"language": language})
    response = admin_client.get(reverse("admin:index"))
    assert response.headers["Content-Language"] == language
    assert f'lang="{language}"' in response.content.decode()


def test_staff_without_permissions_see_no_lists(client: Client, world: None) -> None:
    client.force_login(UserFactory(is_staff=True))
    response = client.get(reverse("admin:index"))
    assert response.status_code == 200
    assert not response.context["figures"]
    assert [len(group["items"]) for group in response.context["sidebar_navigation"]] == [1]
    for parameter in MODELS:
        (model,) = parameter.values
        assert client.get(page(model, "changelist")).status_code == 403


def test_learners_do_not_get_in(client: Client, db: None) -> None:
    client.force_login(UserFactory())
    response = client.get(reverse("admin:index"), follow=True)
    assert response.status_code == 403


def test_the_desk_has_no_door_of_its_own(client: Client, db: None) -> None:
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


class TestMarketers:
    """What the group of marketers may do."""

    @pytest.fixture
    def marketer(self, client: Client, world: None) -> Client:
        user = UserFactory(is_staff=True)
        user.groups.add(staff_groups.marketers())
        client.force_login(user)
        return client

    def test_they_see_people_courses_events_models_and_jobs(self, marketer: Client) -> None:
        for name in (
            "accounts_person",
            "profiles_course",
            "profiles_event",
            "recommend_modelversion",
            "foundation_job",
        ):
            assert marketer.get(reverse(f"admin:{name}_changelist")).status_code == 200

    def test_they_do_not_see_users(self, marketer: Client) -> None:
        assert marketer.get(reverse("admin:accounts_user_changelist")).status_code == 403

    def test_they_get_no_keys_and_no_secrets(self, marketer: Client) -> None:
        platform = LinkedAccount.objects.first().platform
        assert platform.signing_secret not in marketer.get(page(type(platform), "change", platform.pk)).content.decode()
        assert marketer.post(reverse("admin:accounts_platform_secret", args=[platform.pk])).status_code == 403
        assert marketer.get(reverse("admin:accounts_platform_new_key", args=[platform.pk])).status_code == 403
        key = issue_key(platform, KeyKind.SECRET).key
        page_of_platform = marketer.get(page(type(platform), "change", platform.pk)).content.decode()
        assert reverse("admin:accounts_key_revoke", args=[key.pk]) not in page_of_platform
        assert marketer.post(reverse("admin:accounts_key_revoke", args=[key.pk])).status_code == 403

    def test_the_group_stays_as_administrators_shape_it(self, db: None) -> None:
        staff_groups.marketers().permissions.clear()
        assert not staff_groups.marketers().permissions.exists()


def _request_of_superuser() -> Any:
    class Request:
        user = User(is_superuser=True, is_active=True, is_staff=True)

    return Request()
