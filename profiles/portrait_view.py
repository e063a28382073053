"""A profile as pages show it: words, figures and pictures."""

from dataclasses import dataclass

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from profiles import pictures
from profiles.description import DAYPARTS, TIERS, describe
from profiles.modeling.traits import Traits
from profiles.profiling.reading import Portrait


@dataclass(frozen=True)
class PortraitView:
    """What a page shows of a profile."""

    portrait: Portrait
    description: str
    habit: str
    tier: str
    radar: SafeString
    hours: SafeString
    weeks: SafeString

    @property
    def traits(self) -> Traits:
        """The traits themselves."""
        return self.portrait.traits


def shown(portrait: Portrait) -> PortraitView:
    """A profile in the active language. Everything that came from outside is escaped where it is drawn."""
    traits = portrait.traits
    weekdays = [str(WEEKDAYS_ABBR[day]) for day in range(7)]
    interests = traits.topics if len(traits.topics) > len(traits.categories) else traits.categories
    return PortraitView(
        portrait=portrait,
        description=describe(traits),
        habit=str(DAYPARTS[traits.hours.habit]) if traits.hours.habit else "",
        tier=str(TIERS[traits.spending.tier]) if traits.spending.tier else "",
        radar=_drawn(
            pictures.radar([each.name for each in interests], [each.share for each in interests], gettext("Interests"))
        ),
        hours=_drawn(pictures.heat_map(traits.hours.visits, weekdays, gettext("Hours of learning"))),
        weeks=_drawn(pictures.bars(portrait.weeks, gettext("Events by week, the latest on the right"))),
    )


def _drawn(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308 texts in it were escaped when it was drawn
