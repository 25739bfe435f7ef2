"""Events held out while a recommender learns, and the NDCG@10 with which it ranks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import torch

    Places = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    """(n, f) what an item adds to whoever met it, (n, f) what it is multiplied with, (n,) what it has for everybody."""

Matrix = Any
"""A scipy csr_array (users, items) of who met what, 1 where they did; its type hints do not know its parts."""
K = 10
"""Length of the lists that recommenders choose their own settings by: the usual cut-off of published results."""


def mean_ndcg(scores: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> float:
    """Mean NDCG@10 over users, each with at least one right answer; ties count against the right answer.

    `scores` (u, n), changed on the way; `seen` (u, n) bool is no candidate; `wanted` (u, n) bool.
    """
    scores -= 1e-6 * np.abs(scores).max(axis=1, keepdims=True) * wanted
    scores[seen] = -np.inf
    k = min(K, scores.shape[1])
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable"), 1)
    gains = 1 / np.log2(np.arange(2.0, k + 2))
    found = np.take_along_axis(wanted, best, 1) @ gains
    most = np.cumsum(gains)[np.minimum(wanted.sum(axis=1), k) - 1]
    return float((found / most).mean())


HELD_SHARE, SHORTEST = 0.1, 4
"""Held out: a tenth of the events, at least one, of users with at least so many events. Our choice: three stay."""
MOST_USERS, AT_ONCE = 1000, 1 << 24
"""Most users with held-out events, and most scores of theirs at a time (64 MB). Our choices."""


def root_counts(matrix: Matrix) -> np.ndarray:
    """(rows,) float32: one over the root of how many entries each row has."""
    return (1 / np.sqrt(np.maximum(np.diff(matrix.indptr), 1))).astype(np.float32)


def hold_out(matrix: Matrix, seed: int) -> tuple[Matrix, Matrix]:
    """The matrix without the held-out events, and those; an item's only event is never held out."""
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
    """Mean NDCG@10 over the users with held-out events, among the items somebody met and they did not."""
    given, own, bias = (part.numpy() for part in places)
    users = np.flatnonzero(np.diff(held.indptr))
    scores = (root_counts(kept)[users, None] * (kept[users] @ given)) @ own.T + bias
    seen = kept[users].toarray() > 0
    seen |= np.bincount(kept.indices, minlength=kept.shape[1]) == 0
    return mean_ndcg(scores, seen, held[users].toarray() > 0)
