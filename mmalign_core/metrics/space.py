"""What the shared space looks like: modality gap, hubness, alignment, uniformity and shared neighbourhoods."""

from __future__ import annotations

import numpy as np

from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

SAMPLE = 2000
"""Most rows, or pairs of rows, that a sampled measure looks at."""


def modality_gap(a: np.ndarray, b: np.ndarray) -> float:
    """Distance between the mean unit vectors of two modalities (n, d), (m, d): 0 to 2 (Liang et al. 2022)."""
    return float(np.linalg.norm(unit_rows(a).mean(0, dtype=np.float64) - unit_rows(b).mean(0, dtype=np.float64)))


def occurrences(scores: Scores, k: int = 10) -> np.ndarray:
    """N_k of every target (n,): of how many sources it is among the min(k, n) best."""
    return np.bincount(scores.top_k(k)[1].ravel(), minlength=len(scores.targets)).astype(float)


def skewness(occurrence: np.ndarray, k: int = 10) -> float:
    """Hubness: skewness of the k-occurrence N_k of n targets, how often each is among the k best of a source.

    About 0 where every target is found equally often, above 1 where a few hubs crowd out the rest
    (Radovanović et al. 2010). 0 when there are no more than k targets, since then all are always found.
    """
    if len(occurrence) <= k or occurrence.std() == 0:
        return 0.0
    return float((((occurrence - occurrence.mean()) / occurrence.std()) ** 3).mean())


def alignment(a: EmbeddingSet, b: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> float:
    """Mean squared distance of unit vectors of one item in two modalities, 0 (together) to 4 (Wang & Isola 2020).

    Over at most `sample` items, the first row of each; 0 when no item has both modalities.
    """
    left, right = partners(a, b, seed=seed, sample=sample)
    return float(((left - right) ** 2).sum(1).mean()) if len(left) else 0.0


def partners(a: EmbeddingSet, b: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows (n, d), (n, e) of the items that have both modalities: the first row of each, at most `sample`."""
    first_a, first_b = ({item: i for i, item in reversed(list(enumerate(s.ids)))} for s in (a, b))
    shared = _sampled(sorted(first_a.keys() & first_b.keys()), sample, seed)
    rows = [[first[item] for item in shared] for first in (first_a, first_b)]
    return unit_rows(a.vectors[rows[0]]), unit_rows(b.vectors[rows[1]])


def uniformity(embeddings: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> float:
    """log mean exp(-2 |x - y|²) over pairs of unit vectors: 0 when all are one point, lower when spread out.

    Wang & Isola (2020), over at most `sample` rows; 0 when there are fewer than two. Rows are scaled to unit length
    first. A zero row has no direction and lies nowhere on the sphere, so it is left out.
    """
    directed = np.flatnonzero(embeddings.vectors.any(axis=1))
    by_content = sorted(directed, key=lambda i: (embeddings.ids[i], embeddings.keys[i]))
    x = unit_rows(embeddings.vectors[_sampled(by_content, sample, seed)]).astype(np.float64)
    if len(x) < 2:
        return 0.0
    products = (x @ x.T)[np.triu_indices(len(x), 1)]
    return float(np.log(np.exp(-4 * (1 - products)).mean()))


def _sampled(values: list, size: int, seed: int) -> list:
    """At most `size` of the values, drawn without replacement."""
    if len(values) <= size:
        return values
    return [values[i] for i in np.sort(np.random.default_rng(seed).choice(len(values), size, replace=False))]
