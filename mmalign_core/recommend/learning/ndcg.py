"""The NDCG that recommenders choose their own settings by, on events held out of what they learn from."""

from __future__ import annotations

import numpy as np

K = 10


def mean_ndcg(scores: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> float:
    """Mean NDCG@10 over users, who each want something; a wanted item that ties with others comes after them.

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
