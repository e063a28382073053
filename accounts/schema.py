"""How the OpenAPI document describes keys and user tokens."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_…`, or `pk_…` from an allowed origin with `X-User-Token`.

    It only stands for that in descriptions: `accounts.authentication.identify` is what decides.
    """


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Tells drf-spectacular of `ApiKeyAuthentication`."""

    target_class = "accounts.schema.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`sk_…` from servers. `pk_…` from browsers, only from the platform's origins, and with "
            "`X-User-Token`: a JWT (HS256, signed with the signing secret; `sub` = user id, `exp` at most 24 h ahead).",
        }
