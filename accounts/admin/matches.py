"""Accounts that may be one person: what speaks for it and against, and deciding."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from accounts.admin.accounts import standing as consent_of
from accounts.match_words import speaks_against, speaks_for
from accounts.models import LinkedAccount, Match, MatchState, Purpose
from accounts.services import suggesting, suggestions
from crossmarket.foundation.desk import LongTable, ReadOnlyAdmin, go_to, link, question
from crossmarket.foundation.pretty import pretty_json

MATCH_REFUSALS = {
    "already_decided": _("This was decided already."),
    "consent_required": _("One of the accounts has not agreed to be joined with others."),
    "platform_already_linked": _("This person has another account on one of the platforms already."),
}
COLOURS = {MatchState.WAITING: "info", MatchState.CONFIRMED: "success", MatchState.APART: "danger"}


@admin.register(Match)
class MatchAdmin(ReadOnlyAdmin, LongTable):
    """Pairs of accounts, the likeliest first; those who may change them can confirm or reject."""

    list_display = ("pair", "likely", "pro", "contra", "conflict", "state_label", "found_at")
    list_select_related = ("first__platform", "second__platform")
    list_filter = (("state", ChoicesDropdownFilter), "is_conflict", "by_contact")
    list_filter_sheet = True
    search_fields = ("first__external_id__startswith", "second__external_id__startswith")
    search_help_text = _("The beginning of the user id on the platform")
    ordering = ("-score", "-pk")
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("likely", "pro", "contra", "conflict", "state", "found_at")}),
        (_("The older account"), {"fields": ("first_account", "first_consent", "first_traits")}),
        (_("The younger account"), {"fields": ("second_account", "second_consent", "second_traits")}),
        (_("Decision"), {"fields": ("decided_at", "decided_by")}),
    )
    readonly_fields = (
        "likely", "pro", "contra", "conflict", "first_account", "first_consent", "first_traits",
        "second_account", "second_consent", "second_traits",
    )  # fmt: skip
    actions_detail = ("confirm", "reject")
    actions_list = ("look",)

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Those who may change matches, which is otherwise done by nobody, of what is not decided yet."""
        may_change = request.user.has_perm("accounts.change_match")
        return may_change and (object_id is None or Match.objects.waiting().filter(pk=object_id).exists())

    @display(description=_("accounts"))
    def pair(self, match: Match) -> SafeString:
        """Both accounts."""
        return format_html_join(
            " ", '<span class="desk-chip">{}</span>', ((each,) for each in (match.first, match.second))
        )

    @display(description=_("probability"))
    def likely(self, match: Match) -> str:
        """The score in percent."""
        return f"{number_format(100 * match.score, 1)}%" if match.evidence else "-"

    @display(description=_("for it"))
    def pro(self, match: Match) -> str:
        """What speaks for it."""
        return " · ".join(speaks_for(match.evidence)) or "-"

    @display(description=_("against it"))
    def contra(self, match: Match) -> str:
        """What speaks against it."""
        return " · ".join(speaks_against(match.evidence)) or "-"

    @display(description=_("conflict"))
    def conflict(self, match: Match) -> str:
        """Whether a platform would be twice in one person."""
        return str(_("two accounts of one platform")) if match.is_conflict else "-"

    @display(description=_("state"), label={state.value: colour for state, colour in COLOURS.items()})
    def state_label(self, match: Match) -> tuple[str, str]:
        """What was decided."""
        return match.state, match.get_state_display()

    @display(description=_("account"))
    def first_account(self, match: Match) -> SafeString:
        """A way to the older account."""
        return _to(match.first)

    @display(description=_("joining"))
    def first_consent(self, match: Match) -> SafeString:
        """Whether it agrees to be joined."""
        return consent_of(match.first, Purpose.CROSS_PLATFORM)

    @display(description=_("what the platform tells"))
    def first_traits(self, match: Match) -> SafeString:
        """Its traits."""
        return pretty_json(match.first.traits)

    @display(description=_("account"))
    def second_account(self, match: Match) -> SafeString:
        """A way to the younger account."""
        return _to(match.second)

    @display(description=_("joining"))
    def second_consent(self, match: Match) -> SafeString:
        """Whether it agrees to be joined."""
        return consent_of(match.second, Purpose.CROSS_PLATFORM)

    @display(description=_("what the platform tells"))
    def second_traits(self, match: Match) -> SafeString:
        """Its traits."""
        return pretty_json(match.second.traits)

    @action(
        description=_("They are one person"),
        icon="join_inner",
        permissions=["decide"],
        dialog=question(
            _("Join these accounts?"),
            _(
                "Both become one person, and their platforms are told as far as consent allows. Where a platform would "
                "be in that person twice, its account that is not in this pair is separated first. It can be undone."
            ),
            _("Join"),
        ),
    )
    def confirm(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Join the two."""
        return self._decided(request, object_id, suggestions.confirm_by_operator, _("The accounts are one person now."))

    @action(
        description=_("They are not"),
        icon="call_split",
        permissions=["decide"],
        dialog=question(
            _("Keep these accounts apart?"),
            _("They are not suggested again. A link code still joins them, if the person wants that."),
            _("Keep apart"),
        ),
    )
    def reject(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Keep the two apart."""
        return self._decided(request, object_id, suggestions.reject, _("The accounts stay apart."))

    def has_look_permission(self, request: HttpRequest) -> bool:
        """Those who may change matches."""
        return request.user.has_perm("accounts.change_match")

    @action(
        description=_("Look for matches"),
        icon="person_search",
        permissions=["look"],
        dialog=question(
            _("Look for matches now?"),
            _("All accounts that agree to be joined are compared. It is done every night by itself."),
            _("Look"),
        ),
    )
    def look(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """Have a worker compare all accounts."""
        job = suggesting.enqueue_matching()
        return go_to(request, reverse("admin:foundation_job_change", args=[job.pk]))

    def _decided(self, request: HttpRequest, object_id: str, decide: Any, words: Any) -> HttpResponse:
        try:
            decide(get_object_or_404(Match, pk=object_id), request.user)
        except suggestions.MatchRefused as refusal:
            messages.error(request, MATCH_REFUSALS.get(refusal.code, refusal.detail))
        else:
            messages.success(request, words)
        return go_to(request, reverse("admin:accounts_match_change", args=[object_id]))


def _to(account: LinkedAccount) -> SafeString:
    return link(reverse("admin:accounts_linkedaccount_change", args=[account.pk]), account)
