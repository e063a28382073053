"""Making personal offers: decide for everybody who may get one, write down each decision, hand out the coupons."""

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import LinkedAccount
from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, Result, job_kind
from crossmarket.foundation.models import Job, JobState
from profiles.models import ProfileModel
from promotions import offer_words
from promotions.models import Coupon, Offer, OfferProgram, ProgramState
from promotions.personal import past
from promotions.personal.candidates import candidates_of, may_be_offered
from promotions.personal.deciding import Decision, budget_left, decide
from promotions.personal.past import Learned
from promotions.personal.response import TooLittleKnown
from promotions.services import claiming
from promotions.services.person_holding import hold_person_of

OFFER = gettext_noop("promotions.offer")
LOOKING = gettext_noop("looking for whom and what")
OFFERING = gettext_noop("making offers")
CHANNEL = "personal offer"


def enqueue(program: OfferProgram, to_worker: bool = True) -> Job:
    """Have a worker decide on offers of the program; where one is about to, that is the answer."""
    going = Job.objects.filter(kind=OFFER, state__in=[JobState.QUEUED, JobState.RUNNING])
    found = going.filter(arguments={"program_id": str(program.pk)}).first()
    return found or jobs.enqueue(OFFER, {"program_id": str(program.pk)}, to_worker)


def enqueue_all() -> int:
    """Have workers decide for all running programs; returns how many there are."""
    running = list(OfferProgram.objects.filter(state=ProgramState.RUNNING))
    for program in running:
        enqueue(program)
    return len(running)


@job_kind(OFFER, is_long=True)
def offer(reporter: Reporter, /, program_id: str) -> Result:
    """Decide for everybody once. What was handed out before the job was cancelled stays."""
    program = OfferProgram.objects.select_related("batch").filter(pk=UUID(program_id)).first()
    if program is None or program.state != ProgramState.RUNNING:
        raise JobFailed("The program does not run.")
    now = timezone.now()
    past.settle(now)
    candidates = candidates_of(program, now, lambda done, total: reporter(LOOKING, done, total))
    learned = what_is_learned()
    decisions = decide(program, candidates, learned, budget_left(program), np.random.default_rng())
    made: list[Offer] = []
    for number, decision in enumerate(decisions):
        reporter(OFFERING, number, len(decisions))
        if (carried_out := carry_out(program, decision, reporter.job, now)) is not None:
            made.append(carried_out)
    reporter(OFFERING, len(decisions), len(decisions))
    OfferProgram.objects.filter(pk=program.pk).update(decided_at=now)
    return _figures(made, len(candidates), learned)


def what_is_learned() -> Learned | None:
    """The model of now; None while too little is known."""
    current = ProfileModel.objects.current()
    axes, size = (str(current.pk), len(current.explained)) if current else ("", 0)
    try:
        return past.learn(axes, size)
    except TooLittleKnown:
        return None


@transaction.atomic
def carry_out(program: OfferProgram, decision: Decision, job: Job | None, now: datetime) -> Offer | None:
    """Write the decision down and hand out its coupon; None where the person may not be offered anything any more."""
    candidate = decision.candidate
    try:
        account = hold_person_of(candidate.account)
    except LinkedAccount.DoesNotExist:
        return None
    if not may_be_offered(program, [account.pk], now):
        return None
    coupon: Coupon | None = None
    if decision.level:
        try:
            coupon = claiming.give_own(account, program.batch_id, decision.level, candidate.course, CHANNEL)
        except claiming.CannotClaim:
            return None
    return Offer.objects.create(
        program=program,
        account=account,
        course=candidate.course,
        coupon=coupon,
        job=job,
        price=candidate.course.price or 0,
        level=decision.level,
        explored=decision.explored,
        propensity=decision.propensity,
        ladder=program.levels,
        chances=decision.chances,
        uplift=decision.uplift,
        gain=decision.gain,
        reason=offer_words.reason_of(decision.explored, candidate.inputs, candidate.course.category),
        inputs=candidate.inputs,
        decided_at=now,
        counts_until=now + timedelta(days=program.outcome_days),
    )


def _figures(made: list[Offer], candidates: int, learned: Learned | None) -> Result:
    given = [each for each in made if each.level]
    return {
        "candidates": candidates,
        "decisions": len(made),
        "offers": len(given),
        "drawn_at_random": sum(each.explored for each in made),
        "expected_gain": round(sum(each.gain for each in given)),
        "learned_from": learned.examples if learned else 0,
    }
