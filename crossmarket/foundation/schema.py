"""OpenAPI descriptions out of the msgspec types that the API really reads and writes."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from django.db.models import TextChoices
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, OpenApiTypes, extend_schema

from crossmarket.foundation.problems import CONTENT_TYPE, ProblemDetails

PROBLEMS = {
    400: "Malformed JSON or gzip",
    401: "No key, a bad key, or a bad user token",
    403: "The key may not do that",
    404: "Not found",
    409: "Conflict",
    413: "Too large",
    415: "Not JSON, or an unknown encoding",
    422: "Well-formed, but refused: see `code` and `errors`",
    429: "Too many calls: see `Retry-After`",
}
ALWAYS = (401, 403, 429)
WITH_BODY = (400, 413, 415, 422)

IDENTIFIER = {"type": "string", "minLength": 1, "maxLength": 200}
USER_ID = OpenApiParameter(
    "user_id", IDENTIFIER, OpenApiParameter.PATH, description="The platform's own id of the user."
)
ITEM_ID = OpenApiParameter(
    "item_id", IDENTIFIER, OpenApiParameter.PATH, description="The platform's own id of the item."
)

View = TypeVar("View", bound=Callable[..., Any])

_types: list[Any] = [ProblemDetails]


def documented(
    summary: str,
    *,
    body: Any = None,
    answers: Mapping[int, Any],
    problems: Sequence[int] = (),
    parameters: Sequence[OpenApiParameter] = (),
    tag: str,
) -> Callable[[View], View]:
    """Describe one call: its body and answers as msgspec types, and its problems.

    An answer may also be None for an empty one, or a media type for a file.
    """
    described: dict[Any, Any] = {}
    for status, answer_type in answers.items():
        if isinstance(answer_type, str):
            described[(status, answer_type)] = OpenApiResponse(OpenApiTypes.BINARY, HTTPStatus(status).phrase)
            continue
        place = status if answer_type is None else (status, "application/json")
        described[place] = OpenApiResponse(_reference(answer_type), description=HTTPStatus(status).phrase)
    for status in sorted({*ALWAYS, *problems, *(WITH_BODY if body is not None else ())}):
        described[(status, CONTENT_TYPE)] = OpenApiResponse(_reference(ProblemDetails), description=PROBLEMS[status])
    return extend_schema(
        operation_id=summary.lower().replace(" ", "_"),
        summary=summary,
        tags=[tag],
        request=None if body is None else {"application/json": _reference(body)},
        responses=described,
        parameters=list(parameters),
    )


def add_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook: put the types that descriptions refer to into the document."""
    _, components = _schemas(_types)
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    return result


def _reference(described_type: Any) -> Any:
    if described_type is None:
        return None
    _types.append(described_type)
    (reference,), _ = _schemas([described_type])
    return reference


def _schemas(types: Sequence[Any]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    return msgspec.json.schema_components(types, schema_hook=_choices, ref_template="#/components/schemas/{name}")


def _choices(described_type: Any) -> dict[str, Any]:
    """Django's choices as an enumeration."""
    if isinstance(described_type, type) and issubclass(described_type, TextChoices):
        return {"type": "string", "enum": described_type.values}
    raise NotImplementedError
