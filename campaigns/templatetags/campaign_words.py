"""Words of campaigns on pages."""

from django import template

from campaigns import reward_words, showing
from campaigns.models import Grant, Prize, RewardPlan
from campaigns.showing import Slice

register = template.Library()


@register.filter
def given(grant: Grant) -> str:
    """What was given, in words."""
    return reward_words.of_grant(grant)


@register.filter
def promised(plan: RewardPlan) -> str:
    """What will be given, in words."""
    return reward_words.of_plan(plan)


@register.filter
def turned_to(slices: list[Slice], prize: Prize | None) -> str:
    """By how many degrees the wheel is turned so that this prize is on top."""
    return f"{showing.turned_to(slices, prize):.2f}"
