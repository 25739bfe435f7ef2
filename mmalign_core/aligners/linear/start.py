"""A linear start for trained aligners: regularised CCA of the vectors, its ridge chosen on held-out pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.linear.base import centred_examples
from mmalign_core.aligners.linear.canonical import principal_axes
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.training.holdout import Holdout, mean_reciprocal_rank

RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Relative to a modality's mean variance; the middle one where nothing is held out."""


@dataclass(frozen=True)
class LinearStart:
    """Modality -> centre (d_m,) and map (d_m, k), scaled so that a training row's place has about unit length.

    `ridge`: what was used, relative to a modality's mean variance.
    """

    centres: Mapping[str, np.ndarray]
    maps: Mapping[str, np.ndarray]
    ridge: float

    def places(self, sets: Sets, pairs: Pairs) -> dict[str, np.ndarray]:
        """Modality -> (p, k) of the examples, zero where the item lacks it."""
        found = {}
        for m, rows in pairs.rows.items():
            placed = (sets[m].vectors[rows] - self.centres[m]) @ self.maps[m]
            found[m] = np.where(rows[:, None] >= 0, placed, 0.0)
        return found


def linear_start(aligner: str, sets: Sets, parts: Holdout, dims: int, ridge: float | None = None) -> LinearStart:
    """Canonical components weighted by correlation, of the kept examples alone; BadInput as for CCA itself.

    Without a `ridge` the one of RIDGES that retrieves the held examples best.
    """
    examples, centres = centred_examples(aligner, sets, parts.kept)
    axes = principal_axes(examples)

    def start(tried: float) -> LinearStart:
        found = axes.canonical(dims, tried)
        maps = {m: axes.directions[m] @ each * np.sqrt(found.weight) for m, each in found.maps.items()}
        sizes = {
            m: np.linalg.norm(examples.rows[m][examples.present[m]] @ each, axis=1).mean() for m, each in maps.items()
        }
        return LinearStart(centres, {m: each / (sizes[m] or 1.0) for m, each in maps.items()}, tried)

    if ridge is not None or not len(parts.held):
        return start(RIDGES[len(RIDGES) // 2] if ridge is None else ridge)
    starts = [start(tried) for tried in RIDGES]
    return max(starts, key=lambda s: mean_reciprocal_rank(s.places(sets, parts.held), parts.held) or 0.0)
