"""Endpoints of webhooks: where platforms are told, of what, and the secrets, each shown once."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin.key_pages import RotationForm
from accounts.models import Delivery, DeliveryState, WebhookEndpoint
from accounts.services.changes import declared
from accounts.services.webhooks import add_endpoint, change_endpoint, renew_secret
from crossmarket.foundation.desk import label, link

MAY_STEER = "accounts.change_webhookendpoint"


class EndpointForm(forms.ModelForm):
    """An endpoint; what it is told of is chosen among what there is."""

    types = forms.MultipleChoiceField(
        label=_("what it is told of"),
        required=False,
        help_text=_("None chosen: everything, also what is added later."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("platform", "url", "types", "is_active")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "types" in self.fields:
            choices = [(name, f"{words} ({name})") for name, words in sorted(declared().items())]
            gone = set(self.instance.types) - declared().keys()
            self.fields["types"].choices = [*choices, *((name, name) for name in sorted(gone))]


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ModelAdmin):
    """Where platforms are told of changes."""

    form = EndpointForm
    list_display = ("url", "platform", "standing", "waiting", "given_up", "created_at")
    list_select_related = ("platform",)
    list_filter = (("platform", RelatedDropdownFilter), "is_active")
    list_filter_sheet = True
    search_fields = ("url",)
    fields = ("platform", "url", "types", "is_active", "standing", "waiting", "given_up")
    readonly_fields = ("standing", "waiting", "given_up")
    actions_detail = ("new_secret",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        """With how much waits for each, and how much was given up."""
        of_each = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by().values("endpoint")
        waiting, parked = (
            each.annotate(count=Count("pk")).values("count") for each in (of_each.waiting(), of_each.parked())
        )
        return (
            super()
            .get_queryset(request)
            .annotate(count_waiting=Coalesce(Subquery(waiting), 0), count_parked=Coalesce(Subquery(parked), 0))
        )

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        """There is nothing to say of deliveries before there is an endpoint."""
        return self.fields if obj else self.fields[:4]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> tuple[str, ...]:
        """An endpoint stays with its platform."""
        return ("platform", *self.readonly_fields) if obj else ()

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: forms.ModelForm, change: bool) -> None:
        """Store it: a new one from the present place of the stream, a changed one to be tried anew."""
        if change:
            change_endpoint(obj, form.changed_data)
        else:
            add_endpoint(obj)

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret, now and never again."""
        return show_once(request, self, obj, obj.secret)

    @display(description=_("state"))
    def standing(self, endpoint: WebhookEndpoint) -> SafeString:
        """Whether it works."""
        if not endpoint.is_active:
            return label(_("switched off"))
        if not endpoint.failures:
            return label(_("in order"), "success")
        words = _("%(count)d failures in a row") % {"count": endpoint.failures}
        return label(words, "danger" if endpoint.resting_until else "warning")

    @display(description=_("waiting"), ordering="count_waiting")
    def waiting(self, endpoint: WebhookEndpoint) -> SafeString | int:
        """How many deliveries wait."""
        return _deliveries(endpoint, DeliveryState.WAITING, endpoint.count_waiting)

    @display(description=_("given up"), ordering="count_parked")
    def given_up(self, endpoint: WebhookEndpoint) -> SafeString | int:
        """How many deliveries were given up."""
        return _deliveries(endpoint, DeliveryState.PARKED, endpoint.count_parked)

    @action(description=_("New secret"), icon="lock_reset", permissions=["change"])
    def new_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how long the old secret goes on, renew it, and show the new one once."""
        if not request.user.has_perm(MAY_STEER):
            raise PermissionDenied
        endpoint = get_object_or_404(WebhookEndpoint.objects.select_related("platform"), pk=object_id)
        form = RotationForm(request.POST or None)
        form.fields["overlap"].label = _("webhooks are signed with the old secret too for")
        if form.is_valid():
            secret = renew_secret(endpoint, timedelta(hours=form.cleaned_data["overlap"]))
            return show_once(request, self, endpoint, secret)
        return _page(request, self, endpoint, "secret_form", title=_("New secret"), form=form)


@never_cache
def show_once(request: HttpRequest, model_admin: ModelAdmin, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    """The one page that shows a secret."""
    return _page(request, model_admin, endpoint, "secret", title=_("Copy now: this is shown once"), secret=secret)


def _page(
    request: HttpRequest, model_admin: ModelAdmin, endpoint: WebhookEndpoint, name: str, **context: Any
) -> HttpResponse:
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "original": endpoint}
    return TemplateResponse(request, f"admin/accounts/webhookendpoint/{name}.html", {**frame, **context})


def _deliveries(endpoint: WebhookEndpoint, state: DeliveryState, count: int) -> SafeString | int:
    """The number, with a way to the deliveries themselves."""
    if not count:
        return 0
    url = reverse("admin:accounts_delivery_changelist")
    return link(f"{url}?endpoint__id__exact={endpoint.pk}&state__exact={state}", count)
