"""What segments are called, in the reader's language."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.description import HABITS, TIERS
from profiles.models import Segment, SegmentKind

CELLS: dict[str, Promise] = {
    "champions": _("Champions"),
    "loyal": _("Loyal"),
    "potential": _("Potentially loyal"),
    "new": _("Newcomers"),
    "promising": _("Promising"),
    "attention": _("Needing attention"),
    "falling_asleep": _("About to fall asleep"),
    "cannot_lose": _("Not to be lost"),
    "at_risk": _("At risk"),
    "hibernating": _("Hibernating"),
    "lost": _("Lost"),
}
"""The groups of cells of the RFM grid by the words they are known by."""


def name_of(segment: Segment) -> str:
    """The name that a marketer gave; else one made of what is told of the segment; else the key.

    `Segment.told` may have, each as far as it is known: `cell`, of `CELLS`; or, of a cluster, `interests` (names of
    categories and topics, the strongest first), `habit` and `tier` as traits have them, and `number`, for clusters
    that would be called the same.
    """
    if segment.name:
        return segment.name
    told: dict[str, Any] = segment.told or {}
    if told.get("cell") in CELLS:
        return str(CELLS[told["cell"]])
    name = _cluster_name(told)
    if not name and segment.kind == SegmentKind.CLUSTER:
        return gettext("Cluster %(number)d") % {"number": (segment.cluster or 0) + 1}
    return name or segment.key


def _cluster_name(told: dict[str, Any]) -> str:
    parts = []
    interests = [str(name) for name in told.get("interests", ())][:2]
    if len(interests) == 2:
        parts.append(gettext("%(first)s and %(second)s") % {"first": interests[0], "second": interests[1]})
    else:
        parts += interests
    parts += [str(words[told[key]]) for key, words in (("habit", HABITS), ("tier", TIERS)) if told.get(key) in words]
    if not parts:
        return ""
    name = parts[0]
    for part in parts[1:]:
        name = gettext("%(first)s, %(second)s") % {"first": name, "second": part}
    return f"{name} ({told['number']})" if told.get("number") else name
