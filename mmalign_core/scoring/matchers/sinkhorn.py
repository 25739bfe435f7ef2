"""Entropic optimal transport: sources share out the targets softly, then take the most of their share."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.scoring.matchers.base import register
from mmalign_core.scoring.matchers.dense import DenseMatcher
from mmalign_core.types import Matches

FINEST = 1 / 500
"""Lowest tau as a share of the span of the scores: below it the assignment no longer changes, only the time."""

ABSORBED = 1e50
"""Scalings above this are taken into the exponent: far below what overflows, and rare, for it costs a new kernel."""


@register("sinkhorn")
class Sinkhorn(DenseMatcher):
    """max <P, score> + tau H(P) over transport plans P of uniform marginals; source i takes the argmax of row i.

    Cuturi (2013), Sinkhorn distances. Several sources may take one target. Where there are more targets than sources,
    one source that is equally near to everything takes the surplus (as the dustbin of SuperGlue, Sarlin et al. 2020),
    so that each real one still weighs as much as one target and nobody is made to take what nobody wants.
    """

    summary = "Sinkhorn: softly shares out the targets among all sources, each takes the most of its share"
    most_scores = 25_000_000
    tau: float = param(
        0.05,
        0.0001,
        100.0,
        help="entropy on the scale of the scores, at least a 500th of their span: the lower, the harder the choice",
    )
    iterations: int = param(1000, 1, 100_000, help="at most so many rounds of scaling rows and columns")

    def match(self, scores: Scores) -> Matches:
        """One pair a source (none when there are no targets); BadInput when there are too many scores to hold."""
        dense = self.dense(scores)
        rows = np.arange(len(dense) if dense.size else 0)
        return self.matches(rows, self.plan(dense).argmax(1) if dense.size else rows, dense)

    def plan(self, dense: np.ndarray) -> np.ndarray:
        """The transport plan (m, n) float64 of these scores, as far as it converged.

        Columns sum to 1/n and rows to 1/m; with more targets than sources rows to 1/n and columns to at most 1/n.
        """
        import ot

        (m, n), cost = dense.shape, dense.max() - dense.astype(np.float64)
        masses, tau = np.full(m, 1 / max(m, n)), max(self.tau, FINEST * float(np.ptp(cost)))
        if n > m:
            cost = np.vstack([cost, np.full(n, cost.mean())])
            masses = np.append(masses, (n - m) / n)
        settings = {"numItermax": self.iterations, "stopThr": 1e-8, "warn": False, "tau": ABSORBED}
        columns = np.full(n, 1 / n)
        plan = ot.sinkhorn(masses, columns, _reduced(cost), tau, method="sinkhorn_stabilized", **settings)
        return np.asarray(plan)[:m]


def _reduced(cost: np.ndarray) -> np.ndarray:
    """The cost less a constant a row and one a column, which leave the plan as it is, so that no row underflows."""
    cost = cost - cost.min(1, keepdims=True)
    return cost - cost.min(0)
