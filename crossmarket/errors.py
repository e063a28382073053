"""What is answered when a page does not exist, may not be seen, or breaks: problems for the API, pages for people."""

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
    """500."""
    if request.path.startswith(API):
        return problems.server_error(request)
    return defaults.server_error(request)
