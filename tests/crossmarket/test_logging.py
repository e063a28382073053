"""What stands in the logs, and what does not: nobody's ids."""

import io
import logging
import os

import pytest
from django.test import Client

from crossmarket.logging import pattern_of
from tests.partner import new_partner


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/api/v1/users/ann/export?x=1", "/api/v1/users/<id:user_id>/export"),
        ("/api/v1/users/a/b/c", "/api/v1/users/<id:user_id>"),
        ("/me/platforms/17/leave/", "/me/platforms/<int:pk>/leave/"),
        ("/nobody/ann", "/?"),
    ],
)
def test_addresses_are_logged_by_their_patterns(path: str, pattern: str) -> None:
    assert pattern_of(path) == pattern


@pytest.mark.django_db
def test_a_call_that_breaks_is_logged_without_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import api
    from crossmarket.logging import logging_configuration

    words = "it broke\nDETAIL:  Key (external_id)=(secret-ann) is there already."

    def broken(*_arguments: object) -> None:
        raise RuntimeError(words)

    partner = new_partner()
    partner.http = Client(raise_request_exception=False)
    monkeypatch.setattr(api, "ensure_accounts", broken)
    before = logging.root.handlers[:]
    written = io.StringIO()
    try:
        logging_configuration("WARNING", "json")
        monkeypatch.setattr(logging.root.handlers[-1], "stream", written)
        response = partner.put("/users/secret-ann/consents", {"marketing": True})
    finally:
        logging_configuration(os.environ["LOG_LEVEL"], "console")
        logging.root.handlers = before
    assert response.status_code == 500
    lines = written.getvalue()
    assert "it broke" in lines
    assert "/api/v1/users/<id:user_id>/consents" in lines
    assert "secret-ann" not in lines
