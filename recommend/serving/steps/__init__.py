"""The rules of a placement as steps over a line-up, in the order in which they come."""

from recommend.serving.steps.leaving_out import bought, members, met, offer
from recommend.serving.steps.ordering import diversity, limits, pins
from recommend.serving.steps.scoring import boosts, freshness, popularity
from recommend.serving.steps.setting import Setting, Step

__all__ = ["STEPS", "Setting", "Step"]

STEPS: tuple[Step, ...] = (met, bought, offer, members, freshness, boosts, popularity, diversity, limits, pins)
"""First who may be there at all, then how well each suits, then who stands where."""
