"""Errors of the API are problem details (RFC 9457), whatever went wrong."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework.exceptions import MethodNotAllowed, NotAcceptable, Throttled

from crossmarket import errors
from crossmarket.foundation.problems import FieldError, Problem, exception_handler
from tests.partner import problem


def test_a_problem_says_what_was_wrong_and_where() -> None:
    wrong = Problem(422, "invalid_field", "price: too low.", [FieldError("/price", "invalid", "too low")], {"A": "b"})
    response = wrong.response()
    assert response.headers["A"] == "b"
    assert json.loads(response.content) == {
        "type": "urn:crossmarket:problem:invalid_field",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "price: too low.",
        "code": "invalid_field",
        "errors": [{"pointer": "/price", "code": "invalid", "detail": "too low"}],
    }


def test_errors_are_left_out_where_no_field_is_wrong() -> None:
    assert "errors" not in json.loads(Problem(404, "not_found", "Nothing here.").response().content)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Problem(409, "conflict", "No."), 409, "conflict"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (MethodNotAllowed("PATCH"), 405, "method_not_allowed"),
        (NotAcceptable(), 406, "not_acceptable"),
        (Throttled(), 429, "throttled"),
    ],
)
def test_every_error_of_a_view_becomes_one(error: Exception, status: int, code: str) -> None:
    response = exception_handler(error, {})
    assert response is not None
    problem(response, status, code)


def test_the_unforeseen_is_not_hidden() -> None:
    assert exception_handler(RuntimeError(), {}) is None


def test_what_breaks_under_the_api_is_told_as_a_problem_and_elsewhere_as_a_page() -> None:
    problem(errors.server_error(RequestFactory().get("/api/v1/events")), 500, "server_error")
    problem(errors.bad_request(RequestFactory().get("/api/v1/events"), Exception()), 400, "bad_request")
    assert errors.server_error(RequestFactory().get("/courses/")).headers["Content-Type"].startswith("text/html")


def test_paths_of_the_api_that_do_not_exist_are_problems() -> None:
    client = Client(enforce_csrf_checks=True)
    for path in ("/api/", "/api/v1", "/api/v1/", "/api/v2/events", "/api/v1/nothing", "/api/v1/users//links"):
        for method in ("GET", "POST", "DELETE"):
            problem(client.generic(method, path), 404, "not_found")
