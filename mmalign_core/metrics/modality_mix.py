"""Mixing of modalities: how often the nearest neighbours of a medium are of another modality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

SAMPLE = 2000  # rows asked: the standard error of the share is then about 0.01 or less
K = 15  # neighbours, as many as the faithfulness of a map is measured on


@dataclass(frozen=True)
class Mixing:
    """`observed`: mean share of the `k` nearest rows that are of another modality, with its 95% `interval`.

    `expected`: the same where the modality made no difference. Both are means over `n` rows.
    """

    observed: float
    expected: float
    interval: tuple[float, float]
    n: int
    k: int


def modality_mixing(space: Mapping[str, EmbeddingSet], *, k: int = K, seed: int = 0, sample: int = SAMPLE) -> Mixing:
    """Return how far the modalities of one space mix, by cosine over all rows, at most `sample` of them asked.

    It is the cross-modality neighbour share behind the gap of Liang et al. (2022). The interval is that of a mean of
    independent rows. NaN if there are fewer than two rows.
    """
    vectors = np.concatenate([unit_rows(rows.vectors) for rows in space.values()]).astype(np.float32)
    modality = np.repeat(np.arange(len(space)), [len(rows) for rows in space.values()])
    n = len(vectors)
    if n < 2:
        return Mixing(float("nan"), float("nan"), (float("nan"), float("nan")), 0, 0)
    k, asked = min(k, n - 1), np.arange(n)
    if n > sample:
        asked = np.sort(np.random.default_rng(seed).choice(n, sample, replace=False))
    near = top_k(vectors[asked], vectors, k + 1)[1]
    others = near != asked[:, None]
    others[others.all(axis=1), -1] = False
    near = near[others].reshape(len(asked), k)
    share = (modality[near] != modality[asked][:, None]).mean(axis=1)
    expected = (n - np.bincount(modality)[modality[asked]]) / (n - 1)
    half = 1.96 * float(share.std(ddof=1)) / len(share) ** 0.5
    mean = float(share.mean())
    return Mixing(mean, float(expected.mean()), (max(0.0, mean - half), min(1.0, mean + half)), len(asked), k)
