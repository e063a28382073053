"""What a lottery shows so that everybody can compute its draws again."""

from uuid import UUID

import msgspec

from campaigns.fairness import terms
from campaigns.models import Campaign, CampaignState, Draw

PAGE = 1_000


class DrawProof(msgspec.Struct, frozen=True):
    """What one draw was made of; see `campaigns.fairness.drawing.Record`. table: pairs of a key and its weight."""

    number: int
    entrant: str
    turn: int
    nonce: str
    day: str
    table: list[tuple[int, int]]
    prize: int
    previous: str
    hash: str


class Proof(msgspec.Struct, frozen=True):
    """All that is needed to check a lottery.

    terms: the text whose SHA-256 stands before the first record. seed: null until the campaign is over. draws: how
    many there were, and head: the hash of the last. next: the address of the next page.
    """

    campaign_id: UUID
    commitment: str
    seed: str | None
    terms: str
    draws: int
    head: str
    results: list[DrawProof]
    next: str | None


def page(campaign: Campaign, after: int, address: str) -> Proof:
    """The records behind a number, a thousand at most; `address` is where the pages are."""
    plan = campaign.lottery_plan
    rows = Draw.objects.filter(campaign=campaign, number__gt=after).select_related("entrant").order_by("number")
    found = list(rows[: PAGE + 1])
    following = f"{address}?cursor={found[PAGE - 1].number}" if len(found) > PAGE else None
    return Proof(
        campaign_id=campaign.pk,
        commitment=terms.commitment(plan.seed),
        seed=plan.seed if campaign.state == CampaignState.ENDED else None,
        terms=plan.terms,
        draws=plan.drawn,
        head=plan.head,
        results=[of_draw(each) for each in found[:PAGE]],
        next=following,
    )


def of_draw(draw: Draw) -> DrawProof:
    """What one draw was made of."""
    return DrawProof(
        number=draw.number,
        entrant=draw.entrant.alias,
        turn=draw.turn,
        nonce=draw.nonce,
        day=draw.day.isoformat(),
        table=list(zip(draw.keys, draw.weights, strict=True)),
        prize=draw.prize_id or terms.NOTHING,
        previous=draw.previous,
        hash=draw.hash,
    )
