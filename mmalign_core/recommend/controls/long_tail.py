"""The popularity control: favours what many have met, or the long tail of what few have."""

from __future__ import annotations

import numpy as np

from mmalign_core.types import BadInput

POPULARITY = "popularity"
"""Label of what the control adds to a score."""


def popularity_term(scores: np.ndarray, usable: np.ndarray, popularity: float, met: np.ndarray | None) -> np.ndarray:
    """(n,) what the control adds: popularity · height · log(1 + met) / log(1 + most met).

    `popularity` -1..1: at 1 the most met item gains as much as the best one stands above an ordinary one, at -1 it
    loses that. `met` (n,): by how many users each item was met. Logarithms, since meetings have a long tail. BadInput
    if it is out of range, or set where nobody met anything.
    """
    if not -1 <= popularity <= 1:
        raise BadInput(f"popularity: {popularity!r} is outside -1 (the long tail) to 1 (the popular)")
    if not popularity:
        return np.zeros(len(scores))
    if met is None or not np.any(met):
        raise BadInput("popularity: nobody has met any of these items; leave it at 0 or give interactions")
    return popularity * height(scores, usable) * np.log1p(met) / np.log1p(np.max(met))


def height(scores: np.ndarray, usable: np.ndarray) -> float:
    """How far the best usable item stands above the mean of them: the unit that controls are measured in, 1 if 0."""
    known = scores[usable]
    found = float(known.max() - known.mean()) if len(known) else 0.0
    return found if found > 1e-12 else 1.0
