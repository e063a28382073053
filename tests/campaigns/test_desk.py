"""The desk of campaigns."""

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.admin.campaigns import CampaignAdmin
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


def test_what_is_counted_while_a_form_is_open_stays_counted(admin_client, monkeypatch):
    campaign = CampaignFactory(points_budget=100)
    save_form = CampaignAdmin.save_form

    def while_points_are_given(self, request, form, change):
        Campaign.objects.filter(pk=campaign.pk).update(points_given=40, state=CampaignState.PAUSED)
        return save_form(self, request, form, change)

    monkeypatch.setattr(CampaignAdmin, "save_form", while_points_are_given)
    below = {
        f"{name}-{what}": "0" for name in ("check_in_plan", "milestones") for what in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    page = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    assert admin_client.post(page, {"name": "another name", "description": "", **below}).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.name, campaign.points_given, campaign.state) == ("another name", 40, CampaignState.PAUSED)
