"""Segments of the demo: the RFM grid and two live rules, so that the list is not empty; a worker finds who belongs."""

from profiles.models import Segment
from profiles.segmentation import keeping
from profiles.segmentation.rfm import lay_grid

RULES = {
    "hesitating": (
        "看了很多还没买",
        "适合发一张小额优惠券。",
        {
            "all": [
                {"did": {"type": ["view", "click"], "at_least": 5, "within_days": 30}},
                {"not": {"did": {"type": "purchase", "within_days": 30}}},
            ]
        },
    ),
    "across-platforms": (
        "在多个平台学习、愿意接收消息",
        "适合介绍跨平台的活动。",
        {"all": [{"trait": "platforms", "op": ">=", "value": 2}, {"consents": "marketing"}]},
    ),
}
"""Live rules by key: name, note and rule."""


def make_segments() -> None:
    """Make them. Traits are known once profiles are built, which brings all segments up to date."""
    for key, (name, note, rule) in RULES.items():
        keeping.save(Segment(key=key, name=name, note=note, rule=rule))
    lay_grid()
