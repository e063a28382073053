"""A program of personal offers in the demo, with weeks of decisions drawn at random and what is planted to come of them."""

from datetime import timedelta

import numpy as np
from django.utils import timezone

from accounts.models import LinkedAccount
from accounts.models.platform import HOUSE_SLUG
from profiles.models import Course
from promotions.models import BatchState, CodeKind, CouponBatch, Offer, OfferProgram, Outcome, ProgramState
from promotions.offer_words import reason_of
from promotions.pricing.benefits import WHOLE, BenefitKind

DECISIONS = 1_600
LEVELS = [1_000, 2_000, 3_000]
MINDING = 0.5
"""The planted share of people whom a discount persuades; others buy, or not, whatever it is."""
DAYS = (20, 45)


def make_offers(seed: int) -> OfferProgram:
    """The running program and its past."""
    rng = np.random.default_rng([seed, 77])
    program = _program()
    accounts = list(LinkedAccount.objects.exclude(platform__slug=HOUSE_SLUG).order_by("pk")[:DECISIONS])
    courses: dict[int, list[Course]] = {}
    for course in Course.objects.listed().filter(price__gt=0, currency="CNY").order_by("pk"):
        courses.setdefault(course.platform_id, []).append(course)
    decisions = [
        _decision(program, account, courses[account.platform_id], rng)
        for account in accounts
        if account.platform_id in courses
    ]
    Offer.objects.bulk_create(decisions, batch_size=500)
    return program


def _program() -> OfferProgram:
    now = timezone.now()
    batch = CouponBatch.objects.create(
        name="专属优惠",
        description="为你挑选的课程优惠，标价对每个人都一样。",
        state=BatchState.LIVE,
        benefit=BenefitKind.PERCENT,
        value=LEVELS[0],
        code_kind=CodeKind.UNIQUE,
        days_after_claim=14,
        limit_person=None,
        budget=2_000_000,
        group="season",
    )
    return OfferProgram.objects.create(
        name="犹豫中的课程",
        state=ProgramState.RUNNING,
        batch=batch,
        levels=LEVELS,
        budget=2_000_000,
        started_at=now - timedelta(days=DAYS[1]),
    )


def _decision(program: OfferProgram, account: LinkedAccount, courses: list[Course], rng: np.random.Generator) -> Offer:
    course = courses[int(rng.integers(len(courses)))]
    level = int(rng.choice([0, *LEVELS]))
    minds, regular = bool(rng.random() < MINDING), int(rng.random() < 0.5)
    chance = 0.05 + (1.4 * level / WHOLE if minds else 0.0) + 0.05 * regular
    bought = bool(rng.random() < chance)
    decided = timezone.now() - timedelta(days=float(rng.uniform(*DAYS)))
    inputs = {
        "log_price": round(float(np.log(course.price or 1)), 4),
        "interest": round(float(rng.random()), 4),
        "views": int(rng.integers(0, 4)),
        "spending_percentile": round(float(rng.random()), 4),
        "minds_prices": round(float(minds * 0.6 + rng.normal(0.0, 0.15)), 4),
        "regular": regular,
        "tier": str(rng.choice(["low", "mid", "high"])),
    }
    price = course.price or 0
    return Offer(
        program=program,
        account=account,
        course=course,
        price=price,
        level=level,
        explored=True,
        propensity=1 / (1 + len(LEVELS)),
        ladder=LEVELS,
        reason=reason_of(True, inputs, course.category),
        inputs=inputs,
        decided_at=decided,
        counts_until=decided + timedelta(days=program.outcome_days),
        outcome=Outcome.BOUGHT if bought else Outcome.NOT_BOUGHT,
        paid=price * (WHOLE - level) // WHOLE if bought else None,
    )
