"""The partner API of profiles."""

from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse

from accounts.partner_view import PartnerView, answer
from crossmarket.foundation.schema import USER_ID, documented
from profiles import audience
from profiles.description import describe
from profiles.modeling.traits import Traits
from profiles.profiling.reading import portrait_of


class ProfileAnswer(msgspec.Struct, frozen=True):
    """What is known of a user, as far as consent allows this platform to see it.

    consented: whether the user agrees to profiling; without it there are no traits. joined: whether other accounts of
    the person are in it, which was agreed to on both sides. segments: the keys of those that the user belongs to.
    fresh_at: until when events count. model: what compares the user with other members was learned by this version, at
    `model_made_at`; null before the first.
    """

    user_id: str
    consented: bool
    joined: bool
    description: str
    traits: Traits | None
    segments: list[str]
    fresh_at: datetime | None
    model: int | None
    model_made_at: datetime | None


class UserProfile(PartnerView):
    """`/users/{user_id}/profile`."""

    browsers_may_call = True

    @documented("Read a profile", answers={200: ProfileAnswer}, problems=(404,), parameters=[USER_ID], tag="users")
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """What is known of a user until now, in traits and in words."""
        account = self.account(user_id)
        portrait = portrait_of(account)
        if portrait is None:
            return answer(ProfileAnswer(user_id, False, False, "", None, [], None, None, None))
        model = portrait.model
        return answer(
            ProfileAnswer(
                user_id=user_id,
                consented=True,
                joined=len(portrait.account_ids) > 1,
                description=describe(portrait.traits),
                traits=portrait.traits,
                segments=[segment.key for segment in audience.segments_of(account)],
                fresh_at=portrait.fresh_at,
                model=model.number if model else None,
                model_made_at=model.created_at if model else None,
            )
        )
