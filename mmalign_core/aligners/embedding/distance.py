"""Direct minimisation of the distance between paired places, with or without a constraint against collapse."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.embedding.descent import SOLVERS, Objective, Watch
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.spectral import projected_crosses, stacked, whitener, with_fixed_signs
from mmalign_core.params import param
from mmalign_core.types import Progress
from mmalign_core.wording import say

COLLAPSED = 1e-6
"""Spread, relative to that of a white space, below which all places count as one point and the maps are set to zero.
Chosen: far above the rounding of float64, far below the spread of any constrained solution."""


@register("distance")
class Distance(LinearAligner):
    """min Σ ½‖f(x) - g(y)‖² over linear f, g, step by step.

    Without a constraint the smallest distance is 0: both maps shrink until all items are at one point. The whitening
    constraint adds ¼‖Cov f - I‖² + ¼‖Cov g - I‖². Its optimum is known: the leading canonical directions, each with
    variance equal to its correlation, and the objective Σₖ ½(1 - ρₖ²). So the result equals that of `cca`. Steps are
    taken in whitened coordinates of each modality (with the ridge of cca), and the solution is rotated to its canonical
    directions. The history holds the `loss` and the `spread`, the mean variance of a dimension, for each step.
    """

    summary = say("Least distance between pairs by gradient descent, L-BFGS or Newton; shows collapse if unconstrained")
    card = Card(
        idea=say(
            "Moves both maps, step by step, until the two places of each pair are as near as possible. A "
            "constraint on their spread keeps them from shrinking to one point; without it they collapse."
        ),
        formula=r"\min_{f,g} \sum_i \tfrac12\|f(x_i)-g(y_i)\|^2 + \tfrac14\|\mathrm{Cov}f - I\|^2 "
        r"+ \tfrac14\|\mathrm{Cov}g - I\|^2",
        use=say("To see what the objective does and how solvers differ; cca finds the same optimum in one step."),
        reference="Chapman, Wells & Lawry 2024, Unconstrained Stochastic CCA: Unifying Multiview and Self-Supervised "
        "Learning (ICLR)",
    )
    multiway = True
    trained = True
    solver: str = param("lbfgs", choices=tuple(SOLVERS), help="how steps are taken")
    constraint: str = param(
        "whitening", choices=("whitening", "none"), help="none: nothing keeps places from collapsing"
    )
    steps: int = param(100, 1, 100_000, help="most steps; gradient descent needs several hundred")
    dims: int = param(64, 1, 4096, help="dimensions of the shared space")
    reg: float = param(1.0, 0, 100, help="ridge on each modality's covariance, relative to its mean variance")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return the maps after the last step, or zeros if the space collapsed."""
        white = {m: whitener(x, self.reg, int(examples.present[m].sum())) for m, x in examples.rows.items()}
        whole, place = stacked(projected_crosses(examples.rows, examples.present, white))
        objective = Objective(
            _at_most_one(whole / (len(place) - 1), len(place)), tuple(place.values()), self._constrained
        )
        width = min(self.dims, *(w.shape[1] for w in white.values()))
        start, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(whole), width)))
        found = SOLVERS[self.solver](objective, start, self.steps, self._watcher(objective, progress))
        if objective.spread(found) < COLLAPSED:
            found = np.zeros_like(found)
        parts = _rotated(found, objective, place)
        return Maps({m: white[m] @ part for m, part in parts.items()}, np.ones(width))

    @property
    def _constrained(self) -> bool:
        return self.constraint == "whitening"

    def _watcher(self, objective: Objective, progress: Progress) -> Watch:
        steps = count(1)

        def watch(maps: np.ndarray, loss: float) -> None:
            step, spread = next(steps), objective.spread(maps)
            self.record(step=step, loss=loss, spread=spread)
            progress(0.1 + 0.9 * step / self.steps, f"step {step}: loss {loss:.4g}, spread {spread:.3g}")

        return watch


def _at_most_one(correlations: np.ndarray, modalities: int) -> np.ndarray:
    """Scale so that no eigenvalue exceeds 1: correlations over different items can contradict each other."""
    return correlations if modalities == 2 else correlations / max(1.0, np.linalg.eigvalsh(correlations)[-1])


def _rotated(found: np.ndarray, objective: Objective, place: Mapping[str, slice]) -> dict[str, np.ndarray]:
    """Return the places rotated to their canonical directions, strongest first, with one rotation for all."""
    _, axes = np.linalg.eigh(found.T @ objective.correlations @ found)
    turned = found @ axes[:, ::-1]
    return with_fixed_signs({m: turned[rows] for m, rows in place.items()})
