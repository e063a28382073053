"""OpenAPI descriptions come from the types that are really read and written."""

from typing import Any

import msgspec
import pytest
from drf_spectacular.generators import SchemaGenerator

from crossmarket.foundation import schema
from crossmarket.foundation.problems import CONTENT_TYPE
from profiles.models import EventType


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_every_operation_says_what_it_does_and_may_be_refused(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert operation["summary"], operation
        assert operation["operationId"]
        assert {"401", "403", "429"} <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            assert set(content) <= ({"application/json", "application/zip"} if int(status) < 400 else {CONTENT_TYPE})
            assert response["description"]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names))


def test_what_reads_a_body_may_refuse_it(document: dict[str, Any]) -> None:
    for operation in operations(document):
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= operation["responses"].keys(), operation["operationId"]


def test_fields_have_the_bounds_that_are_checked(document: dict[str, Any]) -> None:
    entry = document["components"]["schemas"]["EventEntry"]
    assert set(entry["required"]) == {"message_id", "type", "user_id", "timestamp"}
    assert entry["properties"]["message_id"] == {"type": "string", "minLength": 1, "maxLength": 200}
    assert entry["properties"]["type"].get("enum", EventType.values) == EventType.values


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [each for value in node.values() for each in references(value)]
        return [each for value in node for each in references(value)] if isinstance(node, list) else []

    found = set(references(document))
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert found
    assert found <= known


def test_an_unknown_type_is_not_described_in_silence() -> None:
    class Odd:
        """Nothing that JSON can hold."""

    with pytest.raises((NotImplementedError, TypeError)):
        msgspec.json.schema(Odd, schema_hook=schema._choices)
