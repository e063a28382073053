"""The partner API of daily check-ins."""

from datetime import date
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.partner_view import PartnerView, answer
from campaigns import reward_words
from campaigns.models import Grant
from campaigns.refusals import Reason, Refusal
from campaigns.services import checking_in
from campaigns.services.checking_in import CheckedIn, Progress
from crossmarket.foundation.bodies import Identifier, read_json
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.schema import documented
from recommend.api import LANGUAGE, language


class CheckInBody(msgspec.Struct, frozen=True):
    """Who checks in."""

    user_id: Identifier


class MakeUpBody(msgspec.Struct, frozen=True):
    """Who makes which day up."""

    user_id: Identifier
    day: date


class MilestoneAnswer(msgspec.Struct, frozen=True):
    """A reward ahead."""

    days: int
    reward: str


class RewardAnswer(msgspec.Struct, frozen=True):
    """Something that was given. result: the code of a coupon."""

    reward: str
    amount: int
    words: str
    result: str


class ProgressAnswer(msgspec.Struct, frozen=True):
    """How far a person has come: days in a row up to today, the most there ever were, and all."""

    today: date
    is_done_today: bool
    streak: int
    longest: int
    days: list[date]
    next_milestone: MilestoneAnswer | None
    make_ups_left: int
    cards: int


class CheckInAnswer(msgspec.Struct, frozen=True):
    """A check-in. is_new: false where it was there already. rewards: what it gave just now."""

    day: date
    is_new: bool
    streak: int
    rewards: list[RewardAnswer]
    next_milestone: MilestoneAnswer | None
    progress: ProgressAnswer


class CheckIns(PartnerView):
    """`/campaigns/{id}/check-ins`."""

    browsers_may_call = True

    @documented(
        "Check in",
        body=CheckInBody,
        answers={200: CheckInAnswer, 201: CheckInAnswer},
        problems=(404, 422),
        parameters=[LANGUAGE],
        tag="campaigns",
    )
    def post(self, request: HttpRequest, campaign_id: UUID) -> HttpResponse:
        """Today's check-in in the campaign's time zone: 201 for a new one, 200 however often it is sent again."""
        body = read_json(request, CheckInBody)
        self.caller.require_user(body.user_id)
        platform = self.caller.platform
        with translation.override(language(request.GET.get("lang", ""), platform.locale)):
            try:
                return _answer(checking_in.check_in(platform, body.user_id, campaign_id))
            except Refusal as refused:
                raise problem(refused) from None


class MakeUps(PartnerView):
    """`/campaigns/{id}/make-ups`."""

    browsers_may_call = True

    @documented(
        "Make a day up",
        body=MakeUpBody,
        answers={200: CheckInAnswer, 201: CheckInAnswer},
        problems=(404, 422),
        parameters=[LANGUAGE],
        tag="campaigns",
    )
    def post(self, request: HttpRequest, campaign_id: UUID) -> HttpResponse:
        """Make a missed day up, with a card or for points; once, however often it is sent."""
        body = read_json(request, MakeUpBody)
        self.caller.require_user(body.user_id)
        platform = self.caller.platform
        with translation.override(language(request.GET.get("lang", ""), platform.locale)):
            try:
                return _answer(checking_in.make_up(platform, body.user_id, campaign_id, body.day))
            except Refusal as refused:
                raise problem(refused) from None


def problem(refused: Refusal) -> Problem:
    """The refusal as the partner API answers it."""
    return Problem(404 if refused.reason == Reason.NOT_FOUND else 422, str(refused.reason), refused.in_words())


def progress_answer(progress: Progress) -> ProgressAnswer:
    """How far somebody has come, as the partner API answers it."""
    return ProgressAnswer(
        today=progress.today,
        is_done_today=progress.is_done_today,
        streak=progress.streak,
        longest=progress.longest,
        days=sorted(progress.days),
        next_milestone=_milestone(progress),
        make_ups_left=progress.make_ups_left,
        cards=progress.cards,
    )


def reward_answer(grant: Grant) -> RewardAnswer:
    """What was given, as the partner API answers it."""
    return RewardAnswer(grant.reward, grant.amount, reward_words.of_grant(grant), grant.result)


def _milestone(progress: Progress) -> MilestoneAnswer | None:
    ahead = progress.next_milestone
    return MilestoneAnswer(ahead.days, reward_words.of_plan(ahead)) if ahead else None


def _answer(made: CheckedIn) -> HttpResponse:
    told = CheckInAnswer(
        day=made.day,
        is_new=made.is_new,
        streak=made.progress.streak,
        rewards=[reward_answer(each) for each in made.granted],
        next_milestone=_milestone(made.progress),
        progress=progress_answer(made.progress),
    )
    return answer(told, 201 if made.is_new else 200)
