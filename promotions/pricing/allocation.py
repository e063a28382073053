"""Sharing whole amounts out so that the parts sum to exactly the whole."""

from __future__ import annotations

from collections.abc import Sequence


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of `total` in proportion to `weights`, each rounded down or up, that sum to `total`.

    Largest remainders are rounded up first, of equal ones the earlier (Hamilton's method). No part is larger than its
    weight unless `total` is larger than all of them. Both are whole numbers, 0 or more; raises `ValueError` when there
    is something to share and nobody to share with.
    """
    whole = sum(weights)
    if not whole:
        if total:
            raise ValueError("There is nothing to share the amount out over.")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    left = total - sum(parts)
    for index in sorted(range(len(weights)), key=lambda index: (-remainders[index], index))[:left]:
        parts[index] += 1
    return parts


def unit_amounts(amount: int, quantity: int) -> list[int]:
    """What each unit costs of a line that costs `amount`, the dearer ones first; differs by 1 at most."""
    each, dearer = divmod(amount, quantity)
    return [each + 1] * dearer + [each] * (quantity - dearer)
