"""Integrated gradients: the share of each number of an input in a score of a differentiable head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.types import BadInput
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch

TOLERANCE = 1e-3
"""Completeness gap, relative to the change of the score, below which no more points are added. Chosen."""
POINTS_AT_ONCE = 64
"""Rows per call of the head. Chosen: fast matrix products in little memory."""


@dataclass(frozen=True)
class IntegratedMap:
    """`values` (t,), one per step. With `rest` they sum to `score`.

    `rest` is the score of the baseline plus `gap`, the error of the integral. `points`: number of points of the
    integral.
    """

    values: np.ndarray
    rest: float
    score: float
    gap: float
    points: int


def integrated_gradients(
    function: Callable[[torch.Tensor], torch.Tensor],
    rows: torch.Tensor,
    baseline: torch.Tensor,
    steps: int = 32,
    at_once: int = POINTS_AT_ONCE,
) -> torch.Tensor:
    """Return attributions (b, ...): (rows - baseline) times the mean gradient on the path (Sundararajan et al. 2017).

    `rows` (b, ...) float; `baseline` of the same shape or one that broadcasts to it. `function`: (n, ...) -> (n,), each
    score from its own row alone. The mean is by Gauss-Legendre quadrature at `steps` points, exact for smooth scores.
    `at_once`: rows per call of the function.
    """
    import torch

    start = baseline.to(rows).expand_as(rows).detach()
    way = rows.detach() - start
    nodes, shares = np.polynomial.legendre.leggauss(steps)
    total = torch.zeros_like(way)
    at_once = max(1, at_once // max(len(rows), 1))
    for first in range(0, steps, at_once):
        along, share = (
            torch.as_tensor(x[first : first + at_once] / 2, dtype=way.dtype, device=way.device).view(
                -1, *[1] * way.ndim
            )
            for x in (nodes + 1, shares)
        )
        with torch.enable_grad():
            points = (start + along * way).flatten(0, 1).requires_grad_(True)
            slope = torch.autograd.grad(function(points).sum(), points)[0]
        total += (share * slope.view(len(along), *way.shape)).sum(dim=0)
    return way * total


def integrated_map(
    function: Callable[[torch.Tensor], torch.Tensor],
    steps: torch.Tensor,
    baseline: torch.Tensor,
    *,
    tolerance: float = TOLERANCE,
    points: int = 16,
    most_points: int = 256,
    at_once: int = POINTS_AT_ONCE,
) -> IntegratedMap:
    """Return the map of one medium with `steps` (t, ...): cells, frames or token vectors.

    `function`: (n, t, ...) -> (n,) scores. The number of points is doubled until the completeness gap is at most
    `tolerance` of the change of the score, or until `most_points`. BadInput if the score is not finite.
    """
    import torch

    start = baseline.to(steps).expand_as(steps)
    with torch.no_grad():
        empty, score = (float(x) for x in function(torch.stack([start, steps])).double())
    if not np.isfinite([empty, score]).all():
        raise BadInput(say("the score of the medium or of its baseline is not a finite number, so no map can be drawn"))
    while True:
        found = integrated_gradients(function, steps[None], start[None], points, at_once)[0]
        values = found.double().flatten(1).sum(dim=1).cpu().numpy() if found.ndim > 1 else found.double().cpu().numpy()
        gap = score - empty - float(values.sum())
        if abs(gap) <= max(tolerance * abs(score - empty), 1e-6) or 2 * points > most_points:
            return IntegratedMap(values, empty + gap, score, gap, points)
        points *= 2
