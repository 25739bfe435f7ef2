"""Linear start of trained aligners: regularised CCA of the vectors, its ridge chosen on held-out pairs."""

from __future__ import annotations

import numpy as np

from mmalign_core.aligners.linear.base import centred_examples
from mmalign_core.aligners.linear.canonical import principal_axes
from mmalign_core.aligners.linear.choice import retrieval
from mmalign_core.aligners.pairs import Sets
from mmalign_core.aligners.training.holdout import Holdout

RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Relative to a modality's mean variance; the middle one where no held-out pair can be ranked. Chosen: half a decade
apart, the middle of what CCA tries, for training corrects the rest."""


def linear_start(
    aligner: str, sets: Sets, parts: Holdout, dims: int, ridge: float | None = None
) -> tuple[dict[str, np.ndarray], float]:
    """Modality -> map (d_m, k), and the ridge; a training row's place (x - centre) @ map has about unit length.

    Canonical components weighted by correlation, of the kept examples alone; BadInput as for CCA itself. Without a
    `ridge` the one of RIDGES that retrieves the held examples best.
    """
    examples, centres = centred_examples(aligner, sets, parts.kept)
    axes = principal_axes(examples)
    if ridge is None and len(parts.held):
        rows = {m: _centred(sets[m].vectors, held, centres[m]) for m, held in parts.held.rows.items()}
        quality = retrieval(axes, rows, parts.held, dims, RIDGES)
        ridge = None if quality is None else RIDGES[int(quality.argmax())]
    ridge = RIDGES[len(RIDGES) // 2] if ridge is None else ridge
    found, maps = axes.canonical(dims, ridge), {}
    for m, each in found.maps.items():
        linear = axes.directions[m] @ each * np.sqrt(found.weight)
        size = np.linalg.norm(examples.rows[m][examples.present[m]] @ linear, axis=1).mean()
        maps[m] = linear / (size or 1.0)
    return maps, ridge


def _centred(vectors: np.ndarray, rows: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """These rows (p, d) less the centre, zero where the number is -1."""
    return np.where(rows[:, None] >= 0, vectors[rows] - centre, 0.0)
