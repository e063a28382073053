"""Rows for tests, each valid by itself and different from the others."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import (
    Change,
    Consent,
    ConsentSource,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    LinkedAccount,
    Match,
    Person,
    Platform,
    Purpose,
    RegroupedAccount,
    Regrouping,
    RegroupingCause,
    RegroupingKind,
    User,
    WebhookEndpoint,
)
from campaigns.models import Campaign, CampaignKind, CampaignState, CheckInPlan, LotteryPlan, Prize, RewardKind
from campaigns.services import publishing_terms
from crossmarket.foundation.models import Job, JobState
from crossmarket.rights.models import AskedBy, Erasure, Export
from profiles.ingest.mapping import EXAMPLES
from profiles.models import (
    Arm,
    Clustering,
    Course,
    Event,
    EventType,
    Experiment,
    FileImport,
    FileShape,
    PlatformMapping,
    Profile,
    ProfileModel,
    QualityDay,
    RejectedEvent,
    Segment,
)
from promotions.models import (
    BatchState,
    ClaimLink,
    CodeKind,
    ContentState,
    Coupon,
    CouponBatch,
    ExclusiveContent,
    Offer,
    OfferProgram,
    ProgramState,
    Redemption,
)
from promotions.pricing.benefits import BenefitKind
from recommend.models import ExploredPlacement, ModelVersion, Placement, Recommendation, Search

PASSWORD = "correct horse battery"
"""The password of every user made here."""


class PlatformFactory(DjangoModelFactory):
    """A partner platform."""

    class Meta:
        model = Platform

    slug = factory.Sequence(lambda number: f"platform-{number}")
    name = factory.Sequence(lambda number: f"平台 {number}")


class UserFactory(DjangoModelFactory):
    """Somebody who can sign in with `PASSWORD`."""

    class Meta:
        model = User

    email = factory.Sequence(lambda number: f"learner{number}@example.com")
    name = "小鹿"

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(**{"password": PASSWORD, **fields})


class PersonFactory(DjangoModelFactory):
    """A person without accounts."""

    class Meta:
        model = Person


class LinkedAccountFactory(DjangoModelFactory):
    """An account on a platform of its own, with a person of its own."""

    class Meta:
        model = LinkedAccount

    platform = factory.SubFactory(PlatformFactory)
    external_id = factory.Sequence(lambda number: f"user-{number}")
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))
    person = factory.SubFactory(PersonFactory, created_at=factory.SelfAttribute("..created_at"))


class RegroupingFactory(DjangoModelFactory):
    """A joining of two accounts by a code, written down; nothing holds them together any more."""

    class Meta:
        model = Regrouping
        skip_postgeneration_save = True

    kind = RegroupingKind.JOINED
    cause = RegroupingCause.LINK_CODE

    @factory.post_generation
    def accounts(self, create: bool, extracted: Any, **fields: Any) -> None:
        """The two."""
        for account in (LinkedAccountFactory(), LinkedAccountFactory()):
            person = {"person_before": account.person_id, "person_after": account.person_id}
            RegroupedAccount.objects.create(regrouping=self, account=account, is_end=True, **person)


class MatchFactory(DjangoModelFactory):
    """Two accounts of the same name in different cities, about whom nothing was decided."""

    class Meta:
        model = Match

    first = factory.SubFactory(LinkedAccountFactory)
    second = factory.SubFactory(LinkedAccountFactory)
    score = 0.87
    evidence = factory.LazyFunction(lambda: [["name", "same", 9.1], ["city", "other", -2.5]])


class CourseFactory(DjangoModelFactory):
    """A listed course that costs 99 yuan, on a platform of its own."""

    class Meta:
        model = Course

    platform = factory.SubFactory(PlatformFactory)
    item_id = factory.Sequence(lambda number: f"item-{number}")
    title = factory.Sequence(lambda number: f"课程 {number}")
    category = "编程开发"
    teacher = "林一"
    price = 9_900
    url = factory.LazyAttribute(lambda course: f"https://learn.example/{course.item_id}")
    published_at = factory.Sequence(lambda number: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number))


class EventFactory(DjangoModelFactory):
    """A view of a course, by an account on the course's platform."""

    class Meta:
        model = Event

    course = factory.SubFactory(CourseFactory)
    platform = factory.LazyAttribute(lambda event: event.course.platform)
    account = factory.SubFactory(LinkedAccountFactory, platform=factory.SelfAttribute("..platform"))
    message_id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    type = EventType.VIEW
    timestamp = factory.Sequence(lambda number: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=number))


class RatingFactory(EventFactory):
    """A rating of four stars."""

    type = EventType.RATING
    value = 4


class CommentFactory(EventFactory):
    """A comment."""

    type = EventType.COMMENT
    context = factory.LazyFunction(lambda: {"text": "讲得很清楚"})


class ConsentFactory(DjangoModelFactory):
    """A statement by a platform that one of its users agrees to recommendations."""

    class Meta:
        model = Consent

    account = factory.SubFactory(LinkedAccountFactory)
    purpose = Purpose.RECOMMENDATION
    granted = True
    source = ConsentSource.PLATFORM


class ChangeFactory(DjangoModelFactory):
    """Two accounts were joined; the change has no place in the stream yet."""

    class Meta:
        model = Change

    platform = factory.SubFactory(PlatformFactory)
    type = "account.joined"
    user_id = factory.Sequence(lambda number: f"user-{number}")
    data = factory.LazyAttribute(lambda change: {"user_id": change.user_id, "platforms": ["tide"]})
    happened_at = factory.LazyFunction(lambda: datetime.now(UTC))


class WebhookEndpointFactory(DjangoModelFactory):
    """An endpoint that is told everything, on a platform of its own."""

    class Meta:
        model = WebhookEndpoint

    platform = factory.SubFactory(PlatformFactory)
    url = "https://shop.example/webhooks"


class DeliveryFactory(DjangoModelFactory):
    """A delivery that was given up, with one answer."""

    class Meta:
        model = Delivery
        skip_postgeneration_save = True

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    change = factory.SubFactory(
        ChangeFactory,
        platform=factory.SelfAttribute("..endpoint.platform"),
        position=factory.SelfAttribute("..position"),
    )
    user_id = factory.SelfAttribute("change.user_id")
    position = factory.Sequence(lambda number: number + 1)
    state = DeliveryState.PARKED
    attempts = 33
    waiting_since = factory.LazyFunction(lambda: datetime.now(UTC) - timedelta(days=1))
    due_at = factory.LazyFunction(lambda: datetime.now(UTC))

    @factory.post_generation
    def answers(self, create: bool, extracted: Any, **fields: Any) -> None:
        """The last answer."""
        DeliveryAttempt.objects.create(delivery=self, status=500, words="<b>oops</b>", seconds=0.2)


class RejectedEventFactory(DjangoModelFactory):
    """A view whose type was mistyped."""

    class Meta:
        model = RejectedEvent

    platform = factory.SubFactory(PlatformFactory)
    payload = factory.LazyFunction(
        lambda: (
            f'{{"message_id": "{uuid.uuid4()}", "type": "vieuw", "user_id": "u1", "item_id": "c1", '
            '"timestamp": "2026-02-01T10:00:00+08:00"}'
        )
    )
    code = "invalid_field"
    detail = "/type: Invalid enum value 'vieuw'"


class QualityDayFactory(DjangoModelFactory):
    """A hundred events that a platform sent today."""

    class Meta:
        model = QualityDay

    platform = factory.SubFactory(PlatformFactory)
    day = factory.LazyFunction(timezone.localdate)
    step = "seen"
    events = 100


class JobFactory(DjangoModelFactory):
    """A job that waits, in nobody's queue."""

    class Meta:
        model = Job

    kind = "recommend.train"
    arguments = factory.LazyFunction(
        lambda: {"algorithm_name": "popularity", "settings": {}, "activation": "if_better"}
    )
    state = JobState.QUEUED


class ModelVersionFactory(DjangoModelFactory):
    """A trained model that does not answer; its arrays are not stored anywhere."""

    class Meta:
        model = ModelVersion

    algorithm = "bilinear"
    number = factory.Sequence(lambda number: number + 1)
    metrics = factory.LazyFunction(lambda: {"ndcg@10": 0.21, "recall@10": 0.4})
    loss_curve = factory.LazyFunction(
        lambda: [
            {"epoch": 1, "training_loss": 0.7, "validation_loss": 0.72},
            {"epoch": 2, "training_loss": 0.6, "validation_loss": 0.65},
        ]
    )
    learners = 10
    courses = 20
    interactions = 300
    fit_seconds = 1.5


class RecommendationFactory(DjangoModelFactory):
    """An answer to the placement `home`."""

    class Meta:
        model = Recommendation

    id = factory.LazyFunction(uuid.uuid4)
    account = factory.SubFactory(LinkedAccountFactory)
    platform = factory.SelfAttribute("account.platform")
    placement = "home"
    model = factory.SubFactory(ModelVersionFactory)
    course_ids = factory.LazyFunction(list)
    source = "model"
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))


class ExploredPlacementFactory(DjangoModelFactory):
    """What exploring has taught of the placement `home`: nothing yet."""

    class Meta:
        model = ExploredPlacement

    platform = factory.SubFactory(PlatformFactory)
    placement = "home"


class PlacementFactory(DjangoModelFactory):
    """The placement `home` of a platform, by the rules that hold anyway."""

    class Meta:
        model = Placement

    platform = factory.SubFactory(PlatformFactory)
    key = "home"


class PlatformMappingFactory(DjangoModelFactory):
    """The mapping of a course site, with its samples."""

    class Meta:
        model = PlatformMapping

    platform = factory.SubFactory(PlatformFactory)
    document = EXAMPLES["course_site"].document
    sample_event = EXAMPLES["course_site"].event
    sample_item = EXAMPLES["course_site"].item


class ExperimentFactory(DjangoModelFactory):
    """A draft that asks whether anything is bought within a week, without arms."""

    class Meta:
        model = Experiment

    slug = factory.Sequence(lambda number: f"experiment-{number}")
    name = factory.Sequence(lambda number: f"实验 {number}")
    outcome_types = factory.LazyFunction(lambda: [EventType.PURCHASE])
    outcome_days = 7
    history_days = 7
    excludes_holdout = False


class ArmFactory(DjangoModelFactory):
    """An arm beside the control, of an experiment of its own."""

    class Meta:
        model = Arm

    experiment = factory.SubFactory(ExperimentFactory)
    slug = factory.Sequence(lambda number: f"arm-{number}")
    name = factory.Sequence(lambda number: f"方案 {number}")


class FileImportFactory(DjangoModelFactory):
    """A small file of events with our own names, not started."""

    class Meta:
        model = FileImport

    platform = factory.SubFactory(PlatformFactory)
    name = "events.csv"
    shape = FileShape.OWN_NAMES
    file = factory.django.FileField(
        data=b"type,user_id,timestamp\nview,u1,2026-03-01 20:15:00\n", filename="events.csv"
    )


class ProfileModelFactory(DjangoModelFactory):
    """A profile model with which all profiles were built; its arrays are not stored anywhere."""

    class Meta:
        model = ProfileModel

    number = factory.Sequence(lambda number: number + 1)
    persons = 100
    courses = 20
    topics = factory.LazyFunction(lambda: ["数据库", "考研"])
    explained = factory.LazyFunction(lambda: [0.4, 0.2])
    drift = factory.LazyFunction(lambda: {"events": 0.12})
    completed_at = factory.LazyFunction(lambda: datetime.now(UTC))


class ClusteringFactory(DjangoModelFactory):
    """A search that found three clusters."""

    class Meta:
        model = Clustering

    number = factory.Sequence(lambda number: number + 1)
    algorithm = "kmeans"
    view = "tastes"
    scores = factory.LazyFunction(lambda: {"2": 0.2, "3": 0.4, "4": 0.3})
    persons = 30
    clusters = factory.LazyFunction(lambda: [0, 1, 2])
    sizes = factory.LazyFunction(lambda: [12, 10, 8])
    told = factory.LazyFunction(lambda: [{"interests": ["数据库"]}, {"interests": ["考研"]}, {}])
    job = factory.SubFactory(JobFactory)


class ProfileFactory(DjangoModelFactory):
    """The profile of somebody who did one thing."""

    class Meta:
        model = Profile

    account = factory.SubFactory(LinkedAccountFactory)
    account_ids = factory.LazyAttribute(lambda profile: [profile.account.pk])
    traits = factory.LazyFunction(
        lambda: {
            "events": 1,
            "hours": {"habit": "night"},
            "spending": {"tier": None, "percentile": 0.5},
        }
    )
    vector = factory.LazyFunction(lambda: [0.5, -0.5])
    model = factory.SubFactory(ProfileModelFactory)
    fresh_at = factory.LazyFunction(lambda: datetime.now(UTC))


class SegmentFactory(DjangoModelFactory):
    """Those who viewed something, without members yet."""

    class Meta:
        model = Segment

    key = factory.Sequence(lambda number: f"segment-{number}")
    name = factory.Sequence(lambda number: f"分群 {number}")
    rule = factory.LazyFunction(lambda: {"did": {"type": "view"}})


class ErasureFactory(DjangoModelFactory):
    """A platform had one of its users erased, of whom there was a little."""

    class Meta:
        model = Erasure

    asked_by = AskedBy.PLATFORM
    platform = factory.SubFactory(PlatformFactory)
    removed = factory.LazyFunction(lambda: {"events": 3, "linked_accounts": 1})
    erased_at = factory.LazyFunction(lambda: datetime.now(UTC))


class ExportFactory(DjangoModelFactory):
    """An archive that a person asked for and that nobody has made yet."""

    class Meta:
        model = Export

    account = factory.SubFactory(LinkedAccountFactory)
    asked_by = AskedBy.PERSON
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(days=3))


class CouponBatchFactory(DjangoModelFactory):
    """A live batch without any limit, one code for everybody, that takes 1.00 off any order."""

    class Meta:
        model = CouponBatch

    name = factory.Sequence("batch {}".format)
    state = BatchState.LIVE
    benefit = BenefitKind.AMOUNT
    value = 100
    limit_person = None
    code_kind = CodeKind.SHARED
    shared_code = factory.Sequence("CODE{}".format)


class ExclusiveContentFactory(DjangoModelFactory):
    """A published article that is open to nobody yet."""

    class Meta:
        model = ExclusiveContent

    title = factory.Sequence("article {}".format)
    text = "# Hello"
    state = ContentState.PUBLISHED


class CouponFactory(DjangoModelFactory):
    """A coupon with a code of its own, which nobody has claimed."""

    class Meta:
        model = Coupon

    batch = factory.SubFactory(CouponBatchFactory, code_kind=CodeKind.UNIQUE, shared_code="")
    code = factory.Sequence("COUPON{}".format)


class OfferProgramFactory(DjangoModelFactory):
    """A running program of personal offers on everything, with a large budget."""

    class Meta:
        model = OfferProgram

    name = factory.Sequence("offers {}".format)
    state = ProgramState.RUNNING
    batch = factory.SubFactory(
        CouponBatchFactory, benefit=BenefitKind.PERCENT, value=1_000, code_kind=CodeKind.UNIQUE, shared_code=""
    )
    budget = 1_000_000


class OfferFactory(DjangoModelFactory):
    """A decision to offer a tenth off, with nothing known of what came of it."""

    class Meta:
        model = Offer

    program = factory.SubFactory(OfferProgramFactory)
    account = factory.SubFactory(LinkedAccountFactory)
    course = factory.SubFactory(CourseFactory)
    price = 10_000
    level = 1_000
    explored = True
    propensity = 0.25
    ladder = [1_000]
    counts_until = factory.LazyFunction(lambda: timezone.now() + timedelta(days=14))


class ClaimLinkFactory(DjangoModelFactory):
    """A link to a live batch, with a channel of its own."""

    class Meta:
        model = ClaimLink

    batch = factory.SubFactory(CouponBatchFactory)
    channel = factory.Sequence("channel {}".format)


class RedemptionFactory(DjangoModelFactory):
    """Coupons set aside for an order, for a quarter of an hour."""

    class Meta:
        model = Redemption

    account = factory.SubFactory(LinkedAccountFactory)
    platform = factory.SelfAttribute("account.platform")
    order_id = factory.Sequence("order {}".format)
    currency = "CNY"
    amount = 1_000
    discount = 100
    lines = [["item", 1_000, 1]]
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=15))


class SearchFactory(DjangoModelFactory):
    """A search for settings that was just begun."""

    class Meta:
        model = Search

    algorithm = "ease"
    trials_asked = 10


class CampaignFactory(DjangoModelFactory):
    """A running campaign of daily check-ins, open to everybody, that gives nothing."""

    class Meta:
        model = Campaign
        skip_postgeneration_save = True

    name = factory.Sequence("campaign {}".format)
    kind = CampaignKind.CHECK_IN
    state = CampaignState.RUNNING

    @factory.post_generation
    def plan(self, create: bool, extracted: dict[str, Any] | None, **_: Any) -> None:
        """The plan of its kind; `plan={…}` says what is in it."""
        kind = CheckInPlan if self.kind == CampaignKind.CHECK_IN else LotteryPlan
        kind.objects.create(campaign=self, **(extracted or {}))


class PrizeFactory(DjangoModelFactory):
    """A prize of a lottery without any limit."""

    class Meta:
        model = Prize

    campaign = factory.SubFactory(CampaignFactory, kind=CampaignKind.LOTTERY)
    name = factory.Sequence("prize {}".format)
    reward = RewardKind.THANKS


def running_lottery(prizes: list[dict[str, Any]], plan: dict[str, Any] | None = None, **fields: Any) -> Campaign:
    """A running lottery with these prizes, whose terms are published; `guaranteed` in a plan is a prize's place."""
    told = {"free_daily": 10_000, **(plan or {})}
    place = told.pop("guaranteed", None)
    campaign = CampaignFactory(kind=CampaignKind.LOTTERY, plan=told, **fields)
    made = [PrizeFactory(campaign=campaign, **prize) for prize in prizes]
    if place is not None:
        LotteryPlan.objects.filter(campaign=campaign).update(guaranteed=made[place])
    campaign = Campaign.objects.get(pk=campaign.pk)
    publishing_terms.publish(campaign)
    return campaign
