"""What is answered when a page does not exist, may not be seen, or breaks: problems for the API, pages for people."""

import sys

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from crossmarket.foundation import problems

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, for requests that no view was asked about (a bad host, a suspicious path)."""
    if request.path.startswith(API):
        return problems.Problem(400, "bad_request", "This request cannot be understood.").response()
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path.startswith(API):
        return problems.not_found(request)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 while the database is away."""
    is_away = problems.is_unavailable(sys.exception())
    if request.path.startswith(API):
        return problems.unavailable().response() if is_away else problems.server_error(request)
    page = defaults.server_error(request)
    if is_away:
        page.status_code = 503
        page.headers["Retry-After"] = problems.RETRY_AFTER
    return page
