"""Views for those who are signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponse]


def signed_in(view: View) -> View:
    """Send others to the sign-in page first; when only a part of a page was asked for, the whole page goes there."""
    whole_page = login_required(view)

    @wraps(view)
    def checked(request: HttpRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        if request.user.is_authenticated or not request.htmx:
            return whole_page(request, *args, **kwargs)
        back = {"next": request.htmx.current_url_abs_path or "/"}
        return HttpResponseClientRedirect(f"{resolve_url('account_login')}?{urlencode(back)}")

    return checked
