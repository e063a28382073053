"""Changing placements: every process follows with its next answer."""

from typing import Any

from django.db import transaction

from crossmarket.foundation import generations
from recommend.models import Placement
from recommend.placements.reading import checked, written


@transaction.atomic
def save_placement(placement: Placement) -> None:
    """Store a placement whose rules are a JSON document. Raises `RulesError`."""
    placement.rules = written(checked(placement.rules))
    placement.save()
    generations.renew_on_commit(generations.PLACEMENTS)


@transaction.atomic
def describe(platform: Any, key: str, rules: dict[str, Any], name: str = "") -> Placement:
    """Make or change the placement of a platform (None: of all that have none of their own). Raises `RulesError`."""
    placement = Placement.objects.filter(platform=platform, key=key).first() or Placement(platform=platform, key=key)
    placement.rules = rules
    placement.name = name or placement.name
    save_placement(placement)
    return placement


@transaction.atomic
def drop_placement(placement: Placement) -> None:
    """Remove a placement: its key is answered for as by default, or as its platform's other rules say."""
    placement.delete()
    generations.renew_on_commit(generations.PLACEMENTS)
