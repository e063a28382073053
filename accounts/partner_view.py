"""What all views of the partner API share."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

import accounts.schema  # noqa: F401 - tells the schema generator of our keys
from accounts.authentication import Caller
from accounts.models import LinkedAccount
from crossmarket.foundation.problems import Problem


class OnlyJson(BaseContentNegotiation):
    """Answers are JSON, whatever a client says that it would accept."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:
        """None: bodies are read by `crossmarket.foundation.bodies`."""
        return None

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first, which is JSON."""
        return renderers[0], renderers[0].media_type


class PartnerView(APIView):
    """A view of the partner API: parse, call one verb, answer."""

    content_negotiation_class = OnlyJson
    http_method_names = ["get", "post", "put", "delete"]
    browsers_may_call = False

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return self.request.user  # type: ignore[return-value]

    @property
    def body(self) -> HttpRequest:
        """Django's request, whose body has not been read yet."""
        return self.request._request

    def account(self, user_id: str) -> LinkedAccount:
        """The caller's account with this id. Raises `Problem` 403 when it is not the caller's to ask for, and 404."""
        self.caller.require_user(user_id)
        accounts = LinkedAccount.objects.select_related("platform")
        found = accounts.filter(platform=self.caller.platform, external_id=user_id).first()
        if found is None:
            raise Problem(404, "user_not_found", f"{self.caller.platform} has no user {user_id[:200]!r} here.")
        return found

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add how many calls are left."""
        response = super().finalize_response(request, response, *args, **kwargs)
        caller = getattr(request, "_user", None)
        if isinstance(caller, Caller):
            for name, value in caller.rate_limit.headers().items():
                response.headers[name] = value
        return response


def answer(value: object, status: int = 200) -> HttpResponse:
    """A msgspec struct (or list, or dict) as a JSON response."""
    return HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")
