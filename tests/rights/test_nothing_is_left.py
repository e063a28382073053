"""Once a person is erased, no table, no key of Redis and no stored file knows of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.erasure import forget_notices
from accounts.models import Change, LinkedAccount
from crossmarket.foundation import jobs
from crossmarket.foundation.redis import client
from crossmarket.rights import erasing
from crossmarket.rights.models import AskedBy, Erasure
from profiles.models import Event
from recommend.serving.record import _outbox
from tests.rights.marked import MARK, Marked, marked_person, others_of
from tests.rights.traces import all_tables, files_with, keys_with, tables_with

pytestmark = pytest.mark.django_db(transaction=True)

ABOUT_NOBODY = {
    "accounts_apikey",
    "accounts_changestream",
    "accounts_platform",
    "accounts_webhookendpoint",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "campaigns_campaign",
    "campaigns_campaign_platforms",
    "campaigns_campaign_segments",
    "campaigns_checkinplan",
    "campaigns_draw",
    "campaigns_heldback",
    "campaigns_lotteryplan",
    "campaigns_milestone",
    "campaigns_outreachpolicy",
    "campaigns_prize",
    "campaigns_prizeday",
    "django_content_type",
    "django_migrations",
    "profiles_arm",
    "profiles_cleaningprogress",
    "profiles_clustering",
    "profiles_course",
    "profiles_experiment",
    "profiles_profilemodel",
    "profiles_qualityday",
    "profiles_segment",
    "profiles_segmentclock",
    "profiles_segmentday",
    "profiles_segmentsummary",
    "promotions_batchday",
    "promotions_claimlink",
    "promotions_couponbatch",
    "promotions_couponbatch_segments",
    "promotions_entry",
    "promotions_exclusivecontent",
    "promotions_exclusivecontent_batches",
    "promotions_exclusivecontent_platforms",
    "promotions_exclusivecontent_segments",
    "promotions_lot",
    "promotions_lotuse",
    "promotions_offerprogram",
    "promotions_offerprogram_platforms",
    "promotions_offerprogram_segments",
    "promotions_offerterms",
    "promotions_refund",
    "promotions_refundline",
    "promotions_use",
    "recommend_armmodel",
    "recommend_coursefeatures",
    "recommend_courseshowing",
    "recommend_exploredplacement",
    "recommend_exploringprogress",
    "recommend_modelversion",
    "recommend_placement",
    "recommend_search",
    "recommend_segmenttaste",
    "recommend_shadow",
    "recommend_trainingschedule",
    "socialaccount_socialapp",
}
"""Tables that tell of nobody. Any other must have something about the marked person, so that its removal is seen."""
TOLD_BY_FILES = {"profiles_fileimport"}
"""Tables that name files in which people stand."""
ONLY_WHILE_IT_GOES_ON = {"accounts_tombstone", "rights_erasure"}
"""What the erasure itself writes down."""


@pytest.fixture
def person() -> Marked:
    return marked_person()


def done(erasure: Erasure) -> Erasure:
    """The erasure once a worker has done it, where one must: files are looked through."""
    erasure = erasing.carry_out(erasure)
    jobs.run(erasure.job.pk)
    erasure.refresh_from_db()
    assert erasure.is_done, (erasure.job.error, list(erasure.job.log_lines.values_list("message", flat=True)))
    return erasure


def check_that_every_table_is_looked_into(person: Marked) -> None:
    known = ABOUT_NOBODY | TOLD_BY_FILES | ONLY_WHILE_IT_GOES_ON
    new = set(all_tables()) - tables_with(person.marks) - known
    assert not new, (
        "Of these tables nobody knows yet what becomes of them when a person is erased. Write something about the "
        "marked person into them (tests/rights/marked.py), and add a verb to crossmarket/rights/rooms.py if they do "
        "not go with the account; or say in ABOUT_NOBODY that they tell of nobody."
    )
    _outbox.flush()
    assert keys_with(person.marks)
    assert len(files_with([MARK])) == 3


def test_an_erased_person_is_nowhere(person: Marked) -> None:
    check_that_every_table_is_looked_into(person)
    before = others_of(person.shop)
    everyone = LinkedAccount.objects.filter(person=person.account.person)
    erasure = done(erasing.ask(AskedBy.PERSON, everyone))
    assert tables_with(person.marks) == {"accounts_change"}, "their platforms are told once more of them"
    assert list(Change.objects.filter(user_id=MARK).values_list("type", flat=True)) == ["user.erased"]
    assert keys_with(person.marks) == set()
    assert files_with(person.marks) == set()
    assert others_of(person.shop) == before
    forget_notices(timezone.now() + timedelta(days=8))
    assert tables_with(person.marks) == set()
    for kind in ("events", "rejected_events", "profiles", "recommendations", "exposures", "consents", "users"):
        assert erasure.removed[kind], (kind, erasure.removed)
    assert erasure.removed["linked_accounts"] == 2
    assert erasure.removed["events"] == 4


def test_an_account_is_erased_by_itself(person: Marked) -> None:
    erasure = done(erasing.ask(AskedBy.PLATFORM, [person.account], person.shop.platform))
    assert erasure.removed["linked_accounts"] == 1
    assert not LinkedAccount.objects.filter(pk=person.account.pk).exists()
    person.house.refresh_from_db()
    person.user.refresh_from_db()
    assert person.house.person_id == person.account.person_id
    assert tables_with([str(person.account.pk)]) == set()
    assert keys_with([str(person.account.pk)]) == set()
    assert not Event.objects.filter(context__page=MARK).exists()
    assert client().exists("recommendations:pending") == 0
