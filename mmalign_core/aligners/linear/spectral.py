"""Whitening of one modality, and the singular directions that several modalities share."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from mmalign_core.aligners.linear.stored_rows import Rows, held, product

Blocks = Mapping[str, Rows]
_MOST_SQUARE = 1 << 24
"""Numbers of a matrix of two widths up to which it is made whatever the rows: 4,096 x 4,096, 128 MB. Our choice."""
Crosses = Mapping[tuple[str, str], np.ndarray]
"""(modality a, modality b) -> their cross-covariance (d_a, d_b), each pair once."""


def principal(x: Rows, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return variances (r,), rising, and orthonormal directions (d, r) of centred rows x (n, d). r is their rank.

    Directions without variance are left out, so that constant and duplicate columns do no harm; r may be 0. Solves the
    smaller of the d x d and the n x n problem. `rows` divides the sums of squares instead of n (absent rows are zero).
    """
    rows = len(x) if rows is None else rows
    dual = len(x) < x.shape[1]
    x = held(x) if dual else x
    gram = x @ x.T if dual and isinstance(x, np.ndarray) else product(x, x)
    values, directions = np.linalg.eigh(gram / rows)
    kept = values > max(values[-1] * max(x.shape) * np.finfo(float).eps, np.finfo(float).tiny)
    values, directions = values[kept], directions[:, kept]
    if dual and isinstance(x, np.ndarray):
        return values, x.T @ directions / np.sqrt(rows * values)
    return values, directions


def whitener(x: np.ndarray, reg: float, rows: int | None = None) -> np.ndarray:
    """Return W (d, r) with Wᵀ (C + reg · v I) W = I for the covariance C of centred rows x (n, d), v its mean variance.

    Rank and `rows` as in `principal`. The ridge is relative, hence the same at any scale. W is one column of zeros if
    the rows have no variance.
    """
    values, directions = principal(x, rows)
    if not len(values):
        return np.zeros((x.shape[1], 1))
    return directions / np.sqrt(values + reg * values.sum() / x.shape[1])


def cross_covariances(blocks: Blocks, present: Mapping[str, np.ndarray]) -> dict[tuple[str, str], np.ndarray]:
    """Return (a, b) -> (d_a, d_b), each over the rows that both modalities have, or zeros if no row has both.

    `blocks`: centred rows (p, d_m), zero where absent. `present`: (p,) bool.
    """
    found = {}
    for a, b in combinations(blocks, 2):
        both = int((present[a] & present[b]).sum())
        found[a, b] = product(blocks[a], blocks[b]) / max(both, 1)
    return found


def projected_crosses(
    blocks: Blocks, present: Mapping[str, np.ndarray], directions: Mapping[str, np.ndarray]
) -> dict[tuple[str, str], np.ndarray]:
    """Return (a, b) -> directions_aᵀ C_ab directions_b (r_a, r_b), each cross-covariance over the rows of both.

    `directions`: modality -> (d_m, r_m). Where a (d_a, d_b) matrix would be large and the rows are few, these are
    projected first, which gives the same numbers without it.
    """
    if not any(_too_wide(blocks[a], blocks[b]) for a, b in combinations(blocks, 2)):
        crosses = cross_covariances(blocks, present)
        return {(a, b): directions[a].T @ cross @ directions[b] for (a, b), cross in crosses.items()}
    return cross_covariances({m: held(rows) @ directions[m] for m, rows in blocks.items()}, present)


def narrow_components(
    blocks: Blocks, present: Mapping[str, np.ndarray], dims: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return `shared_components` of the cross-covariances of the rows, which may be wider than they are many.

    The components lie in the span of the rows, so that of few and wide rows only the span is searched.
    """
    if not any(_too_wide(blocks[a], blocks[b]) for a, b in combinations(blocks, 2)):
        return shared_components(cross_covariances(blocks, present), dims)
    spans = {m: span_basis(rows) for m, rows in blocks.items()}
    maps, strengths = shared_components(projected_crosses(blocks, present, spans), dims)
    return with_fixed_signs({m: spans[m] @ part for m, part in maps.items()}), strengths


def span_basis(rows: Rows) -> np.ndarray:
    """Return orthonormal directions (d, r) that span centred rows (p, d), or one of zeros if all are zero."""
    directions = principal(rows)[1]
    return directions if directions.shape[1] else np.zeros((rows.shape[1], 1))


def is_wide(rows: Rows) -> bool:
    """Whether rows (p, d) are fewer than wide, and d x d numbers too many to hold without need."""
    return len(rows) < rows.shape[1] and rows.shape[1] ** 2 > _MOST_SQUARE


def _too_wide(x: Rows, y: Rows) -> bool:
    """Whether the cross-covariance of few rows is too large to hold without need."""
    return len(x) < max(x.shape[1], y.shape[1]) and x.shape[1] * y.shape[1] > _MOST_SQUARE


def shared_components(
    crosses: Crosses, dims: int, narrowest: int | None = None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return up to `dims` directions (d_m, k) of each modality that covary most with the others', and strengths (k,).

    For two modalities these are the singular vectors and values of their cross-covariance. For more, they are the
    leading eigenvectors of the symmetric matrix with the cross-covariances off its diagonal. The strength is then the
    eigenvalue divided by the number of partners, hence the mean correlation if the inputs are white, and there are at
    most `narrowest`, by default the width of the narrowest modality. Strengths fall and are not negative. Those at
    rounding level are left out, because their directions are arbitrary.
    """
    if len(crosses) == 1:
        ((a, b), cross) = next(iter(crosses.items()))
        u, v, strengths = _singular(cross) if 2 * dims > min(cross.shape) else _leading(cross, dims)
        found = {a: u, b: v}, strengths
    else:
        found = _multiway(crosses, narrowest)
    parts, strengths = found
    kept = max(1, min(dims, int((strengths > strengths[0] * 1e-10).sum())))
    return with_fixed_signs({m: part[:, :kept] for m, part in parts.items()}), strengths[:kept]


def _singular(cross: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    u, strengths, vt = np.linalg.svd(cross, full_matrices=False)
    return u, vt.T, strengths


def _leading(cross: np.ndarray, dims: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the leading singular vectors and values by the smaller Gram matrix, several times as fast as `_singular`.

    Squaring costs half the digits of small strengths, so those below 1e-7 of the first are cut.
    """
    if cross.shape[0] < cross.shape[1]:
        v, u, strengths = _leading(cross.T, dims)
        return u, v, strengths
    values, vectors = np.linalg.eigh(cross.T @ cross)
    strengths, v = np.sqrt(np.maximum(values[::-1][:dims], 0)), vectors[:, ::-1][:, :dims]
    strengths = np.where(strengths > 1e-7 * strengths[0], strengths, 0)
    return cross @ v / np.where(strengths > 0, strengths, np.inf), v, strengths


def _multiway(crosses: Crosses, narrowest: int | None) -> tuple[dict[str, np.ndarray], np.ndarray]:
    whole, place = stacked(crosses)
    most = narrowest or min(part.stop - part.start for part in place.values())
    values, vectors = np.linalg.eigh(whole)
    values, vectors = values[::-1][:most], vectors[:, ::-1][:, :most] * np.sqrt(len(place))
    return {m: vectors[rows] for m, rows in place.items()}, np.maximum(values, 0) / (len(place) - 1)


def stacked(crosses: Crosses) -> tuple[np.ndarray, dict[str, slice]]:
    """Return the cross-covariances in one symmetric matrix with zero diagonals, and each modality's rows in it."""
    widths: dict[str, int] = {}
    for (a, b), cross in crosses.items():
        widths |= {a: cross.shape[0], b: cross.shape[1]}
    ends = np.cumsum([0, *widths.values()])
    place = {m: slice(int(ends[i]), int(ends[i + 1])) for i, m in enumerate(widths)}
    whole = np.zeros((ends[-1], ends[-1]))
    for (a, b), cross in crosses.items():
        whole[place[a], place[b]], whole[place[b], place[a]] = cross, cross.T
    return whole, place


def with_fixed_signs(parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the components with signs such that the largest entry of the first modality's direction is positive."""
    first = next(iter(parts.values()))
    largest = first[np.abs(first).argmax(axis=0), np.arange(first.shape[1])]
    return {m: part * np.where(largest < 0, -1.0, 1.0) for m, part in parts.items()}
