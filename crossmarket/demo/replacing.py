"""Emptying a demo's database, so that another demo can take its place."""

from django.db import connection, transaction

from accounts.models import Person, Platform, User
from campaigns.models import Campaign
from crossmarket.foundation import generations
from profiles.models import Clustering, Experiment, Segment
from promotions.models import CouponBatch, Purse, Transfer


@transaction.atomic
def empty() -> None:
    """Remove all platforms, persons, logins, experiments, segments, coupons and campaigns; trained models stay."""
    models = (Platform, Person, User, Experiment, Segment, Clustering, CouponBatch, Campaign, Purse, Transfer)
    tables = ", ".join(model._meta.db_table for model in models)  # noqa: SLF001 (Django's own public name)
    with connection.cursor() as cursor:
        # Checks still due at the end of the transaction would keep the tables from being emptied.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    for subject in (generations.API_KEYS, generations.CATALOGUE):
        generations.renew_on_commit(subject)
