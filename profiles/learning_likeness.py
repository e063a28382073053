"""What accounts learn about, for those who ask whether two of them may be one person."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Sum

from accounts.models import Purpose
from accounts.services import likeness
from accounts.services.likeness import Learning
from profiles.models import Event

FEWEST = 5.0
"""Who has engaged less than this has shown nothing yet."""


@likeness.declare
def learning_of(account_ids: Collection[int]) -> Learning:
    """By account the share of each category in what it engaged with, as far as it agrees to profiling and joining."""
    events = Event.objects.consented(Purpose.PROFILING, Purpose.CROSS_PLATFORM).cleaned()
    told = events.filter(account__in=account_ids).engaging().exclude(course__category="")
    sums = told.values_list("account_id", "course__category").annotate(total=Sum("engagement")).order_by()
    engaged: dict[int, dict[str, float]] = defaultdict(dict)
    for account_id, category, total in sums:
        engaged[account_id][category] = total
    return {
        account_id: {category: weight / sum(weights.values()) for category, weight in weights.items()}
        for account_id, weights in engaged.items()
        if sum(weights.values()) >= FEWEST
    }
