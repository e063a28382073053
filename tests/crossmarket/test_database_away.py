"""While the database is away everybody is asked to come again in a moment: no page for programs, no 500 for anybody."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from tests.partner import Partner, new_partner, problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner() -> Partner:
    """One whose key is known, as of somebody who has called before."""
    partner = new_partner()
    assert partner.post("/validations", {}).status_code == 422
    return partner


@pytest.fixture
def away(partner: Partner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """PostgreSQL is looked for where nobody answers."""
    connection.close()
    with monkeypatch.context() as changed:
        changed.setitem(connection.settings_dict, "HOST", str(tmp_path))
        yield
        connection.close()


def test_programs_are_told_so_as_a_problem(partner: Partner, away: None) -> None:
    order = {"order_id": "1", "amount": 1, "currency": "CNY"}
    body = {"user_id": "li", "codes": ["ONE"], "order": order}
    calls: list[Callable[[], object]] = [
        lambda: partner.post("/validations", body),
        lambda: partner.post("/redemptions", body, headers={"Idempotency-Key": "one"}),
        lambda: partner.get("/users/li/offers"),
    ]
    for call in calls:
        answer = call()
        problem(answer, 503, "unavailable")  # type: ignore[arg-type]
        assert answer.headers["Retry-After"] == "1"  # type: ignore[attr-defined]


def test_people_are_shown_a_page_that_says_so(partner: Partner, away: None) -> None:
    answer = Client(raise_request_exception=False).get("/courses/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.headers["Content-Type"].startswith("text/html")
