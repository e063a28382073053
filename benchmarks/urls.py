"""The product's addresses and one more: a view that does nothing, behind the same middleware."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from crossmarket import urls


def empty(request: HttpRequest) -> HttpResponse:
    """Answer with an empty object."""
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [path("api/v1/empty", empty), *urls.urlpatterns]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
