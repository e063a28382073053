"""Who belongs to segments, told in the plainest way: person by person, event by event, in Python."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import LinkedAccount, Purpose
from profiles.models import Event, Profile, Segment
from profiles.profiling import subjects
from profiles.segmentation.order import in_order
from profiles.segmentation.rule import (
    AccountTraitIs,
    AllOf,
    AnyOf,
    Condition,
    ConsentsTo,
    Did,
    DidIt,
    InSegment,
    InterestedIn,
    NotOf,
    OnPlatform,
    TraitIs,
)

COMPARE = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def everyone_naively() -> dict[str, set[int]]:
    """The accounts that belong to each active segment (key)."""
    found: dict[str, set[int]] = {}
    for layer in in_order(Segment.objects.active()):
        for each in layer:
            assert each.rule is not None
            found[each.segment.key] = {
                account
                for subject in subjects.everyone()
                if holds(each.rule, _Person(subject.account_ids), found)
                for account in subject.account_ids
            }
    return found


class _Person:
    def __init__(self, account_ids: list[int]) -> None:
        self.account_ids = account_ids
        self.accounts = list(LinkedAccount.objects.select_related("platform").filter(pk__in=account_ids))
        events = Event.objects.filter(account__in=account_ids, flag__isnull=True)
        self.events = list(events.select_related("course", "platform"))
        profile = Profile.objects.filter(account=min(account_ids)).first()
        usable = profile is not None and set(profile.account_ids) <= set(account_ids)
        self.traits: Mapping[str, Any] = profile.traits if usable and profile is not None else {}


def holds(rule: Condition, person: _Person, segments: Mapping[str, set[int]]) -> bool:
    if isinstance(rule, NotOf):
        return not holds(rule.condition, person, segments)
    if isinstance(rule, AllOf):
        return all(holds(each, person, segments) for each in rule.all)
    if isinstance(rule, AnyOf):
        return any(holds(each, person, segments) for each in rule.any)
    return leaf_holds(rule, person, segments)


def leaf_holds(leaf: Condition, person: _Person, segments: Mapping[str, set[int]]) -> bool:
    found = False
    if isinstance(leaf, DidIt):
        found = enough(leaf.did, person)
    elif isinstance(leaf, OnPlatform):
        found = any(each.platform.slug == leaf.platform for each in person.accounts)
    elif isinstance(leaf, InSegment):
        found = min(person.account_ids) in segments.get(leaf.segment, set())
    elif isinstance(leaf, ConsentsTo):
        found = any(each.consents_to(Purpose(leaf.consents)) for each in person.accounts)
    elif isinstance(leaf, AccountTraitIs):
        told = [each.traits[leaf.account_trait] for each in person.accounts if leaf.account_trait in each.traits]
        found = any(COMPARE[leaf.op](value, leaf.value) for value in told)
    elif isinstance(leaf, TraitIs):
        value = person.traits.get(leaf.trait)
        found = value is not None and COMPARE[leaf.op](value, leaf.value)
    elif isinstance(leaf, InterestedIn):
        interests = person.traits.get("categories", ())
        found = any(each["name"] == leaf.interest and each["share"] >= leaf.at_least for each in interests)
    return found


def enough(did: Did, person: _Person) -> bool:
    such = [event for event in person.events if is_such(event, did)]
    paid = sum(event.value or 0 for event in such)
    return (
        (did.least is None or len(such) >= did.least)
        and (did.at_most is None or len(such) <= did.at_most)
        and (did.sum_at_least is None or paid >= did.sum_at_least)
    )


def is_such(event: Event, did: Did) -> bool:
    course = event.course
    assert course is not None
    return (
        (not did.type or event.type in did.type)
        and (not did.category or course.category in did.category)
        and (did.platform is None or event.platform.slug == did.platform)
        and (did.within_days is None or event.timestamp >= timezone.now() - timedelta(days=did.within_days))
    )
