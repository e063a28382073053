"""Those who can sign in to the demo, and whom the partner sites can be visited as."""

import numpy as np
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import ConsentSource, LinkedAccount, Purpose, User
from accounts.services.accounts import house_account
from accounts.services.consents import state_consents
from accounts.services.linking import create_link_code, link
from accounts.services.names import rename
from crossmarket.demo.courses import PLATFORMS
from crossmarket.demo.load import POLICY_VERSION, LoadedWorld
from crossmarket.demo.notes import DemoLogin, Persona
from crossmarket.demo.people import APART, JOINED, LEADING
from crossmarket.demo.world import DemoWorld
from crossmarket.staff_groups import marketers

PASSWORD = "crossmarket-demo"  # noqa: S105 (known to everyone: it opens demo data only)
NEW = "new"
ROLES = {JOINED: "joined", APART: "apart"}


@transaction.atomic
def make_logins(world: DemoWorld, loaded: LoadedWorld) -> list[DemoLogin]:
    """Make an administrator, a marketer and three learners, one of them joined with the accounts of a person."""
    User.objects.create_superuser("admin@crossmarket.example", PASSWORD, name="管理员")
    marketer = User.objects.create_user("marketer@crossmarket.example", PASSWORD, name="运营", is_staff=True)
    marketer.groups.add(marketers())
    joined = User.objects.create_user("lin@crossmarket.example", PASSWORD, name=LEADING[JOINED])
    apart = User.objects.create_user("zhou@crossmarket.example", PASSWORD, name=LEADING[APART])
    new = User.objects.create_user("new@crossmarket.example", PASSWORD, name="新同学")
    for learner in (joined, apart, new):
        rename(learner, learner.name)
    _confirm_addresses()
    _join(joined, loaded.account_ids[_accounts(world, JOINED)[0]])
    agreed = dict.fromkeys((Purpose.PROFILING, Purpose.RECOMMENDATION), True)
    state_consents(house_account(apart), agreed | {Purpose.CROSS_PLATFORM: False}, POLICY_VERSION, ConsentSource.PERSON)
    roles = ("admin", "marketer", *ROLES.values(), NEW)
    addresses = (f"{name}@crossmarket.example" for name in ("admin", "marketer", "lin", "zhou", "new"))
    return [DemoLogin(role, address, PASSWORD) for role, address in zip(roles, addresses, strict=True)]


def personas(world: DemoWorld) -> list[Persona]:
    """Whom the partner sites can be visited as: someone whose accounts are joined, and someone who refuses that."""
    return [
        Persona(role, LEADING[person], _external_ids(world, person), person == JOINED, person == JOINED)
        for person, role in ROLES.items()
    ]


def _join(user: User, account_id: int) -> None:
    """Join the user's account on our own pages with this account, the way people do it: by a code."""
    house, other = house_account(user), LinkedAccount.objects.get(pk=account_id)
    state_consents(house, dict.fromkeys(Purpose, True), POLICY_VERSION, ConsentSource.PERSON)
    link(house, create_link_code(other).code, person_agrees=True)


def _accounts(world: DemoWorld, person: int) -> np.ndarray:
    return np.flatnonzero(world.accounts.person == person)


def _external_ids(world: DemoWorld, person: int) -> dict[str, str]:
    return {
        PLATFORMS[world.accounts.platform[row]].slug: world.accounts.external_id[row]
        for row in _accounts(world, person)
    }


def _confirm_addresses() -> None:
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in User.objects.all()
    )
