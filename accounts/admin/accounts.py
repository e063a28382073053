"""Persons, their accounts, and what they agreed to."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import Consent, ConsentSource, LinkedAccount, Person, Purpose, RegroupingCause
from accounts.services import consents, linking
from accounts.services.regrouping import Origin
from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin, go_to, link, question
from crossmarket.foundation.pretty import pretty_json

IN_SHORT = {
    Purpose.PROFILING: _("profile"),
    Purpose.RECOMMENDATION: _("recommendations"),
    Purpose.CROSS_PLATFORM: _("joining"),
    Purpose.MARKETING: _("marketing"),
}


class JoinedFilter(admin.SimpleListFilter):
    """Persons on one platform only, or on several."""

    title = _("platforms")
    parameter_name = "joined"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("yes", _("on several platforms")), ("no", _("on one platform"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Person]) -> QuerySet[Person]:
        """The persons chosen."""
        if self.value() not in ("yes", "no"):
            return queryset
        counted = LinkedAccount.objects.values("person").annotate(accounts=Count("id"))
        joined = counted.filter(accounts__gt=1).values("person")
        return queryset.filter(pk__in=joined) if self.value() == "yes" else queryset.exclude(pk__in=joined)


class AccountInline(TabularInline):
    """The accounts of a person."""

    model = LinkedAccount
    fields = readonly_fields = ("account", *(f"may_{purpose}" for purpose in Purpose), "created_at")
    extra = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = _("Accounts and what counts for each purpose now")

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Accounts come from their platforms."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Consent is stated on the account's own page."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[LinkedAccount]:
        """With their platforms."""
        return super().get_queryset(request).select_related("platform").order_by("pk")

    @display(description=_("account"))
    def account(self, account: LinkedAccount) -> SafeString:
        """A way to the account."""
        return link(reverse("admin:accounts_linkedaccount_change", args=[account.pk]), account)

    @display(description=_("profile"))
    def may_profiling(self, account: LinkedAccount) -> SafeString:
        """What counts for profiles."""
        return standing(account, Purpose.PROFILING)

    @display(description=_("recommendations"))
    def may_recommendation(self, account: LinkedAccount) -> SafeString:
        """What counts for recommendations."""
        return standing(account, Purpose.RECOMMENDATION)

    @display(description=_("joining"))
    def may_cross_platform(self, account: LinkedAccount) -> SafeString:
        """What counts for joining with other platforms."""
        return standing(account, Purpose.CROSS_PLATFORM)

    @display(description=_("marketing"))
    def may_marketing(self, account: LinkedAccount) -> SafeString:
        """What counts for offers and messages."""
        return standing(account, Purpose.MARKETING)


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    """Humans across platforms, with everything their accounts did in one line of time."""

    list_display = ("__str__", "on_platforms", "created_at")
    list_filter = (JoinedFilter, ("accounts__platform", RelatedDropdownFilter))
    list_filter_sheet = True
    search_fields = ("accounts__external_id__startswith",)
    search_help_text = _("The beginning of a user id on a platform, or a person's id")
    ordering = ("-created_at", "pk")
    list_per_page = 50
    show_full_result_count = False
    fields = ("id", "created_at")
    inlines = (AccountInline,)
    change_form_after_template = "admin/accounts/person/timeline.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        """With their accounts."""
        return super().get_queryset(request).prefetch_related("accounts__platform")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Person], search_term: str
    ) -> tuple[QuerySet[Person], bool]:
        """By the id of the person too, whole or its first digits as lists show them."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        words = search_term.strip().lower()
        if len(words) >= 8 and set(words) <= set("0123456789abcdef-"):
            first = f"{words[:8]}{'-0000-0000-0000-000000000000'}"
            last = f"{words[:8]}{'-ffff-ffff-ffff-ffffffffffff'}"
            if "-" not in words[:8]:
                found = (found | queryset.filter(pk__gte=first, pk__lte=last)).distinct()
        return found, may_repeat

    @display(description=_("accounts"))
    def on_platforms(self, person: Person) -> SafeString:
        """The accounts in short."""
        return format_html_join(" ", '<span class="desk-chip">{}</span>', ((each,) for each in person.accounts.all()))


class StandingForm(forms.ModelForm):
    """An account's consents as an operator may state them, with the policy that the person agreed to."""

    policy_version = forms.CharField(
        label=_("policy version"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = LinkedAccount
        fields = tuple(Purpose.values)

    def clean(self) -> dict[str, Any]:
        """What was stated can be stated otherwise, not unsaid."""
        for purpose in Purpose.values:
            if purpose in self.changed_data and self.cleaned_data.get(purpose) is None:
                self.add_error(purpose, _("This has been stated already. Say yes or no."))
        return self.cleaned_data


@admin.register(LinkedAccount)
class LinkedAccountAdmin(LongTable):
    """Accounts on platforms. An operator may state consents for a person who asks, and separate an account."""

    form = StandingForm
    list_display = ("external_id", "platform", "owner", "what_counts", "created_at")
    list_select_related = ("platform", "person")
    list_filter = (("platform", RelatedDropdownFilter),)
    list_filter_sheet = True
    search_fields = ("external_id__startswith",)
    search_help_text = _("The beginning of the user id on the platform")
    ordering = ("-pk",)
    readonly_fields = ("platform", "external_id", "owner", "told_traits", "created_at", "history")
    fieldsets = (
        (None, {"fields": ("platform", "external_id", "owner", "created_at", "told_traits")}),
        (_("Consents"), {"fields": (*Purpose.values, "policy_version", "history")}),
    )
    actions_detail = ("separate",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Accounts come from their platforms."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Erasing a person is a deed of its own."""
        return False

    def save_model(self, request: HttpRequest, obj: LinkedAccount, form: forms.ModelForm, change: bool) -> None:
        """State what was changed, in the operator's name."""
        statement = {Purpose(name): form.cleaned_data[name] for name in form.changed_data if name in Purpose.values}
        if statement:
            consents.state_consents(obj, statement, form.cleaned_data["policy_version"], ConsentSource.OPERATOR)

    @display(description=_("person"), ordering="person")
    def owner(self, account: LinkedAccount) -> SafeString:
        """A way to the person."""
        return link(reverse("admin:accounts_person_change", args=[account.person_id]), account.person)

    @display(description=_("what counts now"))
    def what_counts(self, account: LinkedAccount) -> SafeString:
        """All four purposes in short."""
        return format_html_join("", "{}", ((standing(account, purpose, IN_SHORT[purpose]),) for purpose in Purpose))

    @display(description=_("what the platform tells"))
    def told_traits(self, account: LinkedAccount) -> SafeString:
        """The traits, readable."""
        return pretty_json(account.traits)

    @display(description=_("history"))
    def history(self, account: LinkedAccount) -> SafeString:
        """What was stated, the latest first."""
        rows = (
            (
                localtime(row.stated_at),
                _("yes") if row.granted else _("no"),
                row.purpose.label,
                row.source.label,
                row.policy_version,
            )
            for row in consents.consent_history(account, most=50)
        )
        lines = format_html_join("", "<li><time>{:%Y-%m-%d %H:%M}</time> {} · {} · {} {}</li>", rows)
        return format_html('<ol class="desk-log">{}</ol>', lines) if lines else SafeString("-")

    @action(
        description=_("Separate from the person"),
        icon="link_off",
        permissions=["change"],
        dialog=question(
            _("Separate this account?"),
            _("It becomes a person of its own. Its events stay with it; nothing of them is changed."),
            _("Separate"),
        ),
    )
    def separate(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Take the account out of the person it shares with others."""
        account = get_object_or_404(LinkedAccount, pk=object_id)
        before = account.person_id
        linking.leave(account, Origin(RegroupingCause.OPERATOR, request.user))
        account.refresh_from_db()
        if account.person_id == before:
            messages.info(request, _("This person has no other account."))
        else:
            messages.success(request, _("The account is a person of its own now."))
        return go_to(request, reverse("admin:accounts_linkedaccount_change", args=[object_id]))


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin, LongTable):
    """Every statement there ever was."""

    list_display = ("stated_at", "account", "purpose", "granted", "source", "policy_version")
    list_select_related = ("account__platform",)
    list_filter = (("purpose", ChoicesDropdownFilter), "granted", ("source", ChoicesDropdownFilter))
    list_filter_sheet = True
    search_fields = ("account__external_id__startswith",)
    search_help_text = _("The beginning of the user id on the platform")
    ordering = ("-pk",)
    fields = ("account", "purpose", "granted", "source", "policy_version", "stated_at")


def standing(account: LinkedAccount, purpose: Purpose, label: Promise | str = "") -> SafeString:
    """Whether the purpose is agreed to, and whether by a statement or only by the platform's default."""
    stated, granted = getattr(account, purpose) is not None, account.consents_to(purpose)
    return format_html(
        '<span class="desk-consent {} {}" title="{}: {} ({})">{} {}</span>',
        "desk-yes" if granted else "desk-no",
        "" if stated else "desk-by-default",
        purpose.label,
        _("yes") if granted else _("no"),
        _("stated") if stated else _("platform's default"),
        "✓" if granted else "✗",
        label or (_("yes") if granted else _("no")),
    )
