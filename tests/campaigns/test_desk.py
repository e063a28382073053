"""The desk of campaigns."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, CampaignKind, CampaignState
from crossmarket.foundation.models import AuditEntry
from tests.factories import CampaignFactory, PrizeFactory

pytestmark = pytest.mark.django_db

ASKED_AND_ANSWERED = {"_form_submitted": "on"}


def act(browser: Client, name: str, campaign: Campaign) -> int:
    return browser.post(reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk]), ASKED_AND_ANSWERED).status_code


def test_a_campaign_is_led_through_its_life(admin_client):
    campaign = CampaignFactory(state=CampaignState.DRAFT, kind=CampaignKind.LOTTERY)
    PrizeFactory(campaign=campaign)
    for name, state in (("schedule", "scheduled"), ("run", "running"), ("pause", "paused"), ("end", "ended")):
        assert act(admin_client, name, campaign) == 302
        campaign.refresh_from_db()
        assert campaign.state == state
    told = AuditEntry.objects.about(campaign).order_by("pk").values_list("changes__state__1", flat=True)
    assert list(told) == ["scheduled", "running", "paused", "ended"]
    assert act(admin_client, "copy", campaign) == 302
    assert Campaign.objects.filter(state=CampaignState.DRAFT).count() == 1


def test_the_terms_cannot_be_changed_any_more_once_it_is_scheduled(admin_client):
    campaign = CampaignFactory(kind=CampaignKind.LOTTERY)
    PrizeFactory(campaign=campaign)
    page = admin_client.get(reverse("admin:campaigns_campaign_change", args=[campaign.pk])).content.decode()
    assert 'name="prizes-0-weight"' not in page
    assert 'name="description"' in page


def test_a_plan_that_is_not_whole_is_told(admin_client):
    campaign = CampaignFactory(state=CampaignState.DRAFT, kind=CampaignKind.LOTTERY)
    act(admin_client, "schedule", campaign)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
