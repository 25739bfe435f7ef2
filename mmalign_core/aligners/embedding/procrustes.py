"""Orthogonal Procrustes: the rotation that brings one set of vectors closest to another."""

from __future__ import annotations

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.spectral import (
    Crosses,
    narrow_components,
    projected_crosses,
    shared_components,
    span_basis,
)
from mmalign_core.params import param
from mmalign_core.types import Progress
from mmalign_core.wording import say


@register("procrustes")
class Procrustes(LinearAligner):
    """min Σ ½‖x A - y B‖² over maps with orthonormal columns (Schönemann 1966): the singular vectors of X'Y.

    x A Bᵀ is the rotation of x onto y. If the widths differ, the space has the smaller one; with fewer pairs than
    dimensions, it has the directions that the pairs span. Three or more modalities are rotated onto one another in turn
    (Gower 1975), each within the directions of its own pairs, because no pair constrains the others.
    """

    summary = say("Rotates one space onto the other: no direction is stretched, so few pairs cannot spoil it")
    card = Card(
        idea=say(
            "Finds the rotation that brings the vectors of each pair closest together. Lengths and angles "
            "within a modality stay as they were."
        ),
        formula=r"\min_{A^\top A = B^\top B = I} \tfrac12\|XA - YB\|_F^2,\quad X^\top Y = A\,\Sigma\,B^\top",
        use=say(
            "When both spaces have the same shape, such as two versions of one encoder, or when pairs are very few."
        ),
        reference="Schönemann 1966, A generalized solution of the orthogonal Procrustes problem",
    )
    multiway = True
    sweeps: int = param(30, 1, 1000, help="with three or more modalities: how often each is rotated onto the others")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return orthonormal maps with equal weights of all dimensions."""
        rows = examples.rows
        widths = {m: x.shape[1] for m, x in rows.items()}
        if len(rows) == 2:
            maps, strengths = narrow_components(rows, examples.present, max(widths.values()))
        else:
            spans = {m: span_basis(x) for m, x in rows.items()}
            crosses = projected_crosses(rows, examples.present, spans)
            maps, strengths = shared_components(crosses, max(widths.values()), min(widths.values()))
            turned = rotate_in_turn(crosses, maps, self.sweeps, progress)
            maps = {m: spans[m] @ part for m, part in turned.items()}
        return Maps(maps, np.ones(len(strengths)))


def rotate_in_turn(
    crosses: Crosses, maps: dict[str, np.ndarray], sweeps: int, progress: Progress
) -> dict[str, np.ndarray]:
    """Return maps (d_m, k) after `sweeps` rounds, which rotate each modality onto the sum of the others."""
    maps = {m: nearest_orthonormal(part) for m, part in maps.items()}
    for sweep in range(sweeps):
        progress(0.1 + 0.9 * sweep / sweeps, "rotating")
        for m in maps:
            maps[m] = nearest_orthonormal(_towards_others(m, crosses, maps))
    return maps


def nearest_orthonormal(matrix: np.ndarray) -> np.ndarray:
    """Return the polar factor of (d, k): the nearest matrix with orthonormal columns, or rows if k > d."""
    u, _, vt = np.linalg.svd(matrix, full_matrices=False)
    return u @ vt


def _towards_others(m: str, crosses: Crosses, maps: dict[str, np.ndarray]) -> np.ndarray:
    total = np.zeros_like(maps[m])
    for (a, b), cross in crosses.items():
        if m == a:
            total += cross @ maps[b]
        elif m == b:
            total += cross.T @ maps[a]
    return total
