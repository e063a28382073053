"""The search for a code: one field, and everything that became of it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from promotions import codes
from promotions.code_history import Happening, look_up
from promotions.models import CouponState

MAY_LOOK = "promotions.view_coupon"
MAY_LOOK_AT_PEOPLE = "accounts.view_linkedaccount"
LONGEST = 100
SHOWN_OF_ID = 2


def code_search_page(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """The page; `q` is the code, however it is typed."""
    if not request.user.has_perm(MAY_LOOK):
        raise PermissionDenied
    typed = request.GET.get("q", "").strip()[:LONGEST]
    found = look_up(typed) if typed and "\0" not in typed else None
    sees_people = request.user.has_perm(MAY_LOOK_AT_PEOPLE)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Look up a code"),
        "opts": model_admin.opts,
        "typed": typed,
        "found": found,
        "is_mistyped": bool(typed) and found is None and _looks_mistyped(typed),
        "sees_people": sees_people,
    }
    if found is not None:
        context["holder"] = _named(found.coupon.holder, sees_people) if found.coupon else ""
        context["holder_id"] = found.coupon.holder_id if found.coupon and sees_people else None
        context["state"] = _state(found.coupon.state, found.coupon.is_used) if found.coupon else ""
        context["happenings"] = [(each, _named(each.account, sees_people), _order(each)) for each in found.happenings]
    return render(request, "admin/promotions/code_search.html", context)


def masked(user_id: str) -> str:
    """A user id of which only the beginning can be read."""
    return user_id[:SHOWN_OF_ID] + "•••" if len(user_id) > SHOWN_OF_ID else "•••"


def _named(account: LinkedAccount | None, sees_people: bool) -> str:
    if account is None:
        return ""
    user_id = account.external_id if sees_people else masked(account.external_id)
    return f"{user_id} · {account.platform.name}"


def _order(happening: Happening) -> str:
    return happening.redemption.order_id if happening.redemption else ""


def _state(state: str, is_used: bool) -> str:
    return str(_("used") if is_used else CouponState(state).label)


def _looks_mistyped(typed: str) -> bool:
    code = codes.normal(typed)
    return len(code) == codes.LENGTH and not codes.is_well_formed(code)
