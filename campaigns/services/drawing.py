"""Drawing in a lottery: one draw is one transaction, in which the prize is won, counted and given.

Whoever draws holds the person first and then the plan of the lottery, which everybody in it waits for: records hang
together, so there is one after the other.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from accounts.services import changes
from accounts.services.changes import News
from campaigns import audience, risks
from campaigns.fairness import terms
from campaigns.fairness.drawing import Record, number_of, pick
from campaigns.fairness.odds import Standing, table_for
from campaigns.fairness.terms import NOTHING, Terms
from campaigns.models import Campaign, CampaignKind, Draw, Entrant, Grant, LotteryPlan, PaidWith, Prize, PrizeDay
from campaigns.refusals import Reason, Refusal
from campaigns.services import chances, rewards
from campaigns.services.rewards import Reward
from promotions.services import points
from promotions.services.person_holding import hold_person

WON = changes.declare("draw.won", _("Prize won"))
OF_DRAW = "draw"


@dataclass(frozen=True)
class Drawn:
    """What came of a draw: the record, what was given, and how many more the person can make without paying."""

    draw: Draw
    grant: Grant | None
    remaining: int


def find(campaign_id: UUID) -> Campaign:
    """A lottery that people may know of. Raises `Refusal`."""
    campaigns = Campaign.objects.published().select_related("experiment", "lottery_plan")
    campaign = campaigns.filter(pk=campaign_id, kind=CampaignKind.LOTTERY).first()
    if campaign is None:
        raise Refusal(Reason.NOT_FOUND)
    return campaign


@transaction.atomic
def draw(
    platform: Platform, external_id: str, campaign_id: UUID, nonce: str = "", moment: datetime | None = None
) -> Drawn:
    """One draw of the person behind this user. nonce: as `campaigns.fairness.drawing.NONCE`. Raises `Refusal`."""
    campaign = find(campaign_id)
    account = hold_person(platform, external_id)
    now = moment or timezone.now()
    audience.check(campaign, account, now)
    risks.check(campaign.lottery_plan, account, now)
    chances.collect(campaign, account)
    today = campaign.day_of(now)
    entrant = _entrant(campaign, account)
    paid_with = _pay(campaign, account, entrant, today)
    plan = LotteryPlan.objects.select_for_update(no_key=True).get(campaign=campaign)
    made, prize = _next(plan, terms.read(plan.terms), entrant, nonce, paid_with, today, now)
    granted = None
    if prize is not None:
        granted = rewards.grant(campaign, account, f"draw {made.number}", Reward.planned(prize))
        told = {"campaign_id": str(campaign.pk), "draw": made.number, "prize": prize.name}
        changes.record([News(account.platform_id, WON, account.external_id, told)])
    return Drawn(made, granted, chances.left(campaign, account, today))


def _entrant(campaign: Campaign, account: LinkedAccount) -> Entrant:
    """The person's, on whichever account; the oldest, where several were joined."""
    own = Entrant.objects.filter(campaign=campaign, account__person_id=account.person_id).order_by("pk").first()
    return own or Entrant.objects.create(campaign=campaign, account=account)


def _pay(campaign: Campaign, account: LinkedAccount, entrant: Entrant, today: date) -> PaidWith:
    plan = campaign.lottery_plan
    if plan.draws_a_day is not None and chances.drawn_on(campaign, account, today) >= plan.draws_a_day:
        raise Refusal(Reason.TODAY_IS_OVER)
    if chances.free_left(campaign, account, today):
        return PaidWith.FREE
    if chances.owned(campaign, account):
        return PaidWith.CHANCE
    if plan.price is None:
        raise Refusal(Reason.NO_CHANCES)
    try:
        points.spend(account, plan.price, OF_DRAW, f"{campaign.pk} {entrant.alias} {entrant.draws + 1}")
    except points.NotEnough as error:
        raise Refusal(Reason.NOT_ENOUGH_POINTS, {"missing": error.missing}) from None
    return PaidWith.POINTS


def _next(
    plan: LotteryPlan, promised: Terms, entrant: Entrant, nonce: str, paid_with: PaidWith, today: date, now: datetime
) -> tuple[Draw, Prize | None]:
    """The next record of a held lottery, with everything that it counts."""
    table = table_for(promised, _standing(plan, entrant, today))
    turn = entrant.draws + 1
    key = pick(table, number_of(plan.seed, promised.campaign, entrant.alias, turn, nonce))
    record = Record(plan.drawn + 1, entrant.alias, turn, nonce, today.isoformat(), table, key, plan.head)
    made = Draw.objects.create(
        campaign_id=plan.campaign_id,
        number=record.number,
        entrant=entrant,
        turn=turn,
        nonce=nonce,
        keys=[each for each, _weight in table],
        weights=[weight for _each, weight in table],
        prize_id=key if key != NOTHING else None,
        paid_with=paid_with,
        day=today,
        previous=record.previous,
        hash=record.hash,
        drawn_at=now,
    )
    LotteryPlan.objects.filter(pk=plan.pk).update(drawn=record.number, head=record.hash)
    misses = entrant.misses + 1 if key == NOTHING else 0
    Entrant.objects.filter(pk=entrant.pk).update(draws=turn, misses=misses)
    return made, _count_prize(key, today) if key != NOTHING else None


def _standing(plan: LotteryPlan, entrant: Entrant, today: date) -> Standing:
    prizes = list(Prize.objects.filter(campaign_id=plan.campaign_id))
    given_today: dict[int, int] = {}
    if any(prize.a_day is not None for prize in prizes):
        days = PrizeDay.objects.filter(prize__campaign_id=plan.campaign_id, day=today)
        given_today = dict(days.values_list("prize", "given"))
    to_entrant: dict[int, int] = {}
    if any(prize.a_person is not None for prize in prizes):
        won = Draw.objects.filter(entrant=entrant, prize__isnull=False).order_by().values("prize")
        to_entrant = dict(won.annotate(times=Count("pk")).values_list("prize", "times"))
    given = Counter({prize.pk: prize.given for prize in prizes})
    points_given = Campaign.objects.values_list("points_given", flat=True).get(pk=plan.campaign_id)
    return Standing(given, given_today, to_entrant, points_given, entrant.misses)


def _count_prize(key: int, today: date) -> Prize:
    Prize.objects.filter(pk=key).update(given=F("given") + 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_prizeday (prize_id, day, given) VALUES (%s, %s, 1) "
            "ON CONFLICT (prize_id, day) DO UPDATE SET given = campaigns_prizeday.given + 1",
            [key, today],
        )
    return Prize.objects.get(pk=key)
