"""Counterfactuals: the smallest set of parts whose removal lowers an item's rank below a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

from mmalign_core.explain.masks import AT_ONCE
from mmalign_core.wording import say

Falls = Callable[[np.ndarray], np.ndarray]
"""Whether the item falls (b,) bool when only some parts are kept: masks (b, p) bool, True for a kept part."""


@dataclass(frozen=True)
class Removal:
    """`parts`: the parts to leave out, None if no set was found that makes the item fall.

    `smallest`: it is certain that no smaller set does so (or no set at all, if `parts` is None). `minimal`: it is
    certain that none of the parts can be put back. `tried`: number of sets that were tried.
    """

    parts: tuple[int, ...] | None
    smallest: bool
    minimal: bool
    tried: int


def find_removal(
    parts: int, falls: Falls, order: Sequence[int], budget: int = 512, *, at_once: int = AT_ONCE
) -> Removal:
    """Return the smallest set of the `parts` whose removal makes the item fall, within `budget` sets tried.

    `order` (p,): parts, most important first, such as those of a map. All sets of one part are tried, then of two and
    so on, while the budget is enough for all of them. Then parts are removed one after the other in `order` until the
    item falls, and put back if it falls without that. Of equally large sets the first by `order` is taken. Half the
    budget is reserved for the second search.
    """
    search = _Search(parts, falls, [int(part) for part in order], budget, at_once)
    excluded = 0
    for size in range(parts + 1):
        if comb(parts, size) > max(parts, budget // 2 - search.tried) or comb(parts, size) > search.left:
            break
        found = search.first(combinations(search.order, size))
        if found is not None:
            return Removal(tuple(sorted(found)), True, True, search.tried)
        excluded = size
    if excluded == parts:
        return Removal(None, True, False, search.tried)
    found = search.first(tuple(search.order[:size]) for size in range(excluded + 1, parts + 1))
    if found is None:
        return Removal(None, False, False, search.tried)
    found, minimal = search.pruned(found, excluded)
    return Removal(tuple(sorted(found)), len(found) == excluded + 1, minimal, search.tried)


class _Search:
    """Tries sets in batches and counts them."""

    def __init__(self, parts: int, falls: Falls, order: list[int], budget: int, at_once: int) -> None:
        if sorted(order) != list(range(parts)):
            raise ValueError(
                say("the order must hold each of the {parts} parts once, got {order}", parts=parts, order=order)
            )
        self.parts, self.falls, self.order, self.at_once = parts, falls, order, at_once
        self.budget, self.tried = budget, 0

    @property
    def left(self) -> int:
        """Number of sets that may still be tried."""
        return self.budget - self.tried

    def first(self, sets: Iterator[tuple[int, ...]]) -> tuple[int, ...] | None:
        """Return the first of the sets whose removal makes the item fall, or None within the budget."""
        while block := list(islice(sets, max(0, min(self.at_once, self.left)))):
            fell = self._without(block)
            if fell.any():
                return block[int(np.argmax(fell))]
        return None

    def pruned(self, removed: tuple[int, ...], excluded: int) -> tuple[tuple[int, ...], bool]:
        """Put parts of `removed` back while the item still falls. Return the rest, and whether it is surely minimal.

        Halves are put back first, then quarters, down to single parts, least important first: delta debugging (Zeller
        and Hildebrandt 2002). If no set of up to `excluded` parts works, a set of one more is minimal.
        """
        size = max(1, len(removed) // 2)
        while len(removed) > excluded + 1:
            kept = (removed[: max(0, end - size)] + removed[end:] for end in range(len(removed), 0, -size))
            less = self.first(kept)
            if less is not None:
                removed, size = less, max(1, min(size, len(less) // 2))
            elif size == 1 or not self.left:
                return removed, self.left > 0
            else:
                size //= 2
        return removed, True

    def _without(self, sets: list[tuple[int, ...]]) -> np.ndarray:
        masks = np.ones((len(sets), self.parts), dtype=bool)
        for row, removed in enumerate(sets):
            masks[row, list(removed)] = False
        self.tried += len(sets)
        return np.asarray(self.falls(masks), dtype=bool)
