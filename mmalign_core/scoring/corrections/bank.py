"""Corrections that use queries: a bank of training rows if there is one, else the measured queries together."""

from __future__ import annotations

import numpy as np

from mmalign_core.params import param
from mmalign_core.progress import pulse
from mmalign_core.scoring.corrections.base import Correction, VectorPair
from mmalign_core.scoring.scores import Scores
from mmalign_core.scoring.similarities.base import Similarity

TRAINING, QUERIES = "training", "queries"
FEWEST_SCANNED = 4_000_000
"""Scores from which compiled loops are used. Chosen: NumPy takes a tenth of a second for fewer, and loading the loops
takes longer."""


class BankCorrection(Correction):
    """A correction whose target biases come from queries.

    With a bank of training rows every query is scored independently. Without one (nothing was held out), or if the
    parameter selects the measured queries, its scores are transductive.
    """

    bank: str = param(
        TRAINING,
        choices=(TRAINING, QUERIES),
        help="queries that show the hubs: the training rows if some items are held out, or the measured ones",
    )

    def is_transductive(self, has_bank: bool) -> bool:
        """Return False only if there is a bank and the parameter selects it."""
        return self.transductive or self.bank == QUERIES or not has_bank

    def known_queries(self, sources: np.ndarray, bank: np.ndarray | None) -> np.ndarray:
        """Return the distinct rows (b, d) to use: of the bank if there is one and it is selected, else the sources."""
        return distinct(sources if bank is None or self.bank == QUERIES else bank)

    def shares_pass(self, similarity: Similarity, pair: VectorPair) -> bool:
        """Whether one pass over the similarities of a and b shows the nearest known queries of both."""
        own = ((pair.bank_a, pair.a), (pair.bank_b, pair.b))
        return similarity.symmetric and all(self._is_own_bank(bank, rows) for bank, rows in own)

    def _is_own_bank(self, bank: np.ndarray | None, rows: np.ndarray) -> bool:
        """Whether the known queries are these rows (n, d) themselves, each of them once."""
        return (bank is None or self.bank == QUERIES) and len(distinct(rows)) == len(rows)


def distinct(rows: np.ndarray) -> np.ndarray:
    """Return the rows (n, d) without copies, sorted. Copies would fill the nearest neighbours of a point."""
    return np.unique(rows, axis=0)


def mean_of_best(similarity: Similarity, rows: np.ndarray, others: np.ndarray, k: int) -> np.ndarray:
    """Return the mean similarity of each row (n, d) to its min(k, b) best among others (b, d): (n,), 0 if b is 0."""
    if not len(others) or not len(rows):
        return np.zeros(len(rows))
    if similarity.metric == "ip":
        return similarity.top_k(rows, others, k)[0].mean(1, dtype=np.float64)
    # the exact search loses digits in float32 if points nearly coincide; blocks do not
    parts = [_mean_of_best(block, k) for _, block in similarity.iter_blocks(rows, others)]
    return np.concatenate(parts)


def means_of_best(similarity: Similarity, a: np.ndarray, b: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `mean_of_best` of each row of a among b, and of each row of b among a; many are passed over once."""
    if similarity.metric != "ip" or len(a) * len(b) < FEWEST_SCANNED:
        return mean_of_best(similarity, a, b, k), mean_of_best(similarity, b, a, k)
    from mmalign_core.scoring.scan import Asked, Blocks, scan

    plain = Scores(similarity, a, b)
    asked = (Asked(scores, np.empty((0, len(scores.sources))), k) for scores in (plain, plain.flipped()))
    found = scan(Blocks(plain), *asked, progress=lambda fraction, message: pulse())
    first, second = (tallies.scores.mean(1, dtype=np.float64) for tallies in found if tallies is not None)
    return first, second


def soft_maximum(similarity: Similarity, rows: np.ndarray, others: np.ndarray, temperature: float) -> np.ndarray:
    """Return temperature · log Σ exp(similarity / temperature) of each row (n, d) over the others (b, d): (n,).

    A smooth maximum, at most temperature · log b above the maximum; 0 if there are no others.
    """
    if not len(others) or not len(rows):
        return np.zeros(len(rows))
    parts = [_soft_maximum(block, temperature) for _, block in similarity.iter_blocks(rows, others)]
    return np.concatenate(parts)


def bias_rounding(similarity: Similarity, rows: np.ndarray, others: np.ndarray) -> float:
    """Return the largest rounding error of the mean or soft maximum of similarities."""
    return float(similarity.rounding(rows, others).max(initial=0.0))


def _mean_of_best(block: np.ndarray, k: int) -> np.ndarray:
    best = block if k >= block.shape[1] else np.partition(block, -k, axis=1)[:, -k:]
    return best.mean(1, dtype=np.float64)


def _soft_maximum(block: np.ndarray, temperature: float) -> np.ndarray:
    top = block.max(1, keepdims=True)
    block = np.exp((block - top) / np.float32(temperature))
    return top[:, 0] + temperature * np.log(block.sum(1, dtype=np.float64))
