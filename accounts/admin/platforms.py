"""Platforms: where they live, what counts without a word from people, and their keys."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.forms.widgets import ArrayWidget
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin import key_pages
from accounts.models import ApiKey, KeyKind, Platform
from accounts.services.keys import issue_key
from accounts.services.platform_changes import renew_signing_secret, save_platform
from crossmarket.foundation.desk import go_to, label, question

LANGUAGES = [("zh-hans", "中文"), ("en", "English")]


class PlatformForm(forms.ModelForm):
    """A platform, its language chosen from those that the pages speak."""

    locale = forms.ChoiceField(label=_("language"), choices=LANGUAGES, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Platform
        fields = "__all__"  # noqa: DJ007 the admin's fieldsets name the fields


class KeyInline(TabularInline):
    """The platform's keys; the keys themselves are not kept, only how they begin."""

    model = ApiKey
    fields = readonly_fields = ("name", "kind", "begins_with", "standing", "created_at", "ends", "steps")
    extra = 0
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Keys are issued on a page of their own, which shows them once."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nothing of a key can be edited."""
        return False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        """Steps are offered to those who may take them."""
        return self.fields if request.user.has_perm(key_pages.MAY_STEER) else self.fields[:-1]

    @display(description=_("key"))
    def begins_with(self, key: ApiKey) -> SafeString:
        """How it begins, to tell keys apart."""
        return format_html("<code>{}…</code>", key.hint)

    @display(description=_("state"))
    def standing(self, key: ApiKey) -> SafeString:
        """Whether it works."""
        if key.is_valid:
            return label(_("valid"), "success")
        return label(_("revoked"), "danger") if key.revoked_at else label(_("ended"))

    @display(description=_("ends"))
    def ends(self, key: ApiKey) -> str:
        """When it stops to work, or did."""
        end = key.revoked_at or key.expires_at
        return formats.localize(timezone.localtime(end)) if end else "-"

    @display(description=_("steps"))
    def steps(self, key: ApiKey) -> SafeString | str:
        """What can be done with it."""
        if not key.is_valid:
            return "-"
        links = [(reverse(f"admin:accounts_key_{verb}", args=[key.pk]), label) for verb, label in key_pages.STEPS]
        return format_html(
            '<span class="desk-row"><a class="text-link" href="{}">{}</a><a class="text-link" href="{}">{}</a></span>',
            *links[0],
            *links[1],
        )


@admin.register(Platform)
class PlatformAdmin(ModelAdmin):
    """Whoever sends events and asks for recommendations."""

    form = PlatformForm
    list_display = ("name", "slug", "where", "valid_keys", "language", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    formfield_overrides = {ArrayField: {"widget": ArrayWidget}}
    fieldsets = (
        (None, {"fields": ("name", "slug", "origins", "locale", "timezone")}),
        (
            _("Contacts"),
            {
                "fields": ("verifies_email", "verifies_phone"),
                "description": _(
                    "Accounts with the same contact, verified on both platforms, are joined by themselves if both "
                    "agree to joining. Without a mark here the person is asked first: whoever claims somebody's "
                    "address must not learn anything about them."
                ),
            },
        ),
        (
            _("What counts while nothing was stated"),
            {
                "fields": tuple(
                    f"{name}_default" for name in ("profiling", "recommendation", "cross_platform", "marketing")
                ),
                "description": _("A platform or a person can state otherwise at any time; that goes before."),
            },
        ),
    )
    inlines = (KeyInline,)
    actions_detail = ("embed", "new_key", "renew_secret")
    change_form_after_template = "admin/accounts/platform/secret.html"

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The pages of keys, the embed snippet and its preview."""
        return key_pages.URLS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Platform]:
        """With the number of keys that work."""
        ended = Q(api_keys__expires_at__lte=timezone.now())
        valid = Q(api_keys__revoked_at__isnull=True) & ~ended
        return super().get_queryset(request).annotate(keys=Count("api_keys", filter=valid))

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        """A slug stays: programs know the platform by it."""
        return ("slug",) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """None before there is a platform."""
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """A platform takes all its accounts, courses and events with it: not by a click."""
        return False

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Platform, form: forms.ModelForm, change: bool) -> None:
        """Store it; every process reads it afresh."""
        save_platform(obj, form.changed_data)

    def response_add(self, request: HttpRequest, obj: Platform, post_url_continue: str | None = None) -> HttpResponse:
        """A new platform starts with one key of each kind, shown now and never again."""
        issued = [issue_key(obj, kind, "first") for kind in (KeyKind.SECRET, KeyKind.PUBLISHABLE)]
        return key_pages.show_once(request, self, obj, issued)

    @display(description=_("origins"))
    def where(self, platform: Platform) -> str:
        """Where its pages live."""
        return ", ".join(platform.origins) or "-"

    @display(description=_("valid keys"), ordering="keys")
    def valid_keys(self, platform: Platform) -> int:
        """How many keys work."""
        return platform.keys

    @display(description=_("language"), ordering="locale")
    def language(self, platform: Platform) -> str:
        """Its language by name."""
        return dict(LANGUAGES).get(platform.locale, platform.locale)

    @action(description=_("Embed and preview"), icon="code", permissions=["view"])
    def embed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The snippet for the platform's pages, and how it looks."""
        return key_pages.embed(request, self, get_object_or_404(Platform, pk=object_id))

    @action(description=_("New key"), icon="key", permissions=["change"])
    def new_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that issues a key."""
        return key_pages.new_key(request, self, get_object_or_404(Platform, pk=object_id))

    @action(
        description=_("New signing secret"),
        icon="lock_reset",
        permissions=["change"],
        dialog=question(
            _("Make a new signing secret?"),
            _("User tokens signed with the present one are refused at once. The platform's server needs the new one."),
            _("Make a new one"),
        ),
    )
    def renew_secret(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Give the platform another secret."""
        renew_signing_secret(get_object_or_404(Platform, pk=object_id))
        messages.success(
            request, _("The signing secret is a new one. Show it below and give it to the platform's server.")
        )
        return go_to(request, reverse("admin:accounts_platform_change", args=[object_id]))
