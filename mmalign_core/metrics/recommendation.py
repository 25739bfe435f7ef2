"""Ranking metrics of recommenders per user: recall, NDCG, MRR and hit rate; novelty and diversity of lists."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

ROUNDING = 1e-6
"""Relative difference, in units of a row's largest score, below which scores are equal: the precision of float32."""
NOBODY = -1
"""Fills a list that has too few candidates."""


def wrong_above(scores: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return (e,): how many wrong candidates score at least as high as each right one. A tie never helps.

    `scores` (b, n): -inf for an item that is no candidate. `rows`, `columns` (e,): the right answers of each row. They
    never count as wrong, even if a metric later uses only some of them.
    """
    finite = np.isfinite(scores)
    largest = np.abs(np.where(finite, scores, 0.0)).max(axis=1, initial=0.0)
    bars = scores[rows, columns] - ROUNDING * largest[rows]
    wrong = scores.copy()
    wrong[rows, columns] = -np.inf
    wrong.sort(axis=1)
    counts = np.zeros(len(rows), np.int64)
    order = np.argsort(rows, kind="stable")
    for events in np.split(order, np.flatnonzero(np.diff(rows[order])) + 1) if len(rows) else ():
        counts[events] = wrong.shape[1] - np.searchsorted(wrong[rows[events[0]]], bars[events])
    return counts


def right_ranks(wrong: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Return the rank (e,) from 1 of each right answer, from `wrong_above` and the user (e,) of each.

    The right answers of a user are in the order of their scores. Only other right answers of the same call and wrong
    candidates can be before them.
    """
    order = np.lexsort((wrong, users))
    starts = np.flatnonzero(np.append(True, users[order][1:] != users[order][:-1])) if len(order) else order
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = wrong[order] + within + 1
    return ranks


def user_metrics(ranks: np.ndarray, users: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Return metric -> (m,) value of each user with a right answer, in ascending order of the users.

    recall@k: share of a user's right answers among the first k. ndcg@k: Σ 1/log2(1 + rank) over these, divided by its
    maximum (Järvelin & Kekäläinen 2002, binary relevance). mrr: 1 / rank of the first right answer. hit@k: whether one
    of the first k is right. `ranks` (e,) as `right_ranks` returns them, `users` (e,): the user of each.
    """
    _, owner = np.unique(users, return_inverse=True)
    right = np.bincount(owner)
    near = ranks <= k
    best = np.zeros(len(right))
    np.maximum.at(best, owner, 1.0 / ranks)
    gain = np.bincount(owner, np.where(near, 1.0 / np.log2(1.0 + ranks), 0.0), len(right))
    most = np.cumsum(1.0 / np.log2(np.arange(2.0, k + 2)))
    return {
        f"recall@{k}": np.bincount(owner, near, len(right)) / right,
        f"ndcg@{k}": gain / most[np.minimum(right, k) - 1],
        "mrr": best,
        f"hit@{k}": (best >= 1.0 / k).astype(float),
    }


def best_lists(scores: np.ndarray, k: int) -> np.ndarray:
    """Return (b, k): numbers of each row's best items, equal scores in item order as in a displayed list, and NOBODY if
    there are fewer candidates. `scores` (b, n): -inf for an item that is no candidate."""
    found = np.full((len(scores), k), NOBODY)
    many = min(k, scores.shape[1])
    bars = -np.partition(-scores, many - 1, axis=1)[:, many - 1]
    for row, (values, bar) in enumerate(zip(scores, bars)):
        rows = np.flatnonzero((values >= bar) & np.isfinite(values))
        best = rows[np.argsort(-values[rows], kind="stable")[:many]]
        found[row, : len(best)] = best
    return found


def coverage(lists: np.ndarray, items: int) -> float:
    """Return the share of all items that occur in at least one of the lists (m, k)."""
    return len(np.unique(lists[lists != NOBODY])) / items if items else 0.0


def novelty(lists: np.ndarray, popularity: np.ndarray, users: int) -> np.ndarray:
    """Return (m,): mean self-information of each list in bits, -log2 of an item's share of users (Zhou et al. 2010).

    `popularity` (n,): number of the `users` of each item. One user who has met all items is added, so that an item
    without users counts log2(users + 1) bits instead of infinitely many.
    """
    bits = np.append(np.log2(users + 1.0) - np.log2(popularity + 1.0), 0.0)
    return bits[lists].sum(axis=1) / np.maximum(np.count_nonzero(lists != NOBODY, axis=1), 1)


def diversity(lists: np.ndarray, parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (m,): 1 - mean cosine of two different items of a list (Ziegler et al. 2005), 0 for lists of one.

    `parts`: modality -> (n, d) places of the items, zero if an item has none. The cosine of two items is the mean over
    the modalities of both, 0 if there are none.
    """
    near = np.zeros((len(lists), lists.shape[1], lists.shape[1]))
    both = np.zeros_like(near)
    for part in parts.values():
        places = np.concatenate([part, np.zeros((1, part.shape[1]), part.dtype)])
        lengths = np.linalg.norm(places, axis=1, keepdims=True)
        rows = (places / np.where(lengths > 0, lengths, 1.0))[lists]
        has = (lengths[:, 0] > 0)[lists].astype(float)
        near += rows @ rows.transpose(0, 2, 1)
        both += has[:, :, None] * has[:, None, :]
    cosines = near / np.maximum(both, 1.0)
    listed = (lists != NOBODY).astype(float)
    pairs = listed[:, :, None] * listed[:, None, :] * (1.0 - np.eye(lists.shape[1]))
    many = pairs.sum(axis=(1, 2))
    return np.where(many > 0, 1.0 - (cosines * pairs).sum(axis=(1, 2)) / np.maximum(many, 1.0), 0.0)
