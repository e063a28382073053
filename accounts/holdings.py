"""What is held about an account and its login, to be given out."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils.translation import gettext_lazy as _

from accounts.models import Change, LinkedAccount, User
from accounts.services.consents import consent_state
from crossmarket.foundation.holdings import Part, Row

ROWS_AT_ONCE = 2_000


def parts_of_account(account: LinkedAccount, whole_person: bool) -> Iterator[Part]:
    """The account, its consents, and what its platform was told; for the person also with what it is connected."""
    yield Part("account", _("The account: whose it is, and what the platform told about you"), _account(account))
    yield Part("consents", _("What was agreed to and withdrawn, the earliest first"), _consents(account))
    yield Part("told_to_platform", _("What the platform was told about you"), _changes(account))
    if whole_person:
        others = LinkedAccount.objects.others_of(account).select_related("platform").order_by("pk")
        rows = ({"platform": each.platform.name, "user_id": each.external_id} for each in others)
        yield Part("connected_accounts", _("Your accounts that count as one person with this one"), rows)


def parts_of_login(account: LinkedAccount) -> Iterator[Part]:
    """For an account on our own pages, what its owner signs in with; passwords and secrets are kept as digests only."""
    user = User.objects.filter(pk=int(account.external_id)).first() if account.platform.is_house else None
    if user is None:
        return
    addresses = EmailAddress.objects.filter(user=user).order_by("pk")
    providers = SocialAccount.objects.filter(user=user).order_by("pk")
    factors = Authenticator.objects.filter(user=user).order_by("pk")
    yield Part(
        "login",
        _("What you sign in with"),
        {
            "email": user.email,
            "name": user.name,
            "joined": user.date_joined,
            "last_sign_in": user.last_login,
            "addresses": list(addresses.values("email", "verified", "primary")),
            "providers": [{"provider": each.provider, "told": each.extra_data} for each in providers],
            "second_factors": list(factors.values("type", "created_at", "last_used_at")),
        },
    )


def _account(account: LinkedAccount) -> Row:
    return {
        "platform": account.platform.name,
        "user_id": account.external_id,
        "known_since": account.created_at,
        "traits": account.traits,
        "email_digest": account.email_digest,
        "phone_digest": account.phone_digest,
        "consents_now": {str(purpose): granted for purpose, granted in consent_state(account).items()},
    }


def _consents(account: LinkedAccount) -> Iterator[Row]:
    stated = account.consent_history.order_by("pk").iterator(ROWS_AT_ONCE)
    for row in stated:
        yield {
            "purpose": row.purpose,
            "granted": row.granted,
            "policy_version": row.policy_version,
            "stated_by": row.source,
            "time": row.stated_at,
        }


def _changes(account: LinkedAccount) -> Iterator[Row]:
    told = Change.objects.filter(platform=account.platform_id, user_id=account.external_id).order_by("pk")
    for row in told.iterator(ROWS_AT_ONCE):
        yield {"type": row.type, "time": row.happened_at, "data": row.data}
