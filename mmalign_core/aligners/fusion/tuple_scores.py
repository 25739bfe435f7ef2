"""Score, loss and calibrated probability of tuples: whether their members belong to one item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

    Places = Mapping[str, torch.Tensor]

NEWTON_STEPS = 30
"""Newton steps at most. Chosen: two parameters need fewer. Each step is bounded, so that a bad start converges too."""


def mean_cosine(places: Places, present: Places) -> torch.Tensor:
    """Return (b,) the mean cosine over the pairs of members of each tuple, or 0 if it has fewer than two.

    For unit rows u_m the sum over the pairs is (|sum_m u_m|^2 - c) / 2 with c members: a squared layer on blocks.
    """
    import torch

    whole = torch.stack([places[m] * present[m][:, None] for m in places]).sum(0)
    members = torch.stack([present[m] for m in places]).sum(0)
    pairs = members * (members - 1) / 2
    return (whole.square().sum(1) - members) / 2 / pairs.clamp(min=1) * (pairs > 0)


def tuple_loss(
    places: Places, present: Places, groups: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor
) -> torch.Tensor:
    """Return the binary cross-entropy of true tuples against those with one member replaced, summed over replacements.

    Every other member of the batch replaces every member once, unless both are of one content group. For two
    modalities this is SigLIP's loss (Zhai et al. 2023).
    """
    import torch

    members = torch.stack([present[m] for m in places]).sum(0)
    own = torch.eye(len(groups), dtype=torch.bool)
    alike = (groups[:, None] == groups[None, :]) & ~own
    total, judged = scale.new_zeros(()), 0
    for m in places:
        rows = present[m] & (members > 1)
        if not rows.any():
            continue
        rest = {o: p for o, p in places.items() if o != m}
        context = torch.stack([rest[o] * present[o][:, None] for o in rest]).sum(0)
        others = members - 1
        among = (context.square().sum(1) - others) / 2
        cosines = (among[:, None] + context @ places[m].T) / (members * others / 2).clamp(min=1)[:, None]
        logits = scale * cosines + bias
        each = -torch.nn.functional.logsigmoid(torch.where(own, logits, -logits))
        counted = rows[:, None] & present[m][None, :] & ~alike
        total, judged = total + (each * counted).sum() / rows.sum(), judged + 1
    return total / max(judged, 1)


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(scale * mean cosine + bias), for equally many true tuples and tuples with a replacement."""

    scale: float
    bias: float

    def __call__(self, cosines: np.ndarray) -> np.ndarray:
        """Return probabilities (n,) of mean cosines (n,)."""
        return 1 / (1 + np.exp(-np.clip(self.scale * cosines + self.bias, -60, 60)))


def fit_calibration(true: np.ndarray, broken: np.ndarray, ridge: float = 1e-5) -> Calibration:
    """Fit a logistic regression of true (n,) against broken (m,) mean cosines, with equal weights of both sides.

    Platt 1999, Probabilistic Outputs for Support Vector Machines. Newton's method with a small ridge gives finite
    numbers even if the sides do not overlap.
    """
    x = np.concatenate([true, broken]).astype(np.float64)
    rows = np.stack([x, np.ones_like(x)], axis=1)
    y = np.concatenate([np.ones(len(true)), np.zeros(len(broken))])
    weight = np.concatenate([np.full(len(true), 0.5 / len(true)), np.full(len(broken), 0.5 / len(broken))])
    penalty, solution = np.diag([ridge, ridge]), np.zeros(2)
    for _ in range(NEWTON_STEPS):
        p = Calibration(*solution)(x)
        slope = rows.T @ (weight * (p - y)) + penalty @ solution
        curve = (rows * (weight * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ rows + penalty
        solution = solution - np.clip(np.linalg.solve(curve, slope), -5, 5)
    return Calibration(float(solution[0]), float(solution[1]))
