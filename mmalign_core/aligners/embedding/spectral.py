"""Whitening of one modality, and the directions that several modalities share: what the linear aligners solve with."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

Blocks = Mapping[str, np.ndarray]


def whitener(x: np.ndarray, reg: float, rows: int | None = None) -> np.ndarray:
    """W (d, r) with Wᵀ (C + reg · v I) W = I for the covariance C of centred rows x (n, d) and its mean variance v.

    r is the rank of x: directions without variance are left out, so that constant and duplicate columns do no harm
    (one column of zeros if nothing varies). The ridge is relative to v, hence the same at any scale. Solves the smaller of the d x d and the n x n
    problem. `rows` divides the sum of squares in place of n (where absent rows are zero).
    """
    rows = len(x) if rows is None else rows
    dual = len(x) < x.shape[1]
    values, directions = np.linalg.eigh((x @ x.T if dual else x.T @ x) / rows)
    if values[-1] <= 0:
        return np.zeros((x.shape[1], 1))
    variance = values.sum() / x.shape[1]
    kept = values > values[-1] * max(x.shape) * np.finfo(float).eps
    values, directions = values[kept], directions[:, kept]
    if dual:
        directions = (x.T @ directions) / np.sqrt(rows * values)
    return directions / np.sqrt(values + reg * variance)


def cross_covariances(blocks: Blocks, present: Mapping[str, np.ndarray]) -> dict[tuple[str, str], np.ndarray]:
    """(a, b) -> (d_a, d_b), each over the rows that both modalities have.

    `blocks`: centred rows (p, d_m), zero where absent; `present`: (p,) bool. Zero where no row has both.
    """
    found = {}
    for a, b in combinations(blocks, 2):
        both = int((present[a] & present[b]).sum())
        found[a, b] = blocks[a].T @ blocks[b] / max(both, 1)
    return found


def shared_components(
    crosses: Mapping[tuple[str, str], np.ndarray], dims: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Up to `dims` directions (d_m, k) of each modality that covary most with the others', and their strengths (k,).

    For two modalities the singular vectors and values of their cross-covariance. For more, the leading eigenvectors
    of the symmetric matrix with the cross-covariances off its diagonal; the strength is the eigenvalue divided by
    the number of partners, hence the mean correlation if the inputs are white. Strengths fall and are not negative.
    """
    if len(crosses) == 1:
        ((a, b), cross) = next(iter(crosses.items()))
        u, strengths, vt = np.linalg.svd(cross, full_matrices=False)
        parts = {a: u[:, :dims], b: vt[:dims].T}
        return _with_fixed_signs(parts), strengths[:dims]
    return _multiway(crosses, dims)


def _multiway(crosses: Mapping[tuple[str, str], np.ndarray], dims: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    widths: dict[str, int] = {}
    for (a, b), cross in crosses.items():
        widths |= {a: cross.shape[0], b: cross.shape[1]}
    ends = np.cumsum([0, *widths.values()])
    place = {m: slice(int(ends[i]), int(ends[i + 1])) for i, m in enumerate(widths)}
    whole = np.zeros((ends[-1], ends[-1]))
    for (a, b), cross in crosses.items():
        whole[place[a], place[b]], whole[place[b], place[a]] = cross, cross.T
    values, vectors = np.linalg.eigh(whole)
    dims = min(dims, *sorted(widths.values())[:1])
    values, vectors = values[::-1][:dims], vectors[:, ::-1][:, :dims] * np.sqrt(len(widths))
    parts = _with_fixed_signs({m: vectors[place[m]] for m in widths})
    return parts, np.maximum(values, 0) / (len(widths) - 1)


def _with_fixed_signs(parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same components, turned so that the largest entry of the first modality's direction is positive."""
    first = next(iter(parts.values()))
    largest = first[np.abs(first).argmax(axis=0), np.arange(first.shape[1])]
    return {m: part * np.where(largest < 0, -1.0, 1.0) for m, part in parts.items()}
