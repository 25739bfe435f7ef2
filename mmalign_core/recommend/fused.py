"""Items as one vector each: the weighted sum of their modalities' places in the shared space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.vectors import unit_rows


@dataclass(frozen=True)
class FusedItems:
    """`parts`: modality -> (n, k) mean unit row of each item, zero where an item lacks the modality."""

    ids: tuple[str, ...]
    parts: Mapping[str, np.ndarray]

    def present(self, modality: str) -> np.ndarray:
        """(n,) bool: which items have a place in this modality."""
        return np.any(self.parts[modality] != 0, axis=1)

    def fused(self, weights: Mapping[str, float]) -> np.ndarray:
        """(n, k): Σ_m w_m · part_m, so that one dot product with a query is the weighted score."""
        return np.sum([np.float32(weights[m]) * part for m, part in self.parts.items()], axis=0)

    def profile(self, ids: tuple[str, ...], weights: Mapping[str, float]) -> np.ndarray:
        """(k,): mean fused vector of these items; BadInput names one that is not there."""
        position = {item: i for i, item in enumerate(self.ids)}
        unknown = [item for item in ids if item not in position]
        if unknown:
            raise BadInput(f"no item '{unknown[0]}' in this run; it holds {len(self.ids)} items")
        return self.fused(weights)[[position[item] for item in ids]].mean(axis=0)


def fuse_items(space: Mapping[str, EmbeddingSet], ids: tuple[str, ...]) -> FusedItems:
    """Mean unit row per item and modality: an item with five captions counts as their mean."""
    position = {item: i for i, item in enumerate(ids)}
    parts = {}
    for modality, rows in space.items():
        total = np.zeros((len(ids), rows.vectors.shape[1]), np.float32)
        count = np.zeros(len(ids), np.float32)
        known = [i for i, item in enumerate(rows.ids) if item in position]
        where = np.array([position[rows.ids[i]] for i in known], dtype=int)
        np.add.at(total, where, unit_rows(rows.vectors)[known])
        np.add.at(count, where, 1)
        parts[modality] = total / np.maximum(count, 1)[:, None]
    return FusedItems(ids, parts)


def scale_weights(weights: Mapping[str, float] | None, modalities: tuple[str, ...]) -> dict[str, float]:
    """Weights of these modalities scaled to sum to 1; all equal when none are given, else 0 for those left out."""
    given = {m: float(weights.get(m, 0.0)) if weights else 1.0 for m in modalities}
    total = sum(given.values())
    if min(given.values(), default=0.0) < 0 or total <= 0:
        raise BadInput(f"weights {dict(weights or {})} must be 0 or more and one of {', '.join(modalities)} above 0")
    return {m: value / total for m, value in given.items()}
