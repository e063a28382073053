"""The method's model of a discount: delta_j = w_0 + sum over k of w_k u_ik + e_j.

delta_j is what was taken off course j for person i, u_ik the coordinates of the person's profile vector, w what each of
them asks for and e_j what the course itself does (the method's step 4). It is fitted on past offers *that were taken
up*, weighted by one over their propensities, as ridge regression with the intercept w_0 free: what is told is the
discount at which people like this one bought this course. It says nothing of whether they would have bought without,
and so serves as a first guess where little is known, and as one policy among those compared by `policy_value`.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg

from promotions.offering.ladder import Float64Array, IntArray, TooLittleKnown, UnusableOffers

Positive = Annotated[float, msgspec.Meta(gt=0)]
TOLERANCE = 1e-8


class DiscountConfig(msgspec.Struct, frozen=True, kw_only=True):
    """profile_penalty, course_penalty: of the ridge, in past offers that tell of nothing. most_weight: of one offer."""

    profile_penalty: Positive = 10.0
    course_penalty: Positive = 10.0
    most_weight: Positive = 20.0
    fewest: int = 20


class DiscountModel:
    """Fit it, or load what `arrays` gave."""

    def __init__(self, config: DiscountConfig | None = None) -> None:
        self.config = config or DiscountConfig()
        self.constant = 0.0
        self.of_profile: Float64Array = np.zeros(0)
        self.courses: IntArray = np.zeros(0, np.int64)
        self.of_course: Float64Array = np.zeros(0)

    def fit(
        self, profiles: Float64Array, courses: IntArray, discounts: Float64Array, propensities: Float64Array
    ) -> "DiscountModel":
        """Learn from past offers that were taken up; returns itself.

        profiles: (n, k), the vectors u_i. courses: int64 (n,), any numbers that name courses. discounts: (n,), shares
        of the price, 0 where it was bought without. propensities: (n,). Raises `TooLittleKnown`.
        """
        n, k = profiles.shape
        if n < self.config.fewest:
            raise TooLittleKnown(f"{n} past offers were taken up; at least {self.config.fewest} are needed.")
        if not ((propensities > 0) & (propensities <= 1)).all():
            raise UnusableOffers("Propensities are above 0 and at most 1.")
        weights = np.minimum(1.0 / propensities, self.config.most_weight)
        weights = weights / weights.mean()
        self.courses, at = np.unique(courses, return_inverse=True)
        own = sparse.csr_matrix((np.ones(n), (np.arange(n), at)), shape=(n, len(self.courses)))
        design = sparse.hstack([np.ones((n, 1)), sparse.csr_matrix(profiles), own]).tocsr()
        penalty = np.full(design.shape[1], self.config.course_penalty)
        penalty[0], penalty[1 : k + 1] = TOLERANCE, self.config.profile_penalty
        weighted = design.multiply(weights[:, None]).tocsr()
        found, _state = cg(weighted.T @ design + sparse.diags(penalty), weighted.T @ discounts, rtol=TOLERANCE)
        self.constant, self.of_profile, self.of_course = float(found[0]), found[1 : k + 1], found[k + 1 :]
        return self

    def discounts(self, profiles: Float64Array, courses: IntArray) -> Float64Array:
        """Delta of each pair, as a share from 0 to 1; float64 (n,). A course never seen has no effect of its own."""
        at = np.minimum(np.searchsorted(self.courses, courses), max(len(self.courses) - 1, 0))
        known = self.courses[at] == courses if len(self.courses) else np.zeros(len(courses), bool)
        effect = np.where(known, self.of_course[at], 0.0) if len(self.courses) else np.zeros(len(courses))
        found: Float64Array = np.clip(self.constant + profiles @ self.of_profile + effect, 0.0, 1.0)
        return found

    def levels(self, profiles: Float64Array, courses: IntArray, ladder: Float64Array) -> IntArray:
        """The step of the ladder nearest to each delta; int64 (n,)."""
        delta = self.discounts(profiles, courses)
        return np.abs(delta[:, None] - ladder[None, :]).argmin(axis=1).astype(np.int64)

    def arrays(self) -> dict[str, np.ndarray]:
        """All that was learned, to be stored; see `from_arrays`."""
        constant, config = np.array([self.constant]), np.frombuffer(msgspec.json.encode(self.config), np.uint8)
        of_course = {"courses": self.courses, "of_course": self.of_course}
        return {"config": config, "constant": constant, "of_profile": self.of_profile, **of_course}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "DiscountModel":
        """The model that gave these arrays."""
        model = cls(msgspec.json.decode(arrays["config"].tobytes(), type=DiscountConfig))
        model.constant, model.of_profile = float(arrays["constant"][0]), arrays["of_profile"]
        model.courses, model.of_course = arrays["courses"], arrays["of_course"]
        return model
