"""Corrections that look at queries: a bank of training rows where there is one, else the measured queries together."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.scoring.corrections.base import Correction
from mmalign_core.scoring.similarities.base import Similarity

TRAINING, QUERIES = "training", "queries"


class BankCorrection(Correction):
    """A correction whose target biases come from queries.

    With the bank of training rows every query is scored alone. Without one (nothing was held out), or when told to
    look at the measured queries, its scores are transductive.
    """

    bank: str = param(
        TRAINING,
        choices=(TRAINING, QUERIES),
        help="queries that show the hubs: the training rows where some items are held out, or the measured ones",
    )

    def is_transductive(self, has_bank: bool) -> bool:
        """False only when the training rows are there and asked for."""
        return self.transductive or self.bank == QUERIES or not has_bank

    def known_queries(self, sources: np.ndarray, bank: np.ndarray | None) -> np.ndarray:
        """The distinct rows (b, d) to look at: of the bank if it is given and asked for, else of the sources."""
        return distinct(sources if bank is None or self.bank == QUERIES else bank)


def distinct(rows: np.ndarray) -> np.ndarray:
    """The rows (n, d) without copies, in an order of their own: copies would fill the nearest neighbours of a point."""
    return np.unique(rows, axis=0)


def mean_of_best(similarity: Similarity, rows: np.ndarray, others: np.ndarray, k: int) -> np.ndarray:
    """Mean similarity of each row (n, d) to its min(k, b) best among others (b, d): (n,), 0 when there are none."""
    if not len(others) or not len(rows):
        return np.zeros(len(rows))
    if similarity.metric == "ip":
        return similarity.top_k(rows, others, k)[0].mean(1, dtype=np.float64)
    # the exact search cancels in float32 where points nearly coincide; blocks do not
    parts = [_mean_of_best(block, k) for _, block in similarity.iter_blocks(rows, others)]
    return np.concatenate(parts)


def soft_maximum(similarity: Similarity, rows: np.ndarray, others: np.ndarray, temperature: float) -> np.ndarray:
    """temperature · log Σ exp(similarity / temperature) of each row (n, d) over the others (b, d): (n,).

    A smooth maximum, at most temperature · log b above it; 0 when there are no others.
    """
    if not len(others) or not len(rows):
        return np.zeros(len(rows))
    parts = [_soft_maximum(block, temperature) for _, block in similarity.iter_blocks(rows, others)]
    return np.concatenate(parts)


def bias_rounding(similarity: Similarity, rows: np.ndarray, others: np.ndarray) -> float:
    """How far the mean or soft maximum of similarities may be off by rounding alone."""
    return float(similarity.rounding(rows, others).max(initial=0.0))


def _mean_of_best(block: np.ndarray, k: int) -> np.ndarray:
    best = block if k >= block.shape[1] else np.partition(block, -k, axis=1)[:, -k:]
    return best.mean(1, dtype=np.float64)


def _soft_maximum(block: np.ndarray, temperature: float) -> np.ndarray:
    top = block.max(1, keepdims=True)
    block = np.exp((block - top) / np.float32(temperature))
    return top[:, 0] + temperature * np.log(block.sum(1, dtype=np.float64))
