"""Whether heeding fatigue keeps more people than writing as often as is allowed, and than not writing.

    python -m benchmarks.fatigue

On made-up people who tire of messages (`benchmarks/planted_fatigue.py`): the share that is still there after 90 days,
by policy and seed. The parameters of `campaigns.pacing` were chosen on seeds from 100 on.
"""

import numpy as np

from benchmarks import planted_fatigue as planted
from benchmarks.options import read

POLICIES = {"nothing": planted.never, "at the cap": planted.at_the_cap, "heeding fatigue": planted.aware_of_fatigue}
PEOPLE, SEEDS = 1_000, 20
QUICK_PEOPLE = 200


def main(people: int) -> None:
    """Print a row for each policy, and in how many seeds heeding fatigue keeps most."""
    kept = {name: [planted.kept_by(policy, people, seed) for seed in range(SEEDS)] for name, policy in POLICIES.items()}
    print(f"{'policy':<16} {'kept':>6} {'least':>6} {'most':>6}   {people} people, {SEEDS} seeds, {planted.DAYS} days")
    for name, shares in kept.items():
        print(f"{name:<16} {np.mean(shares):>6.3f} {min(shares):>6.3f} {max(shares):>6.3f}")
    others = [max(pair) for pair in zip(kept["nothing"], kept["at the cap"], strict=True)]
    best = sum(own > other for own, other in zip(kept["heeding fatigue"], others, strict=True))
    print(f"heeding fatigue keeps most in {best} of {SEEDS}")


if __name__ == "__main__":
    main(QUICK_PEOPLE if read(__doc__).quick else PEOPLE)
