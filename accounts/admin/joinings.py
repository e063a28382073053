"""The log of who was joined and separated, and undoing."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from accounts.models import RegroupedAccount, Regrouping, RegroupingKind
from accounts.services import linking
from crossmarket.foundation.desk import DayRangeFilter, LongTable, ReadOnlyAdmin, ReadOnlyInline, go_to, link, question

UNDO_REFUSALS = {
    "not_a_joining": _("Only a joining can be undone. To take back a separation, join the accounts again."),
    "already_undone": _("This joining was undone already."),
    "nothing_left": _(
        "An account through which this joining came about was separated or erased since, so that nothing of it is left "
        "to undo. Separate accounts one by one instead."
    ),
    "sides_unknown": _(
        "It is not known any more to which of the two sides some of the accounts belong, since an account through "
        "which they were joined was erased. Separate the accounts one by one instead."
    ),
}
COLOURS = {RegroupingKind.JOINED: "success", RegroupingKind.SEPARATED: "warning"}


class AccountInline(ReadOnlyInline):
    """The accounts that were joined or separated, and who they were before and after."""

    model = RegroupedAccount
    fields = readonly_fields = ("to_account", "before", "after", "is_end")
    verbose_name_plural = _("Accounts, and the person each was before and after")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegroupedAccount]:
        """With their platforms."""
        return super().get_queryset(request).select_related("account__platform").order_by("account_id")

    @display(description=_("account"))
    def to_account(self, row: RegroupedAccount) -> SafeString:
        """A way to the account."""
        return link(reverse("admin:accounts_linkedaccount_change", args=[row.account_id]), row.account)

    @display(description=_("person before"))
    def before(self, row: RegroupedAccount) -> str:
        """The person it was."""
        return str(row.person_before)[:8]

    @display(description=_("person after"))
    def after(self, row: RegroupedAccount) -> str:
        """The person it became."""
        return str(row.person_after)[:8]


@admin.register(Regrouping)
class RegroupingAdmin(ReadOnlyAdmin, LongTable):
    """Every joining and separation; those who may change them can undo a joining."""

    list_display = ("happened_at", "what", "cause", "who", "user", "standing")
    list_select_related = ("user", "bond", "undone_by")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("cause", ChoicesDropdownFilter),
        ("happened_at", DayRangeFilter),
    )
    list_filter_sheet = True
    list_filter_submit = True
    search_fields = ("accounts__account__external_id__startswith",)
    search_help_text = _("The beginning of the user id on the platform")
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("happened_at", "kind", "cause", "user", "standing")
    readonly_fields = ("standing",)
    inlines = (AccountInline,)
    actions_detail = ("undo",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Regrouping]:
        """With the accounts concerned."""
        return super().get_queryset(request).prefetch_related("accounts__account__platform")

    def has_undo_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Those who may change entries, which is otherwise done by nobody, of what still stands."""
        may_change = request.user.has_perm("accounts.change_regrouping")
        return may_change and (object_id is None or Regrouping.objects.undoable().filter(pk=object_id).exists())

    @display(description=_("what happened"), label={kind.value: colour for kind, colour in COLOURS.items()})
    def what(self, regrouping: Regrouping) -> tuple[str, str]:
        """Joined or separated."""
        return regrouping.kind, regrouping.get_kind_display()

    @display(description=_("accounts"))
    def who(self, regrouping: Regrouping) -> SafeString:
        """The accounts directly concerned."""
        ends = (row.account for row in regrouping.accounts.all() if row.is_end)
        return format_html_join(" ", '<span class="desk-chip">{}</span>', ((each,) for each in ends))

    @display(description=_("state"))
    def standing(self, regrouping: Regrouping) -> str:
        """Whether it still holds the accounts together."""
        if regrouping.kind != RegroupingKind.JOINED:
            return "-"
        if hasattr(regrouping, "bond"):
            return str(_("stands"))
        return str(_("undone") if hasattr(regrouping, "undone_by") else _("ended by a separation"))

    @action(
        description=_("Undo"),
        icon="undo",
        permissions=["undo"],
        dialog=question(
            _("Undo this joining?"),
            _(
                "Both groups of accounts become the persons they were before, with all they did. Who was joined later "
                "stays with the account through which they came. The two are not joined again by themselves."
            ),
            _("Undo"),
        ),
    )
    def undo(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Take apart what a joining brought together."""
        try:
            linking.undo(get_object_or_404(Regrouping, pk=object_id), request.user)
        except linking.UndoRefused as refusal:
            messages.error(request, UNDO_REFUSALS.get(refusal.code, refusal.detail))
        else:
            messages.success(request, _("The joining is undone; both are the persons they were before."))
        return go_to(request, reverse("admin:accounts_regrouping_change", args=[object_id]))
