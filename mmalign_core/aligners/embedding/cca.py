"""Regularised canonical correlation analysis with correlation-weighted cosine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.embedding.linear import Examples, LinearAligner, Maps
from mmalign_core.aligners.embedding.spectral import cross_covariances, shared_components, whitener
from mmalign_core.params import param
from mmalign_core.types import Progress


@dataclass(frozen=True)
class Canonical:
    """Canonical directions: `centres` modality -> (d_m,), `maps` modality -> (d_m, k), `correlations` (k,) falling.

    (x - centre) @ map has about unit variance in every component (less what the ridge takes).
    """

    centres: tuple[np.ndarray, ...]
    maps: tuple[np.ndarray, ...]
    correlations: np.ndarray


def regularised_cca(x: np.ndarray, y: np.ndarray, *, dims: int = 128, reg: float = 0.1) -> Canonical:
    """CCA of two views, rows x (p, d1) with y (p, d2) paired; float64.

    The SVD of the whitened cross-covariance (C_x + reg v_x I)^(-1/2) C_xy (C_y + reg v_y I)^(-1/2), v the mean
    variance of a view's columns (Vinod 1976). Up to `dims` components, fewer if the rank of a view is lower; finite
    for any finite input, also with fewer pairs than columns. Signs are fixed, so equal input gives equal output.
    """
    views = {"x": np.asarray(x, np.float64), "y": np.asarray(y, np.float64)}
    centres = {m: rows.mean(0) for m, rows in views.items()}
    everywhere = {m: np.ones(len(rows), bool) for m, rows in views.items()}
    found = canonical_maps(Examples({m: rows - centres[m] for m, rows in views.items()}, everywhere), dims, reg)
    return Canonical(tuple(centres.values()), tuple(found.maps.values()), found.weight)


def canonical_maps(examples: Examples, dims: int, reg: float) -> Maps:
    """Canonical directions of two or more modalities, weight = (mean) correlations, at most 1.

    For more than two this is MAXVAR generalised CCA (Kettenring 1971): the leading eigenvectors of the correlations
    between all whitened modalities, each correlation over the items that have both.
    """
    white = {m: whitener(x, reg, int(examples.present[m].sum())) for m, x in examples.rows.items()}
    crosses = cross_covariances(examples.rows, examples.present)
    crosses = {(a, b): white[a].T @ cross @ white[b] for (a, b), cross in crosses.items()}
    parts, strengths = shared_components(crosses, dims)
    return Maps({m: white[m] @ part for m, part in parts.items()}, np.minimum(strengths, 1.0))


@register("cca")
class Cca(LinearAligner):
    """Regularised CCA (Hotelling 1936; Vinod 1976); the score of a pair is Σₖ ρₖ^weighting uₖ vₖ over unit rows."""

    summary = "Canonical correlations of the pairs; components count by how well they correlate"
    card = Card(
        idea="Finds directions of both modalities that correlate most over the pairs, after evening out how much each "
        "direction varies. Each direction then counts by its correlation.",
        formula=r"f_m(x) = (x-\mu_m)\,\Sigma_m^{-1/2} U_m \operatorname{diag}(\rho)^{s/2},\quad "
        r"\Sigma_x^{-1/2}\Sigma_{xy}\Sigma_y^{-1/2} = U_x \operatorname{diag}(\rho)\, U_y^\top",
        use="The first thing to try with a few hundred pairs or more; it takes seconds and needs no tuning.",
        reference="Li et al. 2025, CSA: Data-efficient Mapping of Unimodal Features to Multimodal Features (ICLR)",
    )
    dims: int = param(128, 1, 4096, help="how many canonical components to keep")
    reg: float = param(0.1, 0, 100, help="ridge on each modality's covariance, relative to its mean variance")
    weighting: float = param(1.0, 0, 20, help="components count by correlation to this power; 0: all alike")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Canonical maps, weighted half the power on each side."""
        found = canonical_maps(examples, self.dims, self.reg)
        return Maps(found.maps, found.weight ** (self.weighting / 2))
