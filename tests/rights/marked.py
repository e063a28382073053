"""A person of whom there is something in every table, each with a mark by which it is found again."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from accounts.models import Change, ConsentSource, Delivery, LinkedAccount, Match, Purpose, User
from accounts.services import deliveries, linking, match_queue, stirring, webhooks
from accounts.services.accounts import UserDescription, describe_users, house_account
from accounts.services.consents import state_consents
from campaigns.models import Blocked, Draw, HeldBack, LeftLeaderboard, Message, MessageKind, Parcel
from campaigns.services import chances, outreach
from campaigns.services.outreach import Words
from crossmarket.foundation import audit, jobs
from crossmarket.foundation.models import Job, JobLogLine, JobState
from crossmarket.rights import exporting
from crossmarket.rights.models import AskedBy
from profiles import experiments
from profiles.models import Event, EventFlag, FileImport, RejectedEvent, SegmentMember, TypicalMember
from profiles.profiling.building import enqueue_build
from promotions.models import PersonalOffersChoice
from promotions.services import contents, gifting, points
from recommend.models import Recommendation, Shadow, ShadowAnswer
from recommend.serving.record import store_pending
from tests.factories import (
    ArmFactory,
    CampaignFactory,
    ClusteringFactory,
    CouponBatchFactory,
    CouponFactory,
    DeliveryFactory,
    ExclusiveContentFactory,
    ExperimentFactory,
    FileImportFactory,
    JobFactory,
    LinkedAccountFactory,
    ModelVersionFactory,
    OfferFactory,
    PlatformMappingFactory,
    RejectedEventFactory,
    SegmentFactory,
    UserFactory,
    WebhookEndpointFactory,
    running_lottery,
)
from tests.partner import Partner, batch, event, item, new_partner

MARK = "mark7f3e9a"
"""Stands in everything that is told about the person, and nowhere else."""
FIRST_ACCOUNT, FIRST_USER, FIRST_EVENT = 7_654_321_001, 6_543_210_001, 5_432_100_001
"""Keys that are found again in any text, as 17 would not be."""


@dataclass
class Marked:
    """The person: a login, the account on our own pages, and one on a partner's platform; and somebody else there."""

    shop: Partner
    user: User
    house: LinkedAccount
    account: LinkedAccount
    other: LinkedAccount
    flagged: Event
    browser: Client

    @property
    def marks(self) -> list[str]:
        """What must not be found any more."""
        keys = [self.house.pk, self.account.pk, self.user.pk, self.account.person_id, self.flagged.pk]
        return [MARK, *map(str, keys)]


def marked_person() -> Marked:
    """Somebody of whom everything is known."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE accounts_linkedaccount ALTER COLUMN id RESTART WITH {FIRST_ACCOUNT}")
        cursor.execute(f"ALTER TABLE accounts_user ALTER COLUMN id RESTART WITH {FIRST_USER}")
        cursor.execute(f"ALTER TABLE profiles_event ALTER COLUMN id RESTART WITH {FIRST_EVENT}")
    user = _login()
    shop = new_partner()
    shop.post("/items", batch(*(item(f"c{number}") for number in range(4))))
    for who in (MARK, "other"):
        shop.post("/events", batch(*(event(user_id=who, item_id=f"c{n}", context={"page": who}) for n in range(4))))
    house, account = house_account(user), shop.platform.accounts.get(external_id=MARK)
    _is_told_of(shop)
    _joined(user, house, account)
    account = shop.platform.accounts.get(external_id=MARK)
    house.refresh_from_db()
    _is_studied(shop, [house, account])
    _is_told_about(account)
    _uses_coupons(shop)
    _has_points(account)
    _gives_a_coupon(account)
    _is_offered(account, shop)
    contents.open_to(account, ExclusiveContentFactory(), "draw", MARK)
    _takes_part(shop, account)
    _is_worked_on(user, house, account)
    export = exporting.start(house, AskedBy.PERSON, whole_person=True, to_worker=False)
    assert jobs.run(export.job_id).state == JobState.SUCCEEDED
    browser = Client()
    browser.force_login(user)
    other = shop.platform.accounts.get(external_id="other")
    return Marked(shop, user, house, account, other, EventFlag.objects.get().event, browser)


def _login() -> User:
    user = UserFactory(email=f"{MARK}@example.com", name=MARK)
    user.groups.add(Group.objects.get_or_create(name="readers")[0])
    user.user_permissions.add(Permission.objects.first())
    address = EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    EmailConfirmation.objects.create(email_address=address, key=MARK)
    Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": MARK})
    provider = SocialAccount.objects.create(user=user, provider="x", uid=MARK, extra_data={"name": MARK})
    app = SocialApp.objects.create(provider="x", name="x", client_id="x")
    SocialToken.objects.create(app=app, account=provider, token=MARK)
    return user


def _is_told_of(shop: Partner) -> None:
    traits = {"nickname": MARK}
    describe_users(shop.platform, [UserDescription(MARK, traits, "a" * 64, "b" * 64), UserDescription("other")])
    PlatformMappingFactory(platform=shop.platform, sample_event=json.dumps({"student": {"no": MARK}}))
    shop.post("/events", batch(event(user_id=MARK, type="vieuw"), event(user_id="other", type="vieuw")))
    shop.post("/events/raw", batch({"student": {"no": MARK}, "action": "open"}, {"student": {"no": "other"}}))
    RejectedEventFactory(platform=shop.platform, payload=f'{{"user_id": "{MARK}", "broken')
    RejectedEventFactory(platform=shop.platform, payload=f'{{"text": "\\u4e2d", "who": ["{MARK}"]}}')
    rows = f"type,user_id,timestamp\nview,other,2026-03-01 20:15:00\nview,{MARK},2026-03-01 20:15:00\n"
    FileImportFactory(platform=shop.platform, file=ContentFile(rows.encode(), "events.csv"))
    half = FileImportFactory(platform=shop.platform, file="")
    refused = "".join(
        json.dumps({"row": 1, "code": "x", "reason": who, "content": json.dumps({"user_id": who})}) + "\n"
        for who in (MARK, "other")
    )
    half.rejects.save("events.csv.refused.jsonl", ContentFile(refused.encode()))


def _joined(user: User, house: LinkedAccount, account: LinkedAccount) -> None:
    for each in (house, account):
        state_consents(each, {Purpose.CROSS_PLATFORM: True}, "v1", ConsentSource.PERSON)
    linking.link(account, linking.create_link_code(house).code, user=user)
    match_queue.add([account.pk])
    stranger = LinkedAccountFactory()
    Match.objects.create(first=account, second=stranger, score=0.5)
    linking.create_link_code(account)


def _is_studied(shop: Partner, accounts: list[LinkedAccount]) -> None:
    shop.recommended(MARK), shop.recommended("other")
    store_pending()
    shadow = Shadow.objects.create(model=ModelVersionFactory(), looked_until=_now())
    for given in Recommendation.objects.all():
        ShadowAnswer.objects.create(shadow=shadow, recommendation=given, course_ids=[given.account_id], overlap=0)
    experiment = ExperimentFactory()
    ArmFactory(experiment=experiment, is_control=True)
    ArmFactory(experiment=experiment)
    experiments.expose(experiments.start(experiment), [each.pk for each in accounts])
    jobs.run(enqueue_build(to_worker=False).pk)
    everyone = SegmentFactory()
    for each in accounts:
        SegmentMember.objects.create(segment=everyone, account=each, entered_at=_now())
    TypicalMember.objects.create(clustering=ClusteringFactory(), account=accounts[1], cluster=0)
    stirring.stir([each.pk for each in accounts])
    EventFlag.objects.create(event=Event.objects.get(account=accounts[1], course__item_id="c1"), step="robot")
    shop.recommended(MARK)  # in Redis: sharing, history, and a note that nobody has stored yet


def _is_told_about(account: LinkedAccount) -> None:
    endpoint = WebhookEndpointFactory(platform=account.platform)
    deliveries.make_ready(account.platform_id)
    change = Change.objects.filter(user_id=MARK).first()
    assert change is None or change.user_id == MARK
    webhooks.wake([endpoint.pk])
    told = Change.objects.create(
        platform=account.platform, type="account.joined", user_id=MARK, data={"user_id": MARK}, happened_at=_now()
    )
    delivery = Delivery.objects.filter(change=told).first() or DeliveryFactory(
        endpoint=endpoint, change=told, position=10_000
    )
    delivery.answers.update(words=f"thank you for {MARK}")


def _uses_coupons(shop: Partner) -> None:
    batch_of_codes = CouponBatchFactory(code_kind="unique", shared_code="", limit_day=10)
    CouponFactory.create_batch(2, batch=batch_of_codes)
    order = {"amount": 500, "currency": "CNY"}
    for who in (MARK, "other"):
        code = shop.post("/coupons", {"batch_id": str(batch_of_codes.pk), "user_id": who}).json()["code"]
        body = {"user_id": who, "codes": [code], "order": {**order, "order_id": f"order of {who}"}}
        made = shop.post("/redemptions", body, headers={"Idempotency-Key": who})
        assert made.status_code == 201
        order_of = f"/redemptions/{made.json()['id']}"
        assert shop.post(f"{order_of}/commit").status_code == 200
        assert shop.post(f"{order_of}/refunds", {"amount": 100}, headers={"Idempotency-Key": who}).status_code == 201


def _is_offered(account: LinkedAccount, shop: Partner) -> None:
    for each in (account, shop.platform.accounts.get(external_id="other")):
        OfferFactory(account=each, course=shop.platform.courses.first(), inputs={"who": each.external_id})
    PersonalOffersChoice.objects.create(account=account, wanted=False)


def _gives_a_coupon(account: LinkedAccount) -> None:
    batch_of_gifts = CouponBatchFactory(code_kind="unique", shared_code="", may_be_given=True)
    mine = CouponFactory(batch=batch_of_gifts, state="held", holder=account, claimed_at=_now())
    gifting.give(mine, account)


def _has_points(account: LinkedAccount) -> None:
    points.earn(account, 5, "a", f"{MARK} 1")
    points.spend(account, 2, "b", f"{MARK} 2")


def _takes_part(shop: Partner, account: LinkedAccount) -> None:
    check_ins = CampaignFactory(plan={"daily_points": 1})
    lottery = running_lottery([{}], {"purchase_draws": 1})
    for who in (MARK, "other"):
        assert shop.post(f"/campaigns/{check_ins.pk}/check-ins", {"user_id": who}).status_code == 201
        body = {"user_id": who, "nonce": "n1"}
        drawn = shop.post(f"/campaigns/{lottery.pk}/draws", body, headers={"Idempotency-Key": who})
        assert drawn.status_code == 201
    chances.give(lottery, account, 1, f"{MARK} was invited")
    LeftLeaderboard.objects.create(campaign=check_ins, account=account)
    Parcel.objects.create(
        draw=Draw.objects.earliest("pk"), account=account, recipient=MARK, phone=MARK, address=f"to {MARK}"
    )
    Blocked.objects.create(account=account, why=MARK)
    outreach.queue(account, MessageKind.CAMPAIGN, f"to {MARK}", Words(MARK, f"Hello {MARK}"))
    outreach.unsubscribe(account, MessageKind.CAMPAIGN)
    HeldBack.objects.create(message=Message.objects.get(account=account), reason="too_soon")


def _is_worked_on(user: User, house: LinkedAccount, account: LinkedAccount) -> None:
    operator = UserFactory(is_staff=True)
    for row in (user, house, account, account.person):
        LogEntry.objects.create(
            user=operator,
            content_type=ContentType.objects.get_for_model(type(row)),
            object_id=str(row.pk),
            object_repr=MARK,
            action_flag=2,
            change_message=MARK,
        )
    LogEntry.objects.create(user=user, object_repr="nothing", action_flag=2)
    audit.record_about(CouponBatchFactory(), user, audit.CHANGED, {"value": [1, 2]})
    job: Job = JobFactory(error=f"IntegrityError: {MARK} is there already")
    JobLogLine.objects.create(job=job, message=f"Traceback (most recent call last)\n{MARK}")


def others_of(shop: Partner) -> dict[str, int]:
    """How much there is about the other user of the platform."""
    other = shop.platform.accounts.get(external_id="other")
    files = [each for each in FileImport.objects.all() if each.rejects]
    return {
        "events": other.events.count(),
        "rejected": RejectedEvent.objects.filter(payload__contains="other").count(),
        "refused_rows": sum(each.rejects.read().count(b"other") > 0 for each in files),
        "profiles": int(hasattr(other, "profile")),
    }


def _now() -> Any:
    return datetime.now(UTC) - timedelta(minutes=1)
