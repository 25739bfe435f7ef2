"""Events held out during training, and the NDCG@10 with which a recommender ranks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import torch

    Places = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    """(n, f) what an item adds to a user with it, (n, f) the item's own factors, (n,) the item's bias."""

Matrix = Any
"""A scipy csr_array (users, items) of interactions, 1 where there is one. Any: its type hints lack its attributes."""
K = 10
"""Length of the lists by which recommenders choose their settings: the usual cut-off of published results."""


def mean_ndcg(scores: np.ndarray, seen: np.ndarray, right: np.ndarray) -> float:
    """Return the mean NDCG@10 over users with at least one right answer each. Ties count against the right answer.

    `scores` (u, n), overwritten. `seen` (u, n) bool: items that are no candidates. `right` (u, n) bool: right answers.
    """
    scores -= 1e-6 * np.abs(scores).max(axis=1, keepdims=True) * right
    scores[seen] = -np.inf
    k = min(K, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable"), 1)
    gains = 1 / np.log2(np.arange(2.0, k + 2))
    found = np.take_along_axis(right, best, 1) @ gains
    most = np.cumsum(gains)[np.minimum(right.sum(axis=1), k) - 1]
    return float((found / most).mean())


HELD_SHARE, SHORTEST = 0.1, 4
"""A tenth of the events is held out, at least one, of users with at least this many. Our choice: three stay."""
MOST_USERS, AT_ONCE = 1000, 1 << 24
"""Most users with held-out events, and most scores computed at a time (64 MB). Our choices."""


def root_counts(matrix: Matrix) -> np.ndarray:
    """Return (rows,) float32: one over the root of the number of entries of each row."""
    return (1 / np.sqrt(np.maximum(np.diff(matrix.indptr), 1))).astype(np.float32)


def hold_out(matrix: Matrix, seed: int) -> tuple[Matrix, Matrix]:
    """Return the matrix without the held-out events, and these. An item's only event is never held out."""
    rng, counts = np.random.default_rng(seed), np.diff(matrix.indptr)
    able = np.flatnonzero(counts >= SHORTEST)
    most = min(MOST_USERS, max(100, AT_ONCE // matrix.shape[1]))
    chosen = np.sort(rng.permutation(able)[:most])
    popularity = np.bincount(matrix.indices, minlength=matrix.shape[1])
    held = np.zeros(matrix.nnz, bool)
    for user in chosen:
        own = rng.permutation(np.arange(matrix.indptr[user], matrix.indptr[user + 1]))
        for event in own[: max(1, int(HELD_SHARE * len(own)))]:
            if popularity[matrix.indices[event]] > 1:
                popularity[matrix.indices[event]] -= 1
                held[event] = True
    rows = np.repeat(np.arange(matrix.shape[0]), counts)
    kept, out = (
        sparse.csr_array((matrix.data[part], (rows[part], matrix.indices[part])), shape=matrix.shape)
        for part in (~held, held)
    )
    return kept, out


def held_out_ndcg(places: Places, kept: Matrix, held: Matrix) -> float:
    """Return the mean NDCG@10 over users with held-out events, among items with events that the user has not met."""
    given, own, bias = (part.numpy() for part in places)
    users = np.flatnonzero(np.diff(held.indptr))
    scores = (root_counts(kept)[users, None] * (kept[users] @ given)) @ own.T + bias
    seen = kept[users].toarray() > 0
    seen |= np.bincount(kept.indices, minlength=kept.shape[1]) == 0
    return mean_ndcg(scores, seen, held[users].toarray() > 0)
