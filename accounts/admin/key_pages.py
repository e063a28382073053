"""Pages around a platform's keys: issue, rotate and revoke, the embed snippet, and a live preview of the widget."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.models import ApiKey, KeyKind, Platform
from accounts.services.keys import IssuedKey, issue_key, revoke_key, rotate_key
from accounts.services.previews import issue_preview_key, preview_user_token

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin

MAY_STEER = "accounts.change_platform"
"""Who may do this may issue, rotate and revoke keys, and see the signing secret."""

STEPS = (("rotate", _("Rotate")), ("revoke", _("Revoke")))
PLACEMENTS = ("home", "course", "cart")
LANGUAGES = (("zh", "中文"), ("en", "English"))
PREVIEW_KEYS = "preview_keys"
"""Where the session keeps the tokens of running previews, so that each change of a choice needs no new key."""


class NewKeyForm(forms.Form):
    """What key to issue."""

    kind = forms.ChoiceField(label=_("kind"), choices=KeyKind.choices, widget=UnfoldAdminSelectWidget)
    name = forms.CharField(
        label=_("name"),
        max_length=100,
        required=False,
        help_text=_("What it is for, so that you know it again."),
        widget=UnfoldAdminTextInputWidget,
    )
    days = forms.IntegerField(
        label=_("valid for (days)"),
        min_value=1,
        max_value=3650,
        required=False,
        help_text=_("Empty for a key that does not end by itself."),
        widget=UnfoldAdminIntegerFieldWidget,
    )


class RotationForm(forms.Form):
    """How long the old key goes on."""

    overlap = forms.TypedChoiceField(
        label=_("the old key goes on working for"),
        choices=[
            (0, _("no longer")),
            (1, _("1 hour")),
            (24, _("1 day")),
            (24 * 7, _("7 days")),
            (24 * 30, _("30 days")),
        ],
        coerce=int,
        initial=24,
        widget=UnfoldAdminSelectWidget,
    )


class RevocationForm(forms.Form):
    """Nothing to fill in."""


def new_key(request: HttpRequest, model_admin: "ModelAdmin", platform: Platform) -> HttpResponse:
    """Ask what key is wanted, issue it, and show it once."""
    form = NewKeyForm(request.POST or None)
    if form.is_valid():
        days = form.cleaned_data["days"]
        lifetime = timedelta(days=days) if days else None
        issued = issue_key(platform, KeyKind(form.cleaned_data["kind"]), form.cleaned_data["name"], lifetime)
        return show_once(request, model_admin, platform, [issued])
    words = _("Secret keys are for servers and must never reach a browser; publishable keys stand in web pages.")
    return _form_page(request, model_admin, platform, form, _("New key"), words, _("Issue the key"))


def rotate(request: HttpRequest, pk: int, model_admin: "ModelAdmin") -> HttpResponse:
    """Put a new key in the place of one, with a time in which both work."""
    key = _steerable(request, pk)
    form = RotationForm(request.POST or None)
    if form.is_valid():
        issued = rotate_key(key, timedelta(hours=form.cleaned_data["overlap"]))
        return show_once(request, model_admin, key.platform, [issued])
    words = _("A new key of the same kind is made. Put it into use while the old one still works.")
    return _form_page(request, model_admin, key.platform, form, _("Rotate %(key)s") % {"key": key}, words, _("Rotate"))


def revoke(request: HttpRequest, pk: int, model_admin: "ModelAdmin") -> HttpResponse:
    """End a key now."""
    key = _steerable(request, pk)
    if request.method == "POST":
        revoke_key(key)
        messages.success(request, _("The key is revoked: calls with it are refused from now on."))
        return HttpResponseRedirect(reverse("admin:accounts_platform_change", args=[key.platform_id]))
    words = _("Calls with this key are refused at once, everywhere. This cannot be undone.")
    title = _("Revoke %(key)s") % {"key": key}
    return _form_page(request, model_admin, key.platform, RevocationForm(), title, words, _("Revoke"))


@never_cache
def show_once(
    request: HttpRequest, model_admin: "ModelAdmin", platform: Platform, issued: Sequence[IssuedKey]
) -> HttpResponse:
    """The one page that shows new keys."""
    publishable = next((each.token for each in issued if each.key.kind == KeyKind.PUBLISHABLE), "")
    return _page(
        request,
        model_admin,
        platform,
        "issued",
        title=_("Copy now: this is shown once"),
        issued=issued,
        snippet=_snippet(request, publishable) if publishable else "",
    )


def embed(request: HttpRequest, model_admin: "ModelAdmin", platform: Platform) -> HttpResponse:
    """The snippet for the platform's pages, its choices, and a live preview."""
    return _page(
        request,
        model_admin,
        platform,
        "embed",
        title=_("Embed and preview"),
        snippet=_snippet(request),
        placements=PLACEMENTS,
        languages=LANGUAGES,
        may_steer=request.user.has_perm(MAY_STEER),
    )


@never_cache
@require_POST
def preview(request: HttpRequest, pk: int, model_admin: "ModelAdmin") -> HttpResponse:
    """A bare page with the real widget in it, under a publishable key that ends in an hour.

    What the previewer clicks is sent nowhere: the page may fetch recommendations and nothing else.
    """
    platform = _platform(request, pk)
    user_id = request.POST.get("user", "").strip()[:200]
    context = {
        "platform": platform,
        "key": _preview_key(request, platform),
        "user_token": preview_user_token(platform, user_id) if user_id else "",
        "placement": request.POST.get("placement") or PLACEMENTS[0],
        "lang": request.POST.get("lang") or LANGUAGES[0][0],
    }
    response = render(request, "admin/accounts/platform/preview.html", context)
    recommendations = request.build_absolute_uri("/api/v1/recommendations")
    response.headers["Content-Security-Policy"] = f"connect-src {recommendations}; form-action 'none'"
    return response


@never_cache
@require_POST
def secret(request: HttpRequest, pk: int, model_admin: "ModelAdmin") -> HttpResponse:
    """The signing secret, for those who asked to see it and may."""
    return render(request, "admin/accounts/platform/copy.html", {"text": _platform(request, pk).signing_secret})


URLS = (
    ("<int:pk>/preview/", "accounts_platform_preview", preview),
    ("<int:pk>/secret/", "accounts_platform_secret", secret),
    ("keys/<int:pk>/rotate/", "accounts_key_rotate", rotate),
    ("keys/<int:pk>/revoke/", "accounts_key_revoke", revoke),
)


def _platform(request: HttpRequest, pk: int) -> Platform:
    if not request.user.has_perm(MAY_STEER):
        raise PermissionDenied
    return get_object_or_404(Platform, pk=pk)


def _steerable(request: HttpRequest, pk: int) -> ApiKey:
    if not request.user.has_perm(MAY_STEER):
        raise PermissionDenied
    return get_object_or_404(ApiKey.objects.valid().select_related("platform"), pk=pk)


def _preview_key(request: HttpRequest, platform: Platform) -> str:
    """The token of this session's preview of the platform, while it has some minutes left; else of a new one."""
    kept = request.session.get(PREVIEW_KEYS, {})
    token, ends = kept.get(str(platform.pk), ("", 0))
    if ends < (timezone.now() + timedelta(minutes=5)).timestamp():
        issued = issue_preview_key(platform)
        token, ends = issued.token, issued.key.expires_at.timestamp()
        request.session[PREVIEW_KEYS] = {**kept, str(platform.pk): (token, ends)}
    return token


def _snippet(request: HttpRequest, key: str = "pk_…") -> str:
    address = request.build_absolute_uri("/widget/v1.js")
    choices = f'data-key="{key}" data-user-token="…" data-placement="home" data-lang="zh"'
    return f'<script async src="{address}" {choices}></script>'


def _form_page(
    request: HttpRequest,
    model_admin: "ModelAdmin",
    platform: Platform,
    form: forms.Form,
    title: Any,
    words: Any,
    submit: Any,
) -> HttpResponse:
    return _page(request, model_admin, platform, "key_form", title=title, form=form, words=words, submit=submit)


def _page(
    request: HttpRequest, model_admin: "ModelAdmin", platform: Platform, name: str, **context: Any
) -> HttpResponse:
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "original": platform}
    return TemplateResponse(request, f"admin/accounts/platform/{name}.html", {**frame, "platform": platform, **context})
