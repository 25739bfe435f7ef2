"""Validation split of the examples of a fit, and its quality measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mmalign_core.aligners.pairs import Pairs
from mmalign_core.vectors import unit_rows

FEWEST_HELD = 8
"""Fewest held-out examples; fewer would choose by chance. Chosen: eight ranks separate two settings only if they
differ on most."""
FEWEST_TO_SHARE = 30
"""Fewest examples for a split. Chosen: with fewer, FEWEST_HELD would be more than a quarter of them."""
FEWEST_GROUPS = 50
"""With fewer distinct contents the pairs count as classes, which occur again in new data. Chosen: 15% of fewer
are less than FEWEST_HELD contents."""
CLASS_SIZE = 4
"""... if each has so many items on average (several captions of one picture are no class). Chosen."""
MOST_HELD = 500
"""Most held-out examples; more would cost time and training examples. Chosen: the standard error of a mean reciprocal
rank is then about 0.3 / sqrt(500) = 0.013."""
MOST_REFITTED = 5000
"""Most examples for which a fit ends with a training on all; with more, the held-out ones add little. Chosen:
MOST_HELD is then a tenth of the examples."""


@dataclass(frozen=True)
class Holdout:
    """Examples to train on and to validate on. `held` is empty if there are too few to hold any out."""

    kept: Pairs
    held: Pairs

    @property
    def refits(self) -> bool:
        """Whether a final training on all examples is useful: some are held out, and the others are few."""
        return len(self.held) > 0 and len(self.kept) + len(self.held) <= MOST_REFITTED

    def all_pairs(self) -> Pairs:
        """Return the kept and the held-out examples together."""
        rows = {m: np.concatenate([kept, self.held.rows[m]]) for m, kept in self.kept.rows.items()}
        groups = np.concatenate([self.kept.groups, self.held.groups])
        return Pairs(rows, [*self.kept.items, *self.held.items], groups)


def hold_out(pairs: Pairs, share: float = 0.15, seed: int = 0) -> Holdout:
    """Hold out about `share` of the examples, at most MOST_HELD.

    Whole content groups are held out if there are many, because new items have their own contents: none of the held-out
    contents occurs in training. If few distinct contents repeat (forty sounds, one text), they are classes that new
    items have too; then examples of every class are held out.
    """
    sizes = np.bincount(np.unique(pairs.groups, return_inverse=True)[1])
    count = min(MOST_HELD, max(FEWEST_HELD, round(share * len(pairs))))
    by_class = len(sizes) < FEWEST_GROUPS and len(set(pairs.items)) >= CLASS_SIZE * len(sizes)
    order = np.random.default_rng(seed).permutation(len(pairs))
    held = np.zeros(len(pairs), bool)
    if len(pairs) >= FEWEST_TO_SHARE:
        held[_of_each_class(pairs.groups, order, count) if by_class else _whole(pairs.groups, order, count)] = True
    return Holdout(pairs.take(np.flatnonzero(~held)), pairs.take(np.flatnonzero(held)))


def keep_all(pairs: Pairs) -> Holdout:
    """Return the examples with none held out."""
    return Holdout(pairs, pairs.take(np.zeros(0, int)))


def _whole(groups: np.ndarray, order: np.ndarray, count: int) -> np.ndarray:
    """Return groups in random order until there are enough. A group that would take far too many is skipped."""
    members = _members(groups, order)
    held: list[int] = []
    for group in members.values():
        if len(held) + len(group) <= count:
            held += group
    return np.array(held, int)


def _of_each_class(groups: np.ndarray, order: np.ndarray, count: int) -> np.ndarray:
    """Return about the same share of every group and at least one example, but never a whole group."""
    share, held = count / len(groups), []
    for group in _members(groups, order).values():
        held += group[: min(len(group) - 1, max(1, round(share * len(group))))]
    return np.array(held, int)


def _members(groups: np.ndarray, order: np.ndarray) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for i in order:
        found.setdefault(int(groups[i]), []).append(int(i))
    return found


def mean_reciprocal_rank(places: Mapping[str, np.ndarray], pairs: Pairs) -> float | None:
    """Return the mean of 1 / rank of the examples over both directions of every pair of modalities.

    `places`: modality -> (p, k) coordinates of the examples, rows of absent ones ignored. All candidates of the same
    content group are right answers. Ties count against them. None if no two modalities share two different groups.
    group are all right answers; ties never help. None when no two modalities share two examples of distinct groups.
    """
    found = []
    for a, b in combinations(places, 2):
        both = np.flatnonzero((pairs.rows[a] >= 0) & (pairs.rows[b] >= 0))
        groups = pairs.groups[both]
        if len(np.unique(groups)) > 1:
            scores = unit_rows(places[a][both]) @ unit_rows(places[b][both]).T
            found += [_reciprocal_rank(scores, groups), _reciprocal_rank(scores.T, groups)]
    return float(np.mean(found)) if found else None


def _reciprocal_rank(scores: np.ndarray, groups: np.ndarray) -> float:
    right = groups[:, None] == groups[None, :]
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    return float(np.mean(1 / (1 + np.count_nonzero((scores >= best) & ~right, axis=1))))
