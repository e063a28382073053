"""How the OpenAPI document describes keys and user tokens."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Tells drf-spectacular of `ApiKeyAuthentication`."""

    target_class = "accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`sk_…` from servers. `pk_…` from browsers, only from the platform's origins, and with "
            "`X-User-Token`: a JWT (HS256, signed with the signing secret; `sub` = user id, `exp` at most 24 h ahead).",
        }
