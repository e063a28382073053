"""What all views of the partner API share."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.views import APIView

from accounts.authentication import Caller, identify
from accounts.models import LinkedAccount, Platform
from accounts.schema import ApiKeyAuthentication
from crossmarket.foundation.problems import Problem, exception_handler


class PartnerView(APIView):
    """A view of the partner API: parse, call one verb, answer.

    Methods get Django's own request with its body unread. Of Django REST framework's dispatch only the errors and the
    description are used: there is nothing to negotiate, and one round trip to Redis decides who may call.
    """

    authentication_classes = [ApiKeyAuthentication]
    http_method_names = ["get", "post", "put", "delete"]
    browsers_may_call = False
    caller: Caller

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Find out who calls, let them only where they may, and answer errors as problems."""
        self.request = request  # type: ignore[assignment]
        try:
            method = (request.method or "").lower()
            handler = getattr(self, method, None) if method in self.http_method_names else None
            if handler is None:
                raise Problem(
                    405, "method_not_allowed", f"{request.method} is not possible here.", headers=self._allow()
                )
            self.caller = identify(request, self.keys_ahead)
            if not (self.caller.is_server or self.browsers_may_call):
                raise Problem(403, "secret_key_required", "Only a platform's server, with a secret key, may do that.")
            response: HttpResponse = handler(request, *args, **kwargs)
            for name, value in self.caller.rate_limit.headers().items():
                response.headers[name] = value
        except LinkedAccount.DoesNotExist:
            return Problem(404, "user_not_found", "This user was erased a moment ago.").response()
        except Exception as error:
            refused = exception_handler(error, {"view": self})
            if refused is None:
                raise
            return refused
        return response

    def keys_ahead(self, platform: Platform, user_id: str | None) -> list[str]:
        """Entries of Redis to fetch while finding out who calls; they come as `caller.ahead`."""
        return []

    def account(self, user_id: str) -> LinkedAccount:
        """The caller's account with this id. Raises `Problem` 403 when it is not the caller's to ask for, and 404."""
        self.caller.require_user(user_id)
        accounts = LinkedAccount.objects.select_related("platform").filter(platform=self.caller.platform)
        found = None if "\0" in user_id else accounts.filter(external_id=user_id).first()
        if found is None:
            raise Problem(404, "user_not_found", f"{self.caller.platform} has no user {user_id[:200]!r} here.")
        return found

    def who_looks(self, request: HttpRequest) -> LinkedAccount | None:
        """The account that `user_id` names, or that of the browser's own person; None for somebody not known here.

        Raises `Problem` 403 when it is not the caller's to ask for.
        """
        user_id = request.GET.get("user_id") or self.caller.user_id
        if user_id is None:
            return None
        self.caller.require_user(user_id)
        accounts = LinkedAccount.objects.select_related("platform").filter(platform=self.caller.platform)
        return None if "\0" in user_id else accounts.filter(external_id=user_id).first()

    def _allow(self) -> dict[str, str]:
        return {"Allow": ", ".join(name.upper() for name in self.http_method_names if hasattr(self, name))}


def answer(value: object, status: int = 200) -> HttpResponse:
    """A msgspec struct (or list, or dict) as a JSON response."""
    return HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")
