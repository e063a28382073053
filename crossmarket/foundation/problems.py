"""Errors of the API as problem details (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

logger = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "1"
"""Seconds after which such a request is best sent again."""


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong at one place of the body; `pointer` is a JSON pointer (RFC 6901)."""

    pointer: str
    code: str
    detail: str


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] = []


class Problem(Exception):
    """A request that cannot be answered, with a status, a code for programs and words for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = list(errors), dict(headers or {})

    def response(self) -> HttpResponse:
        """The answer to send."""
        details = ProblemDetails(
            type=f"urn:crossmarket:problem:{self.code}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            code=self.code,
            errors=self.errors,
        )
        body = msgspec.json.encode(details)
        return HttpResponse(body, status=self.status, content_type=CONTENT_TYPE, headers=self.headers)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Django REST framework's hook: every error of a view becomes a problem; None lets the unforeseen through."""
    if is_unavailable(error):
        logger.warning("database unavailable", error=type(error.__cause__ or error).__name__)
        return unavailable().response()
    problem = _as_problem(error)
    return problem.response() if problem else None


@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The answer for API paths that do not exist."""
    return Problem(404, "not_found", f"There is nothing at {request.path}.").response()


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the database is away, restarts, or let others go first, so that later the same works.

    A connection that breaks while an answer is read is no more than a `DatabaseError` to the driver.
    """
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


def unavailable() -> Problem:
    """The answer while the database is away."""
    words = "The database is not to be reached just now. Send the same again in a moment."
    return Problem(503, "unavailable", words, headers={"Retry-After": RETRY_AFTER})


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer when something unforeseen went wrong."""
    return Problem(500, "server_error", "Something went wrong here; it has been logged. Try again later.").response()


def _as_problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Problem(404, "not_found", str(error) or "There is nothing here.")
    if isinstance(error, PermissionDenied):
        return Problem(403, "forbidden", str(error) or "This key may not do that.")
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem(405, "method_not_allowed", str(error.detail))
    if isinstance(error, exceptions.APIException):
        code = error.get_codes()
        return Problem(error.status_code, code if isinstance(code, str) else error.default_code, str(error.detail))
    return None
