"""Validation split of a fit's own examples, and the measure it is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mmalign_core.aligners.pairs import Pairs
from mmalign_core.vectors import unit_rows

FEWEST_HELD = 8
"""With fewer held-out examples a choice would be left to chance. Chosen: eight answers tell two settings apart
only if they differ on most."""
FEWEST_TO_SHARE = 30
"""With fewer examples in all none is held out. Chosen: FEWEST_HELD would then be more than a quarter of them."""
FEWEST_GROUPS = 50
"""With fewer distinct contents the pairs are classes: those at use are those seen here. Chosen: 15% of fewer
are less than FEWEST_HELD contents."""
CLASS_SIZE = 4
"""... if each has so many items on average (several captions of one picture are no class). Chosen."""
MOST_HELD = 500
"""More would cost time and training examples. Chosen: the standard error of a mean reciprocal rank is then about
0.3 / sqrt(500) = 0.013."""
MOST_REFITTED = 5000
"""Up to so many examples a fit ends with a training on all; with more, those held out are not missed. Chosen:
MOST_HELD is then a tenth of the examples."""


@dataclass(frozen=True)
class Holdout:
    """Examples to train on and to validate on; `held` is empty when there are too few to hold any out."""

    kept: Pairs
    held: Pairs

    @property
    def refits(self) -> bool:
        """Whether a last training on all examples pays: some are held out, and they would be missed."""
        return len(self.held) > 0 and len(self.kept) + len(self.held) <= MOST_REFITTED


def hold_out(pairs: Pairs, share: float = 0.15, seed: int = 0) -> Holdout:
    """Hold out about `share` of the examples, at most MOST_HELD.

    Whole content groups where there are many, so that nothing seen in training is asked for again: items at use have
    contents of their own. Where few distinct contents repeat over and over (forty sounds, one text), they are classes
    and will be met again: then examples of every class are held out.
    """
    sizes = np.bincount(np.unique(pairs.groups, return_inverse=True)[1])
    wanted = min(MOST_HELD, max(FEWEST_HELD, round(share * len(pairs))))
    by_class = len(sizes) < FEWEST_GROUPS and len(set(pairs.items)) >= CLASS_SIZE * len(sizes)
    order = np.random.default_rng(seed).permutation(len(pairs))
    held = np.zeros(len(pairs), bool)
    if len(pairs) >= FEWEST_TO_SHARE:
        held[_of_each_class(pairs.groups, order, wanted) if by_class else _whole(pairs.groups, order, wanted)] = True
    return Holdout(pairs.take(np.flatnonzero(~held)), pairs.take(np.flatnonzero(held)))


def keep_all(pairs: Pairs) -> Holdout:
    """The same examples with none held out."""
    return Holdout(pairs, pairs.take(np.zeros(0, int)))


def _whole(groups: np.ndarray, order: np.ndarray, wanted: int) -> np.ndarray:
    """Groups in random order until there are enough; one that would take far more is passed over."""
    members = _members(groups, order)
    held: list[int] = []
    for group in members.values():
        if len(held) + len(group) <= wanted:
            held += group
    return np.array(held, int)


def _of_each_class(groups: np.ndarray, order: np.ndarray, wanted: int) -> np.ndarray:
    """About the same share of every group and at least one example; a group is never held out whole."""
    share, held = wanted / len(groups), []
    for group in _members(groups, order).values():
        held += group[: min(len(group) - 1, max(1, round(share * len(group))))]
    return np.array(held, int)


def _members(groups: np.ndarray, order: np.ndarray) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for i in order:
        found.setdefault(int(groups[i]), []).append(int(i))
    return found


def mean_reciprocal_rank(places: Mapping[str, np.ndarray], pairs: Pairs) -> float | None:
    """How well examples find one another: mean of 1 / rank over both directions of every pair of modalities.

    `places`: modality -> (p, k) coordinates of the examples, rows of absent ones ignored. Candidates of one content
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
