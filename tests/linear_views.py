"""Toy modalities for the tests of linear aligners: views of one latent point an item."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.linear.base import LinearAligner
from mmalign_core.types import EmbeddingSet


def embedded(modality: str, vectors: np.ndarray, start: int = 0) -> EmbeddingSet:
    ids = tuple(f"{start + i:05d}" for i in range(len(vectors)))
    return EmbeddingSet(modality, ids, tuple(f"{modality}{i}" for i in ids), vectors, "toy@1")


def views(n: int, widths: Mapping[str, int], noise: float = 0.3, seed: int = 0) -> dict[str, np.ndarray]:
    """One latent point of 5 dimensions an item, seen through a random linear map with noise."""
    rng = np.random.default_rng(seed)
    latent = rng.standard_normal((n, 5)) * [3, 2, 1.5, 1, 0.5]
    return {m: latent @ rng.standard_normal((5, d)) + noise * rng.standard_normal((n, d)) for m, d in widths.items()}


def toy(n: int = 100, **options: Any) -> dict[str, EmbeddingSet]:
    return {m: embedded(m, x) for m, x in views(n, {"image": 9, "text": 7}, **options).items()}


def fitted(name: str, sets: Mapping[str, EmbeddingSet], seed: int = 0, **params: Any) -> LinearAligner:
    model = ALIGNERS.create(name, **params).fit(sets, seed=seed)
    assert isinstance(model, LinearAligner)
    return model


def recall(model: LinearAligner, sets: Mapping[str, EmbeddingSet]) -> float:
    a, b = (model.transform(s) for s in sets.values())
    return float(((a @ b.T).argmax(1) == np.arange(len(a))).mean())


def centred(x: np.ndarray) -> np.ndarray:
    return x - x.mean(0)


def assert_same_directions(ours: np.ndarray, theirs: np.ndarray, atol: float = 1e-6) -> None:
    cosines = (ours * theirs).sum(0) / np.linalg.norm(ours, axis=0) / np.linalg.norm(theirs, axis=0)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=atol)
