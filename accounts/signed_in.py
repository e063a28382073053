"""Views for those who are signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import LinkedAccount, User
from accounts.services.accounts import house_account

Rest = ParamSpec("Rest")


class PageRequest(HttpRequest):
    """A request for a page or a part of one."""

    htmx: HtmxDetails


class LearnerRequest(PageRequest):
    """The same, by somebody who is signed in."""

    user: User


def signed_in(
    view: Callable[Concatenate[LearnerRequest, Rest], HttpResponse],
) -> Callable[Concatenate[PageRequest, Rest], HttpResponse]:
    """Send others to the sign-in page first; when only a part of a page was asked for, the whole page goes there."""

    @wraps(view)
    def checked(request: PageRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            try:
                return view(cast("LearnerRequest", request), *args, **kwargs)
            except LinkedAccount.DoesNotExist:
                raise Http404 from None  # it was erased a moment ago, from another window
        if not request.htmx:
            return redirect_to_login(_page_of(request))
        back = {"next": request.htmx.current_url_abs_path or "/"}
        return HttpResponseClientRedirect(f"{resolve_url('account_login')}?{urlencode(back)}")

    return checked


def _page_of(request: PageRequest) -> str:
    """Where to come back to: the page asked for, or the one with the form that was sent."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    sent_from = request.headers.get("Referer", "")
    return sent_from if url_has_allowed_host_and_scheme(sent_from, request.get_host()) else "/"


def own_account(request: HttpRequest) -> LinkedAccount | None:
    """The account on our own pages of whoever asks; None for visitors who are not signed in."""
    return house_account(request.user) if request.user.is_authenticated else None
