"""Profiles as they were built, the models behind them, and building them anew."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from accounts.models import LinkedAccount, Person
from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin, go_to, link, question
from crossmarket.foundation.pretty import pretty_json
from profiles.description import DAYPARTS, TIERS
from profiles.modeling.drift import SHIFTED, STABLE
from profiles.models import Profile, ProfileModel
from profiles.portrait_view import shown
from profiles.profiling.building import enqueue_build
from profiles.profiling.reading import portraits_of_person

MAY_BUILD = "profiles.add_profilemodel"


class BuildsProfiles(ReadOnlyAdmin):
    """A list from which all profiles can be built anew."""

    actions_list = ("build_now",)

    def has_build_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this user may have profiles built."""
        return request.user.has_perm(MAY_BUILD)

    @action(
        description=_("Build all profiles"),
        icon="refresh",
        permissions=["build"],
        dialog=question(
            _("Build all profiles now?"),
            _("A worker learns from all who agree to it and builds every profile anew, as it does each night."),
            _("Build"),
        ),
    )
    def build_now(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Let a worker build all profiles."""
        job = enqueue_build()
        messages.success(request, _("The profiles wait for a worker; follow it here."))
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))


@admin.register(Profile)
class ProfileAdmin(BuildsProfiles, LongTable):
    """Profiles as the last building left them; the page of a person tells them as of now."""

    list_display = ("account", "owner", "habit", "tier", "spends_above", "events", "fresh_at")
    list_select_related = ("account__platform", "account__person")
    search_fields = ("account__external_id__startswith",)
    search_help_text = _("The beginning of the user id on the platform")
    ordering = ("pk",)
    fields = ("account", "owner", "account_ids", "model", "fresh_at", "readable", "vector")
    readonly_fields = ("owner", "readable")
    actions_list = ("build_now",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Those that may be used now."""
        return Profile.objects.standing().select_related(*self.list_select_related)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The fragment that a person's page fetches."""
        return (("of-person/<uuid:person>/", "profiles_profile_portraits", portraits),)

    @display(description=_("person"))
    def owner(self, profile: Profile) -> SafeString:
        """A way to the person."""
        person = profile.account.person
        return link(reverse("admin:accounts_person_change", args=[person.pk]), person)

    @display(description=_("learns"))
    def habit(self, profile: Profile) -> Any:
        """The part of the day."""
        return DAYPARTS.get(profile.traits["hours"]["habit"])

    @display(description=_("spending"))
    def tier(self, profile: Profile) -> Any:
        """The tier."""
        return TIERS.get(profile.traits["spending"]["tier"])

    @display(description=_("spends above"))
    def spends_above(self, profile: Profile) -> str | None:
        """The share of members who spent less."""
        percentile = profile.traits["spending"]["percentile"]
        return None if percentile is None else f"{percentile:.0%}"

    @display(description=_("events"))
    def events(self, profile: Profile) -> int:
        """How many there were."""
        return profile.traits["events"]

    @display(description=_("traits"))
    def readable(self, profile: Profile) -> SafeString:
        """All traits."""
        return pretty_json(profile.traits)


@admin.register(ProfileModel)
class ProfileModelAdmin(BuildsProfiles):
    """What profiles were told with, and how much the members had changed since the one before."""

    list_display = ("__str__", "persons", "courses", "explains", "change", "completed_at")
    ordering = ("-number",)
    fields = ("number", "persons", "courses", "topics", "explains", "readable_drift", "made_by", "created_at",
              "completed_at")  # fmt: skip
    readonly_fields = ("explains", "readable_drift", "made_by")

    @display(description=_("explained variance"))
    def explains(self, version: ProfileModel) -> str:
        """How much of the features' variance the vectors keep."""
        return f"{sum(version.explained):.0%}"

    @display(description=_("change of members"), label={"stable": "success", "moving": "warning", "shifted": "danger"})
    def change(self, version: ProfileModel) -> tuple[str, str]:
        """The largest population stability index against the model before."""
        largest = version.largest_drift
        state = "stable" if largest < STABLE else "moving" if largest < SHIFTED else "shifted"
        return state, f"{largest:.3f}"

    @display(description=_("drift"))
    def readable_drift(self, version: ProfileModel) -> SafeString:
        """The index of each feature."""
        return pretty_json(version.drift)

    @display(description=_("made by"))
    def made_by(self, version: ProfileModel) -> SafeString | None:
        """The job that built it."""
        if version.job is None:
            return None
        return link(reverse("admin:foundation_job_change", args=[version.job_id]), version.job)


def portraits(request: HttpRequest, person: uuid.UUID, model_admin: ProfileAdmin) -> HttpResponse:
    """The fragment: what is known of a person now, accounts that are not to be joined apart."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    found = portraits_of_person(get_object_or_404(Person, pk=person).pk)
    accounts = LinkedAccount.objects.select_related("platform").in_bulk(
        [pk for each in found for pk in each.account_ids]
    )
    told = [(shown(each), [accounts[pk] for pk in each.account_ids if pk in accounts]) for each in found]
    return render(request, "admin/profiles/profile/portraits.html", {"portraits": told})
