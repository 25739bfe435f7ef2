"""Partners of suspected pairs: who exchanged media with whom, by scores of fits that learned from none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

MOST_SUSPECTS = 1000
"""Suspected pairs among which partners are sought, the most suspected first: one assignment takes 0.1 s. Chosen."""
ENOUGH = 0.6
"""Share of trusted pairs that must find their own partner. Chosen: on CLIP vectors of photographs 0.72 to 0.79 do, and
nine of ten new pairs are right; on drawings 0.2 to 0.5 do, and most new pairs are wrong."""
QUANTILE = 25
"""Percentile of the trusted pairs' own scores that a new pair must reach. Chosen among 5, 25 and 50 on CLIP vectors."""
DRAWS = 20
"""Draws of trusted pairs: their mean share then has an error of about 0.02. Chosen."""


@dataclass(frozen=True)
class Partners:
    """`given`: row of a suspected pair -> row whose second medium it gets. `kept`: rows whose own media agree best.

    `accuracy`: the share of as many trusted pairs that find their own partner when all are taken apart. Both are empty
    where it is below ENOUGH: the scores then do not tell which partner is right.
    """

    accuracy: float
    given: Mapping[int, int] = field(default_factory=dict)
    kept: frozenset[int] = frozenset()


def find_partners(
    left: np.ndarray, right: np.ndarray, suspects: Sequence[int], right_contents: np.ndarray, seed: int = 0
) -> Partners:
    """The partners of `suspects` (row numbers, the most suspected first) among themselves.

    `left` and `right` (n, d): the score of row i's first medium with row j's second is `left[i] @ right[j]`, from
    sources that did not learn from the suspects. `right_contents` (n,) int: equal numbers are equal contents. The
    partners are those of the assignment with the greatest sum (Kuhn 1955). A new pair counts where its score exceeds
    that of the own pair and reaches the lower quarter of the trusted ones.
    """
    pool = np.asarray(suspects[:MOST_SUSPECTS], int)
    trusted = np.setdiff1d(np.arange(len(left)), np.asarray(suspects, int))
    if len(pool) < 2 or len(trusted) < 2:
        return Partners(0.0)
    accuracy = _accuracy(left, right, trusted, min(len(pool), len(trusted)), right_contents, seed)
    if accuracy < ENOUGH:
        return Partners(accuracy)
    bar = float(np.percentile(np.einsum("ij,ij->i", left[trusted], right[trusted]), QUANTILE))
    scores, chosen = _assigned(left[pool], right[pool])
    given, kept = {}, set()
    for at, other in enumerate(chosen.tolist()):
        row, partner = int(pool[at]), int(pool[other])
        if right_contents[row] == right_contents[partner]:
            kept.add(row)
        elif scores[at, other] >= bar and scores[at, other] > scores[at, at]:
            given[row] = partner
    # A medium that went to another item leaves its own pair, so that no content is learned twice.
    lent = set(given.values())
    return Partners(accuracy, given, frozenset(kept - lent))


def _assigned(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (m, m), and for each row of `left` its partner among those of `right` (m,)."""
    from scipy.optimize import linear_sum_assignment

    scores = left @ right.T
    return scores, linear_sum_assignment(scores, maximize=True)[1]


def _accuracy(
    left: np.ndarray, right: np.ndarray, trusted: np.ndarray, many: int, right_contents: np.ndarray, seed: int
) -> float:
    """The share of `many` trusted pairs drawn at random that the assignment joins again, the mean of several draws."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        rows = rng.choice(trusted, many, replace=False)
        chosen = rows[_assigned(left[rows], right[rows])[1]]
        found.append(float((right_contents[chosen] == right_contents[rows]).mean()))
    return float(np.mean(found))
