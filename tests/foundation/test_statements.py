"""Statements that are planned once a connection."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import LinkedAccount, Platform
from crossmarket.foundation.statements import Rows, Statement
from tests.factories import LinkedAccountFactory, PlatformFactory

pytestmark = pytest.mark.django_db


def new_statement() -> Statement:
    return Statement(
        f"test_{uuid4().hex}",
        {"wanted": "bigint[]", "more": "bigint"},
        "SELECT one + %(more)s FROM unnest(%(wanted)s) one ORDER BY 1",
    )


def asked(statement: Statement) -> tuple[list[tuple[int]], list[str]]:
    with CaptureQueriesContext(connection) as seen:
        rows = statement.rows(wanted=[3, 1], more=10)
    return rows, [each["sql"].split()[0] for each in seen.captured_queries]


def test_a_statement_is_planned_once_and_its_values_go_by_name():
    statement = new_statement()
    assert asked(statement) == ([(11,), (13,)], ["PREPARE", "EXECUTE"])
    assert asked(statement) == ([(11,), (13,)], ["EXECUTE"])


def test_a_plan_outlives_a_transaction_that_was_undone():
    statement = new_statement()
    with transaction.atomic():
        assert asked(statement)[1] == ["PREPARE", "EXECUTE"]
        transaction.set_rollback(True)
    assert asked(statement)[1] == ["EXECUTE"]


def test_where_connections_are_pooled_by_transaction_nothing_is_prepared(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert asked(new_statement()) == ([(11,), (13,)], ["SELECT"])


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_plans_anew():
    statement = new_statement()
    asked(statement)
    connection.close()
    assert asked(statement) == ([(11,), (13,)], ["PREPARE", "EXECUTE"])


def test_a_statement_that_breaks_a_rule_says_so_as_always():
    shop = PlatformFactory()
    doubled = Statement(f"test_{uuid4().hex}", {"slug": "text"}, "UPDATE accounts_platform SET slug = %(slug)s")
    PlatformFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        doubled.run(slug="same")
    Platform.objects.exclude(pk=shop.pk).delete()
    assert doubled.run(slug="same") == 1


def test_rows_are_read_as_the_model_reads_them():
    account = LinkedAccountFactory(traits={"city": "杭州"})
    rows = Rows(LinkedAccount, "known")
    text = f"SELECT {rows.columns}, 7 FROM accounts_linkedaccount known WHERE id = %(key)s"
    (found,) = Statement(f"test_{uuid4().hex}", {"key": "bigint"}, text).rows(key=account.pk)
    read = rows.row(found)
    expected = LinkedAccount.objects.get(pk=account.pk)
    for field in LinkedAccount._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(expected, field.attname)
    assert found[rows.width :] == (7,)
    read.save()
    assert LinkedAccount.objects.filter(pk=account.pk, traits=F("traits")).count() == 1
