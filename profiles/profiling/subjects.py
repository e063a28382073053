"""Whose events make one profile: accounts of a person that agreed to be joined together, each other one by itself."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from uuid import UUID
from zoneinfo import available_timezones

from django.db.models import BooleanField, Case, F, Value, When
from django.db.models.fields.json import KeyTextTransform

from accounts.models import LinkedAccount, Purpose
from accounts.models.linked_account import LinkedAccountQuerySet, consenting_to

AT_ONCE = 2_000


@dataclass(frozen=True)
class Member:
    """An account that agrees to profiling, with the clock by which its person lives."""

    account_id: int
    person_id: UUID
    platform: str
    own_clock: str | None
    usual_clock: str
    joins: bool


@dataclass(frozen=True)
class Subject:
    """One profile's accounts, the first one leading."""

    members: tuple[Member, ...]

    @property
    def lead(self) -> int:
        """The account that the profile is kept at."""
        return self.members[0].account_id

    @property
    def account_ids(self) -> list[int]:
        """All accounts, ascending."""
        return [member.account_id for member in self.members]

    @property
    def timezone(self) -> str:
        """The clock of the person: what an account's trait `timezone` says, else the first account's platform."""
        told = (member.own_clock for member in self.members if member.own_clock)
        return next(told, self.members[0].usual_clock)


def of_account(account: LinkedAccount) -> Subject | None:
    """What may be told when this account is asked about; None when it does not agree to profiling."""
    members = list(_members(LinkedAccount.objects.filter(person_id=account.person_id)))
    return next((each for each in _apart(members) if account.pk in each.account_ids), None)


def alone(account: LinkedAccount) -> Subject | None:
    """The account as if it were joined with no other; None when it does not agree to profiling."""
    members = tuple(_members(LinkedAccount.objects.filter(pk=account.pk)))
    return Subject(members) if members else None


def of_person(person_id: UUID) -> list[Subject]:
    """All profiles that a person has."""
    return list(_apart(list(_members(LinkedAccount.objects.filter(person_id=person_id)))))


def of_accounts(account_ids: Collection[int]) -> list[Subject]:
    """All profiles of the persons whom these accounts belong to."""
    persons = LinkedAccount.objects.filter(pk__in=account_ids).values("person_id")
    return list(_of_each_person(LinkedAccount.objects.filter(person_id__in=persons)))


def everyone() -> Iterator[Subject]:
    """The subjects of all profiles, read a few at a time."""
    return _of_each_person(LinkedAccount.objects.all())


def _of_each_person(accounts: LinkedAccountQuerySet) -> Iterator[Subject]:
    for _person, members in groupby(_members(accounts), key=lambda member: member.person_id):
        yield from _apart(list(members))


def _members(accounts: LinkedAccountQuerySet) -> Iterator[Member]:
    agrees_to_joining = When(consenting_to(Purpose.CROSS_PLATFORM), then=Value(True))
    joins = Case(agrees_to_joining, default=Value(False), output_field=BooleanField())
    told = accounts.consenting(Purpose.PROFILING).annotate(joins=joins, told=KeyTextTransform("timezone", "traits"))
    rows = told.order_by("person_id", "pk").values_list(
        "pk", "person_id", F("platform__slug"), "told", F("platform__timezone"), "joins"
    )
    for account_id, person_id, platform, own, usual, agrees in rows.iterator(chunk_size=AT_ONCE):
        yield Member(account_id, person_id, platform, own if own in _clocks() else None, usual, agrees)


def _apart(members: list[Member]) -> Iterator[Subject]:
    joined = tuple(member for member in members if member.joins)
    if joined:
        yield Subject(joined)
    yield from (Subject((member,)) for member in members if not member.joins)


@cache
def _clocks() -> set[str]:
    return available_timezones()
