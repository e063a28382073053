"""Calls that are sent twice count once."""

import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crossmarket.foundation import idempotency
from crossmarket.foundation.models import Job, KeptAnswer
from crossmarket.foundation.problems import Problem
from tests.factories import JobFactory
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db


def request_with(key: str | None) -> HttpRequest:
    request = HttpRequest()
    if key is not None:
        request.META["HTTP_IDEMPOTENCY_KEY"] = key
    return request


def wait_until(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def ask(key: str | None = "key", body: bytes = b"{}", work=None, scope: str = "scope") -> HttpResponse:
    return idempotency.once(request_with(key), scope, "somebody", body, work or make_job)


def make_job() -> HttpResponse:
    return HttpResponse(str(JobFactory().pk), status=201, content_type="text/plain")


def test_the_first_answer_is_given_again_byte_for_byte():
    first, second = ask(), ask()
    assert (first.content, first.status_code, first.headers["Content-Type"]) == (
        second.content,
        second.status_code,
        second.headers["Content-Type"],
    )
    assert Job.objects.count() == 1


def test_without_a_key_and_under_another_key_or_scope_the_call_counts_again():
    for options in ({}, {"key": None}, {"key": None}, {"key": "another"}, {"scope": "another"}):
        ask(**options)
    assert Job.objects.count() == 5


def test_a_key_stands_for_one_body():
    ask()
    with pytest.raises(Problem) as refused:
        ask(body=b"[]")
    assert (refused.value.status, refused.value.code) == (422, "idempotency_key_reused")


def test_a_refusal_changes_nothing_and_is_given_again():
    def refuse() -> HttpResponse:
        JobFactory()
        raise Problem(422, "exhausted", "Nothing is left.")

    answers = [ask(work=refuse), ask(work=make_job)]
    assert [(each.status_code, each.content) for each in answers] == [(422, answers[0].content)] * 2
    assert not Job.objects.exists()


def test_what_breaks_is_forgotten_and_can_be_sent_again():
    def fail() -> HttpResponse:
        JobFactory()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(work=fail)
    assert not Job.objects.exists()
    assert ask().status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
def test_a_key_is_a_short_text(key):
    with pytest.raises(Problem) as refused:
        ask(key=key)
    assert refused.value.code == "invalid_idempotency_key"


@pytest.mark.django_db(transaction=True)
def test_while_the_first_call_runs_others_are_told_so(tmp_path):
    begun, tried = tmp_path / "begun", tmp_path / "tried"

    def work() -> HttpResponse:
        begun.touch()
        wait_until(tried)
        return HttpResponse("done", content_type="text/plain")

    def first() -> str:
        return ask(work=work).content.decode()

    def second() -> str:
        wait_until(begun)
        try:
            ask()
        except Problem as refused:
            return refused.code
        finally:
            tried.touch()
        return "served"

    assert side_by_side(first, second) == ["done", "request_in_progress"]
    assert ask().content == b"done"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done():
    def outcome(_number: int) -> str:
        try:
            return ask().content.decode()
        except Problem as refused:
            return refused.code

    answers = side_by_side(*[partial(outcome, number) for number in range(6)])
    assert Job.objects.count() == 1
    assert set(answers) <= {str(Job.objects.get().pk), "request_in_progress"}


def test_answers_go_when_they_have_had_their_time_or_whom_they_concern():
    for key in ("old", "young"):
        ask(key=key)
    KeptAnswer.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=49))
    assert idempotency.forget_old() == 1
    assert idempotency.forget("somebody") == 1
