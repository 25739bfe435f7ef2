"""Entropic optimal transport: targets are shared softly among the sources, and each source takes its largest share."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.matchers.base import register
from mmalign_core.scoring.matchers.dense import DenseMatcher
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Matches
from mmalign_core.wording import say

FINEST = 1 / 500
"""Lowest tau relative to the span of the scores: below it the assignment no longer changes, only the time grows."""

ABSORBED = 1e50
"""Largest scaling before it is moved into the exponent: far below overflow, and rare, because it costs a new kernel."""


@register("sinkhorn")
class Sinkhorn(DenseMatcher):
    """max <P, score> + tau H(P) over transport plans P of uniform marginals; source i takes the argmax of row i.

    Cuturi (2013), Sinkhorn distances. Several sources may take one target. If there are more targets than sources, one
    additional source at equal distance to all targets takes the surplus (as the dustbin of SuperGlue, Sarlin et al.
    2020), so that each real source weighs as much as one target.
    """

    summary = say("Sinkhorn: shares the targets softly among all sources; each takes its largest share")
    most_scores = 25_000_000
    tau: float = param(
        0.05,
        0.0001,
        100.0,
        help="entropy on the scale of the scores, at least a 500th of their span: the lower, the harder the choice",
    )
    iterations: int = param(1000, 1, 100_000, help="most rounds of scaling rows and columns")

    def match(self, scores: Scores) -> Matches:
        """Return one pair per source, or none if there are no targets. BadInput if there are too many scores."""
        dense = self.dense(scores)
        rows = np.arange(len(dense) if dense.size else 0)
        return self.matches(rows, self.plan(dense).argmax(1) if dense.size else rows, dense)

    def plan(self, dense: np.ndarray) -> np.ndarray:
        """Return the transport plan (m, n) float64 of these scores, as far as it converged.

        Columns sum to 1/n and rows to 1/m. With more targets than sources rows sum to 1/n and columns to at most 1/n.
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
    """Subtract a constant per row and column, which does not change the plan, so that no row underflows."""
    cost = cost - cost.min(1, keepdims=True)
    return cost - cost.min(0)
