"""The partner API of draws, and of the proof that they were fair."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter

from accounts.partner_view import PartnerView, answer
from accounts.services import tombstones
from campaigns import proof
from campaigns.check_in_api import RewardAnswer, problem, reward_answer
from campaigns.proof import DrawProof, Proof
from campaigns.refusals import Refusal
from campaigns.services import drawing
from campaigns.services.drawing import Drawn
from crossmarket.foundation.bodies import MEBIBYTE, Identifier, decode, read_bytes, why_unstorable
from crossmarket.foundation.idempotency import once
from crossmarket.foundation.problems import FieldError, Problem
from crossmarket.foundation.schema import documented
from recommend.api import LANGUAGE, language

Nonce = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{0,64}$")]


class DrawBody(msgspec.Struct, frozen=True):
    """Who draws. nonce: letters and digits of their own choice, which nobody could foresee."""

    user_id: Identifier
    nonce: Nonce = ""


class PrizeAnswer(msgspec.Struct, frozen=True):
    """What was won. given: what became of it, null where it cannot be given yet."""

    id: int
    name: str
    given: RewardAnswer | None


class DrawAnswer(msgspec.Struct, frozen=True):
    """One draw. proof: what it was made of, for the person to keep."""

    prize: PrizeAnswer | None
    remaining_draws: int
    drawn_at: datetime
    proof: DrawProof


class Draws(PartnerView):
    """`/campaigns/{id}/draws`."""

    browsers_may_call = True

    @documented(
        "Draw",
        body=DrawBody,
        answers={201: DrawAnswer},
        problems=(404, 409, 422),
        parameters=[LANGUAGE],
        tag="campaigns",
    )
    def post(self, request: HttpRequest, campaign_id: UUID) -> HttpResponse:
        """One draw of this user."""
        raw = read_bytes(request, MEBIBYTE)
        body = decode(raw, DrawBody)
        if unstorable := why_unstorable(raw):
            raise Problem(422, unstorable.code, unstorable.detail)
        self.caller.require_user(body.user_id)
        platform = self.caller.platform

        def work() -> HttpResponse:
            with translation.override(language(request.GET.get("lang", ""), platform.locale)):
                try:
                    return answer(_drawn(drawing.draw(platform, body.user_id, campaign_id, body.nonce)), 201)
                except Refusal as refused:
                    raise problem(refused) from None

        about = tombstones.digest_of(platform.pk, body.user_id)
        return once(request, f"draws of {platform.pk} in {campaign_id}", about, raw, work)


class Proofs(PartnerView):
    """`/campaigns/{id}/proof`."""

    browsers_may_call = True

    @documented(
        "Proof of a lottery",
        answers={200: Proof},
        problems=(404, 422),
        parameters=[OpenApiParameter("cursor", str, description="From `next`: where the page begins.")],
        tag="campaigns",
    )
    def get(self, request: HttpRequest, campaign_id: UUID) -> HttpResponse:
        """The commitment, the seed once the campaign is over, and what every draw was made of, in order."""
        return proof_answer(request, campaign_id)


def proof_answer(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """A page of the proof. Raises `Problem`."""
    told = request.GET.get("cursor", "0")
    if not (told.isascii() and told.isdigit() and len(told) < 19):
        words = "A cursor is what `next` of the page before says."
        raise Problem(422, "invalid_parameter", words, [FieldError("/cursor", "invalid", words)])
    try:
        campaign = drawing.find(campaign_id)
    except Refusal as refused:
        raise problem(refused) from None
    return answer(proof.page(campaign, int(told), request.build_absolute_uri(request.path)))


def _drawn(drawn: Drawn) -> DrawAnswer:
    made = drawn.draw
    return DrawAnswer(
        prize=PrizeAnswer(made.prize.pk, made.prize.name, reward_answer(drawn.grant) if drawn.grant else None)
        if made.prize
        else None,
        remaining_draws=drawn.remaining,
        drawn_at=made.drawn_at,
        proof=proof.of_draw(made),
    )
