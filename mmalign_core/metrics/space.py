"""What the shared space looks like: modality gap, hubness, alignment and uniformity."""

from __future__ import annotations

import numpy as np

from mmalign_core.corrections.scores import Scores
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

SAMPLE = 2000
"""Most rows, or pairs of rows, that a sampled measure looks at."""


def modality_gap(a: np.ndarray, b: np.ndarray) -> float:
    """Distance between the mean unit vectors of two modalities (n, d), (m, d): 0 to 2 (Liang et al. 2022)."""
    return float(np.linalg.norm(unit_rows(a).mean(0, dtype=np.float64) - unit_rows(b).mean(0, dtype=np.float64)))


def hubness(scores: Scores, k: int = 10) -> float:
    """Skewness of the k-occurrence N_k of the targets: how often each is among the k best of a source.

    About 0 where every target is found equally often, above 1 where a few hubs crowd out the rest
    (Radovanović et al. 2010). 0 when there are no more than k targets, since then all are always found.
    """
    found = scores.top_k(k)[1]
    occurrence = np.bincount(found.ravel(), minlength=len(scores.targets)).astype(float)
    if len(occurrence) <= k or occurrence.std() == 0:
        return 0.0
    return float((((occurrence - occurrence.mean()) / occurrence.std()) ** 3).mean())


def alignment(a: EmbeddingSet, b: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> float:
    """Mean squared distance of unit vectors of one item in two modalities, 0 (together) to 4 (Wang & Isola 2020).

    Over at most `sample` items, the first row of each; 0 when no item has both modalities.
    """
    first_a, first_b = ({item: i for i, item in reversed(list(enumerate(s.ids)))} for s in (a, b))
    shared = _sampled(sorted(first_a.keys() & first_b.keys()), sample, seed)
    if not shared:
        return 0.0
    left = unit_rows(a.vectors[[first_a[i] for i in shared]])
    right = unit_rows(b.vectors[[first_b[i] for i in shared]])
    return float(((left - right) ** 2).sum(1).mean())


def uniformity(embeddings: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> float:
    """log mean exp(-2 |x - y|²) over pairs of unit vectors: 0 when all are one point, lower when spread out.

    Wang & Isola (2020), over at most `sample` rows; 0 when there are fewer than two.
    """
    by_content = sorted(range(len(embeddings)), key=lambda i: (embeddings.ids[i], embeddings.keys[i]))
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
