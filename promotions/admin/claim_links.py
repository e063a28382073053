"""Claim links and their QR codes, with what came of each."""

import io
from typing import Any

import segno
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from crossmarket.foundation.audit_desk import AuditedAdmin
from crossmarket.foundation.desk import link as link_to
from crossmarket.foundation.money import in_words as money
from promotions.channel_figures import with_figures
from promotions.models import ClaimLink

KINDS = {"svg": "image/svg+xml", "png": "image/png"}
FIGURES = ("opened", "registered", "claims", "purchases", "revenue", "discount")


@admin.register(ClaimLink)
class ClaimLinkAdmin(AuditedAdmin):
    """A link for each channel of a batch, and a table of what came of them."""

    list_display = ("channel", "batch", *FIGURES)
    list_select_related = ("batch",)
    list_filter = (("batch", RelatedDropdownFilter),)
    list_filter_sheet = True
    search_fields = ("channel", "batch__name")
    autocomplete_fields = ("batch",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClaimLink]:
        """With their figures."""
        return with_figures(super().get_queryset(request))

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        """The pictures."""
        return (("<int:pk>/qr.<str:kind>", "promotions_claimlink_qr", qr_code),)

    def get_fields(self, request: HttpRequest, obj: ClaimLink | None = None) -> tuple[str, ...]:
        """What is asked, and of a link that there is, all about it."""
        return ("batch", "channel", *(("address", "picture", *FIGURES) if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: ClaimLink | None = None) -> tuple[str, ...]:
        """What is printed stays as it is."""
        return ("batch", "channel", "address", "picture", *FIGURES) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only what nobody has opened."""
        return super().has_delete_permission(request, obj) and not (isinstance(obj, ClaimLink) and obj.opened)

    @display(description=_("link"))
    def address(self, link: ClaimLink) -> SafeString:
        """Where it leads."""
        return link_to(address_of(link), address_of(link))

    @display(description=_("QR code"))
    def picture(self, link: ClaimLink) -> SafeString:
        """To look at, and to be fetched."""
        drawn = segno.make(address_of(link), error="m").svg_data_uri(scale=5, light="#fff")
        svg, png = (reverse("admin:promotions_claimlink_qr", args=[link.pk, kind]) for kind in KINDS)
        picture = format_html('<img src="{}" alt="{}" width="185">', mark_safe(drawn), _("QR code"))  # noqa: S308
        return format_html("{}<p>{} · {}</p>", picture, link_to(svg, "SVG"), link_to(png, "PNG"))

    @display(description=_("claims"), ordering="claims")
    def claims(self, link: Any) -> int:
        """Coupons claimed by it."""
        return link.claims

    @display(description=_("purchases"), ordering="purchases")
    def purchases(self, link: Any) -> int:
        """Paid orders with these coupons."""
        return link.purchases

    @display(description=_("revenue"), ordering="revenue")
    def revenue(self, link: Any) -> str:
        """What was paid for them."""
        return money(link.revenue, link.batch.currency)

    @display(description=_("discount"), ordering="discount")
    def discount(self, link: Any) -> str:
        """What the coupons took off."""
        return money(link.discount, link.batch.currency)


def address_of(link: ClaimLink) -> str:
    """The whole address of its page."""
    return settings.PUBLIC_URL + reverse("promotions:claim_link", args=[link.token])


def qr_code(request: HttpRequest, pk: int, kind: str, model_admin: ClaimLinkAdmin) -> HttpResponse:
    """The link as a picture to be printed, of any size (SVG) or in pixels (PNG)."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if kind not in KINDS:
        raise Http404
    found = get_object_or_404(ClaimLink, pk=pk)
    drawn = io.BytesIO()
    segno.make(address_of(found), error="m").save(drawn, kind=kind, scale=20 if kind == "png" else 4, light="#fff")
    headers = {"Content-Disposition": f'attachment; filename="claim-link-{found.pk}.{kind}"'}
    return HttpResponse(drawn.getvalue(), content_type=KINDS[kind], headers=headers)
