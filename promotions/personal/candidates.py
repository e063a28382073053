"""Who could be offered what: people who agree to it and have had their quiet, and courses that suit them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q

from accounts.models import LinkedAccount, Purpose
from accounts.models.platform import HOUSE_SLUG
from profiles.experimentation.splitting import is_held_out, uniform
from profiles.models import Course, Event, EventType, Profile, Segment, SegmentMember
from promotions import scope
from promotions.models import Offer, OfferProgram, PersonalOffersChoice
from promotions.personal.features import inputs_of
from promotions.pricing.benefits import WHOLE
from promotions.scope import CourseFacts
from recommend.serving.suggesting import suggested

COURSES_A_PERSON = 4
SUGGESTED = 6
LOOKED_AT = timedelta(days=30)
AT_ONCE = 500
LOOKS = (EventType.VIEW, EventType.CLICK, EventType.LIKE)


@dataclass(frozen=True)
class Candidate:
    """A person's account and a course that it could be offered. inputs: what a model is told of both."""

    account: LinkedAccount
    course: Course
    inputs: dict[str, Any]


def candidates_of(
    program: OfferProgram, moment: datetime, told: Callable[[int, int], None] = lambda _done, _total: None
) -> list[Candidate]:
    """All that the program may decide on now. told: hears how many profiles are done, of how many."""
    profiles = Profile.objects.standing().order_by("pk")
    total, done = profiles.count(), 0
    found: list[Candidate] = []
    seen: set[UUID] = set()
    rows = profiles.iterator(AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        found += _of_profiles(program, some, moment, seen)
        done += len(some)
        told(done, total)
    return found


def may_be_offered(program: OfferProgram, account_ids: list[int], moment: datetime) -> list[LinkedAccount]:
    """Of these accounts, those that the program may make an offer to now, by consent, choice, quiet and holdout."""
    accounts = LinkedAccount.objects.filter(
        pk__in=account_ids,
    ).exclude(platform__slug=HOUSE_SLUG)
    accounts = accounts.consenting(Purpose.PROFILING, Purpose.MARKETING).select_related("platform")
    refusing = PersonalOffersChoice.objects.refusing().values("account__person_id")
    accounts = accounts.exclude(person_id__in=refusing)
    if platforms := list(program.platforms.values_list("pk", flat=True)):
        accounts = accounts.filter(platform__in=platforms)
    if segments := list(program.segments.all()):
        accounts = accounts.filter(pk__in=_members(segments))
    found = [each for each in accounts.order_by("pk") if not _is_held_out(program, each.person_id)]
    busy = _busy(program, {each.person_id for each in found}, moment)
    return [each for each in found if each.person_id not in busy]


def _members(segments: list[Segment]) -> set[int]:

    return set(SegmentMember.objects.standing().filter(segment__in=segments).values_list("account_id", flat=True))


def _is_held_out(program: OfferProgram, person_id: UUID) -> bool:
    unit = person_id.int
    return is_held_out(unit, settings.HOLDOUT_SHARE) or uniform(str(program.pk), unit) < program.holdout / WHOLE


def _busy(program: OfferProgram, persons: set[UUID], moment: datetime) -> set[UUID]:
    """Those of whom something was decided lately, or who have as many offers open as one may have."""
    since = moment - timedelta(days=program.quiet_days)
    own = Offer.objects.filter(account__person_id__in=persons)
    lately = own.filter(program=program, decided_at__gt=since).values_list("account__person_id", flat=True)
    is_open = Q(coupon__is_used=False) & (Q(coupon__expires_at=None) | Q(coupon__expires_at__gt=moment))
    full = (
        own.filter(is_open, level__gt=0)
        .order_by()
        .values("account__person_id")
        .annotate(offers=Count("pk"))
        .filter(offers__gte=program.offers_at_most)
    )
    return set(lately) | {each["account__person_id"] for each in full}


def _of_profiles(
    program: OfferProgram, profiles: list[Profile], moment: datetime, seen: set[UUID]
) -> Iterator[Candidate]:
    of_account = {account: profile for profile in profiles for account in profile.account_ids}
    accounts = [each for each in may_be_offered(program, list(of_account), moment) if each.person_id not in seen]
    looked, bought = _looks([each.pk for each in accounts], moment)
    wanted = {each.pk: _course_ids(each, looked[each.pk], bought[each.pk]) for each in accounts}
    courses = _courses(program, {course for some in wanted.values() for course in some})
    for account in accounts:
        profile = of_account[account.pk]
        seen.add(account.person_id)
        suiting = [courses[pk] for pk in wanted[account.pk] if pk in courses]
        for course in [each for each in suiting if each.platform_id == account.platform_id][:COURSES_A_PERSON]:
            views, price = looked[account.pk][course.pk], course.price or 0
            inputs = inputs_of(profile.traits, profile.vector, profile.model_id, price, course.category, views)
            yield Candidate(account, course, inputs)


def _looks(account_ids: list[int], moment: datetime) -> tuple[dict[int, Counter[int]], dict[int, set[int]]]:
    """By account: how often it looked at each course lately, and what it has bought already."""
    looked: dict[int, Counter[int]] = defaultdict(Counter)
    bought: dict[int, set[int]] = defaultdict(set)
    events = Event.objects.consented(Purpose.PROFILING).cleaned().filter(account__in=account_ids, course__isnull=False)
    lately = events.of_type(*LOOKS).filter(timestamp__gt=moment - LOOKED_AT)
    for account, course in lately.order_by().values_list("account_id", "course_id"):
        looked[account][course] += 1
    purchases = events.of_type(EventType.PURCHASE).order_by().values_list("account_id", "course_id")
    for account, course in purchases:
        bought[account].add(course)
    return looked, bought


def _course_ids(account: LinkedAccount, looked: Counter[int], bought: set[int]) -> list[int]:
    """What was looked at most, then what would be suggested; nothing that was bought."""
    often = [course for course, _times in looked.most_common(COURSES_A_PERSON // 2)]
    both = dict.fromkeys([*often, *suggested(account.platform, account.external_id, SUGGESTED)])
    return [course for course in both if course not in bought]


def _courses(program: OfferProgram, course_ids: set[int]) -> dict[int, Course]:
    batch = program.batch
    good_for = (scope.read(program.scope), scope.read(batch.scope))
    priced = Course.objects.listed().filter(pk__in=course_ids, price__gt=0, currency=batch.currency)
    return {
        course.pk: course
        for course in priced.select_related("platform").defer("text")
        if all(each.includes(_facts(course)) for each in good_for)
    }


def _facts(course: Course) -> CourseFacts:
    tags = frozenset(course.tags)
    return CourseFacts(course.platform.slug, course.item_id, course.kind, course.category, course.teacher, tags)
