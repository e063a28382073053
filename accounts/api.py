"""The partner API of who: users, consents, and joining accounts."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts.authentication import Caller
from accounts.models import ConsentSource, LinkedAccount, Purpose
from accounts.partner_view import PartnerView, answer
from accounts.services import linking
from accounts.services.accounts import UserDescription, describe_users, ensure_accounts
from accounts.services.consents import consent_history, consent_state, state_consents
from crossmarket.foundation.batches import MOST_ENTRIES, BatchAnswer, parse, read_envelope, told
from crossmarket.foundation.bodies import Identifier, read_json
from crossmarket.foundation.problems import Problem
from crossmarket.foundation.schema import USER_ID, documented

Digest = Annotated[str, msgspec.Meta(pattern="^([0-9A-Fa-f]{64})?$")]


class UserEntry(msgspec.Struct, frozen=True):
    """One user of `POST /users`; contact hashes are SHA-256 of the trimmed, lower-case address, or empty for none."""

    user_id: Identifier
    traits: dict[str, Any] | None = None
    email_sha256: Digest | None = None
    phone_sha256: Digest | None = None


class UserBatch(msgspec.Struct, frozen=True):
    """Users to describe."""

    batch: Annotated[list[UserEntry], msgspec.Meta(max_length=MOST_ENTRIES)]


class ConsentBody(msgspec.Struct, frozen=True):
    """What a user agreed to; purposes left out stay as they are."""

    profiling: bool | None = None
    recommendation: bool | None = None
    cross_platform: bool | None = None
    marketing: bool | None = None
    policy_version: Annotated[str, msgspec.Meta(max_length=100)] = ""


class ConsentEntry(msgspec.Struct, frozen=True):
    """One statement of the history."""

    purpose: str
    granted: bool
    policy_version: str
    source: str
    stated_at: datetime


class ConsentAnswer(msgspec.Struct, frozen=True):
    """What counts now, and what was stated before, the latest first."""

    user_id: str
    profiling: bool
    recommendation: bool
    cross_platform: bool
    marketing: bool
    history: list[ConsentEntry]


class LinkCodeAnswer(msgspec.Struct, frozen=True):
    """A code that the person carries to another platform."""

    code: str
    expires_at: datetime


class LinkBody(msgspec.Struct, frozen=True):
    """The user who presents a code."""

    user_id: Identifier
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class LinkAnswer(msgspec.Struct, frozen=True):
    """The platforms on which the person is now one."""

    user_id: str
    platforms: list[str]


class Users(PartnerView):
    """`/users`."""

    @documented("Describe users", body=UserBatch, answers={202: BatchAnswer}, tag="users")
    def post(self, request: HttpRequest) -> HttpResponse:
        """Write down what the platform tells of its users."""
        parsed = parse(read_envelope(request), UserEntry, lambda entry: None)
        describe_users(
            self.caller.platform, [UserDescription(**msgspec.structs.asdict(entry)) for entry in parsed.entries]
        )
        accepted = len({entry.user_id for entry in parsed.entries})
        rejected = [told(each) for each in parsed.rejected]
        return answer(BatchAnswer(accepted, len(parsed.entries) - accepted, rejected), 202)


class Consents(PartnerView):
    """`/users/{user_id}/consents`."""

    browsers_may_call = True

    @documented("State consents", body=ConsentBody, answers={200: ConsentAnswer}, parameters=[USER_ID], tag="users")
    def put(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Write down what a user agreed to or withdrew; it counts at once."""
        body = read_json(request, ConsentBody)
        account = _known_account(self.caller, user_id)
        given = {purpose: getattr(body, purpose) for purpose in Purpose}
        statement = {purpose: granted for purpose, granted in given.items() if granted is not None}
        account = state_consents(account, statement, body.policy_version, ConsentSource.PLATFORM)
        history = [ConsentEntry(**vars(entry)) for entry in consent_history(account)]
        state = {str(purpose): granted for purpose, granted in consent_state(account).items()}
        return answer(ConsentAnswer(user_id=user_id, history=history, **state))


class LinkCodes(PartnerView):
    """`/users/{user_id}/link-codes`."""

    browsers_may_call = True

    @documented("Make a link code", answers={201: LinkCodeAnswer}, problems=(422,), parameters=[USER_ID], tag="users")
    def post(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """A code, good once for ten minutes, that joins this account with one on another platform."""
        made = linking.create_link_code(_known_account(self.caller, user_id))
        return answer(LinkCodeAnswer(made.code, made.expires_at), 201)


class Links(PartnerView):
    """`/links`."""

    browsers_may_call = True

    @documented("Join two accounts", body=LinkBody, answers={200: LinkAnswer}, problems=(409,), tag="users")
    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the account and the one the code was made for one person; both must agree to `cross_platform`."""
        body = read_json(request, LinkBody)
        try:
            with transaction.atomic():  # an account that is refused is not made either
                account = _known_account(self.caller, body.user_id)
                linking.link(account, body.code)
        except linking.LinkRefused as refusal:
            status = 409 if refusal.code == "platform_already_linked" else 422
            raise Problem(status, refusal.code, str(refusal)) from None
        person = LinkedAccount.objects.filter(person__accounts=account)
        slugs = person.order_by("platform__slug").values_list("platform__slug", flat=True)
        return answer(LinkAnswer(body.user_id, list(slugs)))


class UserLinks(PartnerView):
    """`/users/{user_id}/links`."""

    browsers_may_call = True

    @documented("Separate an account", answers={204: None}, problems=(404,), parameters=[USER_ID], tag="users")
    def delete(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Leave the shared person; what each account did separates again exactly as it was."""
        linking.leave(self.account(user_id))
        return HttpResponse(status=204)


def _known_account(caller: Caller, user_id: str) -> LinkedAccount:
    """The account, made when the platform names it for the first time. Raises `Problem` 403 and 422."""
    caller.require_user(user_id)
    if not 1 <= len(user_id) <= 200 or "\0" in user_id:
        raise Problem(422, "invalid_user_id", "A user id has 1 to 200 characters, and not U+0000.")
    reference = ensure_accounts(caller.platform, [user_id])[user_id]
    return LinkedAccount.objects.select_related("platform").get(pk=reference.id)
