"""The OpenAPI document is valid, covers the contract, and what the API really answers fits it."""

from functools import cache
from typing import Any

import pytest
import schemathesis
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from crossmarket.wsgi import application
from tests.partner import ORIGIN, Partner, batch, event, new_partner, problem
from tests.recommend.trained import planted_partner, trained

CONTRACT = {
    "/api/v1/erasures/{receipt_id}": {"get"},
    "/api/v1/events": {"post"},
    "/api/v1/events/raw": {"post"},
    "/api/v1/items": {"post"},
    "/api/v1/items/raw": {"post"},
    "/api/v1/items/{item_id}": {"put"},
    "/api/v1/items/{item_id}/similar": {"get"},
    "/api/v1/links": {"post"},
    "/api/v1/recommendations": {"get"},
    "/api/v1/users": {"post"},
    "/api/v1/users/{user_id}": {"delete"},
    "/api/v1/users/{user_id}/consents": {"put"},
    "/api/v1/users/{user_id}/export": {"get"},
    "/api/v1/users/{user_id}/link-codes": {"post"},
    "/api/v1/users/{user_id}/links": {"delete"},
}
EXAMPLES = 15
NOT_ASKED = [positive_data_acceptance, negative_data_rejection]
"""What fits the document may still be refused with a reason, and a batch is accepted with its bad entries told."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


class TestTheDocument:
    def test_it_is_valid_openapi_3_1(self, document: dict[str, Any]) -> None:
        assert document["openapi"].startswith("3.1")
        validate_schema(document)

    def test_it_covers_the_contract(self, document: dict[str, Any]) -> None:
        described = {path: set(methods) - {"parameters"} for path, methods in document["paths"].items()}
        assert {path: described.get(path, set()) & methods for path, methods in CONTRACT.items()} == CONTRACT

    def test_it_is_served_with_pages(self, client: Client) -> None:
        assert client.get("/api/schema/?format=json").status_code == 200
        assert b"swagger" in client.get("/api/docs/").content.lower()


@pytest.fixture
def shop(transactional_db: None) -> Partner:
    """A platform with a trained model."""
    shop = planted_partner()
    trained()
    return shop


OPERATIONS = [(path, method) for path, methods in CONTRACT.items() for method in sorted(methods)]


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value.removeprefix("/api/v1"))
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
class TestWhateverIsSent:
    """Nothing breaks, and every answer has a status and a shape that the document tells of."""

    def test_by_a_server(self, path: str, method: str, mode: GenerationMode, shop: Partner) -> None:
        check(path, method, mode, {"Authorization": f"Bearer {shop.secret_key}"})

    def test_by_a_browser(self, path: str, method: str, mode: GenerationMode, shop: Partner) -> None:
        sent = {
            "Origin": ORIGIN,
            "X-User-Token": shop.user_token("l1"),
            "Authorization": f"Bearer {shop.publishable_key}",
        }
        check(path, method, mode, sent)


def check(path: str, method: str, mode: GenerationMode, headers: dict[str, str]) -> None:
    """Send examples of what fits the document (or does not), and hold the answers to it."""
    operation = described()[path][method.upper()]
    try:
        cases = operation.as_strategy(generation_mode=mode)

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(case=cases)
        def answered(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, excluded_checks=NOT_ASKED)

        answered()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "nothing fits the document"


@cache
def described() -> schemathesis.BaseSchema:
    """The document as it is served, which is the same for every test."""
    return schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)


@pytest.fixture
def partner(db: None) -> Partner:
    return new_partner()


class TestOddRequests:
    @pytest.mark.parametrize(
        "path", ["%00", "%ff", "a%00b", "x" * 7_000, "..", "%2e%2e%2f", "a//b", "%25", "🦌", "'", "%0d%0a"]
    )
    @pytest.mark.parametrize(
        "template", ["/users/{}/consents", "/users/{}/link-codes", "/users/{}/links", "/items/{}", "/{}"]
    )
    def test_odd_paths_get_answers_that_programs_can_read(self, partner: Partner, template: str, path: str) -> None:
        for method in ("GET", "PUT", "POST", "DELETE"):
            response = partner.call(method, template.format(path), {"title": "课程"})
            assert response.status_code < 500
            assert (
                response.headers.get("Content-Type", "application/json")
                in (
                    "application/json",
                    "application/problem+json",
                )
                or response.status_code == 204
            )

    @pytest.mark.parametrize("method", ["PATCH", "TRACE", "HEAD", "GET", "DELETE", "PROPFIND", "get", "__init__"])
    def test_wrong_methods_are_told_the_right_ones(self, partner: Partner, method: str) -> None:
        response = partner.call(method, "/events")
        assert response.status_code == 405
        assert response.headers["Allow"] == "POST"
        if method != "HEAD":
            problem(response, 405, "method_not_allowed")

    def test_huge_headers_are_no_keys(self, partner: Partner) -> None:
        problem(partner.get("/recommendations", key="x" * 100_000), 401, "invalid_key")
        sent = {"Origin": ORIGIN, "X-User-Token": "x" * 100_000}
        problem(partner.get("/recommendations", headers=sent, key=partner.publishable_key), 401, "invalid_user_token")

    def test_a_host_that_cannot_be_is_a_400(self, partner: Partner) -> None:
        partner.http.raise_request_exception = False
        problem(partner.get("/recommendations", headers={"Host": "a b"}), 400, "bad_request")

    def test_more_parameters_than_anyone_needs_are_a_400(self, partner: Partner) -> None:
        partner.http.raise_request_exception = False
        problem(partner.get("/recommendations?" + "&".join(f"a{n}=1" for n in range(2_000))), 400, "bad_request")


@pytest.mark.django_db
def test_any_json_as_a_batch_is_answered() -> None:
    shop = new_partner()
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
    fields = st.fixed_dictionaries(
        {}, optional=dict.fromkeys(event(), anything) | {"value": anything, "context": anything}
    )

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        entries=st.lists(fields.map(lambda given: event() | given) | anything, max_size=4),
        path=st.sampled_from(["/events", "/items", "/users"]),
    )
    def answered(entries: list[Any], path: str) -> None:
        response = shop.post(path, batch(*entries))
        assert response.status_code in (202, 400), response.content
        if response.status_code == 202:
            answer = response.json()
            assert answer["accepted"] + answer["duplicates"] + len(answer["rejected"]) == len(entries)

    answered()
