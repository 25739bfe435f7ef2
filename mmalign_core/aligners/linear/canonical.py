"""Regularised canonical correlation analysis (CCA) of two or more modalities, for one ridge or for several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.linear.base import Examples, Maps
from mmalign_core.aligners.linear.spectral import Crosses, principal, projected_crosses, shared_components


@dataclass(frozen=True)
class Canonical:
    """CCA of two views: `centres` (d_m,), `maps` (d_m, k) and `correlations` (k,) in decreasing order.

    (x - centre) @ map has about unit variance in every component; the ridge makes it smaller.
    """

    centres: tuple[np.ndarray, np.ndarray]
    maps: tuple[np.ndarray, np.ndarray]
    correlations: np.ndarray


def regularised_cca(x: np.ndarray, y: np.ndarray, *, dims: int = 128, reg: float = 0.1) -> Canonical:
    """Return the CCA of two views, rows x (p, d1) with y (p, d2) paired; float64.

    The SVD of the whitened cross-covariance (C_x + reg v_x I)^(-1/2) C_xy (C_y + reg v_y I)^(-1/2), v the mean
    variance of a view's columns (Vinod 1976). Up to `dims` components, fewer if the rank of a view is lower; finite
    for any finite input, also with fewer pairs than columns. Signs are fixed, so equal input gives equal output.
    """
    views = {"x": np.asarray(x, np.float64), "y": np.asarray(y, np.float64)}
    centres = {m: rows.mean(0) for m, rows in views.items()}
    everywhere = {m: np.ones(len(rows), bool) for m, rows in views.items()}
    found = canonical_maps(Examples({m: rows - centres[m] for m, rows in views.items()}, everywhere), dims, reg)
    return Canonical((centres["x"], centres["y"]), (found.maps["x"], found.maps["y"]), found.weight)


def canonical_maps(examples: Examples, dims: int, reg: float) -> Maps:
    """Return canonical directions of two or more modalities. The weights are the (mean) correlations, at most 1.

    For more than two this is MAXVAR generalised CCA (Kettenring 1971): the leading eigenvectors of the correlations
    between all whitened modalities, each correlation over the items that have both.
    """
    axes = principal_axes(examples)
    found = axes.canonical(dims, reg)
    return Maps({m: axes.directions[m] @ part for m, part in found.maps.items()}, found.weight)


@dataclass(frozen=True)
class Axes:
    """The modalities along their own principal axes. The axes do not depend on the ridge, so all ridges share them.

    `variances` (r_m,) and `directions` (d_m, r_m) of each modality, `mean_variances` of its columns, and the
    `crosses` (r_a, r_b) between their principal scores.
    """

    variances: Mapping[str, np.ndarray]
    directions: Mapping[str, np.ndarray]
    mean_variances: Mapping[str, float]
    crosses: Crosses

    def canonical(self, dims: int, reg: float) -> Maps:
        """Return maps (r_m, k) of principal scores, and the correlations (k,)."""
        scale = {m: 1 / np.sqrt(v + reg * self.mean_variances[m]) for m, v in self.variances.items()}
        white = {(a, b): scale[a][:, None] * cross * scale[b] for (a, b), cross in self.crosses.items()}
        parts, strengths = shared_components(white, dims)
        return Maps({m: scale[m][:, None] * part for m, part in parts.items()}, np.minimum(strengths, 1.0))


def principal_axes(examples: Examples) -> Axes:
    """Compute the expensive part of CCA once for all ridges. A modality without variance gets one axis of zeros.

    With three or more modalities each cross-covariance is weighted by its share of the examples, so that a rare
    modality has little influence on the space of the others.
    """
    variances, directions, means = {}, {}, {}
    for m, rows in examples.rows.items():
        found = principal(rows, max(int(examples.present[m].sum()), 1))
        variances[m], directions[m] = found if len(found[0]) else (np.ones(1), np.zeros((rows.shape[1], 1)))
        means[m] = float(variances[m].sum()) / rows.shape[1]
    crosses = projected_crosses(examples.rows, examples.present, directions)
    both = {(a, b): int((examples.present[a] & examples.present[b]).sum()) for a, b in crosses}
    share = {pair: count / max(1, *both.values()) for pair, count in both.items()}
    turned = {pair: share[pair] * cross for pair, cross in crosses.items()}
    return Axes(variances, directions, means, turned)
