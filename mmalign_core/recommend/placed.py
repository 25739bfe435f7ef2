"""Items with one place per modality in the shared space, and profiles made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.vectors import unit_rows


@dataclass(frozen=True)
class PlacedItems:
    """`parts`: modality -> (n, k) mean unit row of each item, zero where an item lacks the modality."""

    ids: tuple[str, ...]
    parts: Mapping[str, np.ndarray]

    def present(self, modality: str) -> np.ndarray:
        """(n,) bool: which items have a place in this modality."""
        return np.any(self.parts[modality] != 0, axis=1)

    def profile(self, ids: tuple[str, ...]) -> dict[str, np.ndarray]:
        """Modality -> (k,) mean place of these items in that modality; BadInput names one that is not there.

        Where they lack a modality, the mean of their other places stands in for it.
        """
        position = {item: i for i, item in enumerate(self.ids)}
        unknown = [item for item in ids if item not in position]
        if unknown:
            raise BadInput(f"no item '{unknown[0]}' in this run; it holds {len(self.ids)} items")
        rows = [position[item] for item in ids]
        own = {m: part[rows].sum(axis=0) for m, part in self.parts.items() if self.present(m)[rows].any()}
        others = np.sum([unit_rows(total[None])[0] for total in own.values()], axis=0)
        return {m: own.get(m, others) for m in self.parts}


def place_items(space: Mapping[str, EmbeddingSet], ids: tuple[str, ...]) -> PlacedItems:
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
    return PlacedItems(ids, parts)


def scale_weights(weights: Mapping[str, float] | None, modalities: tuple[str, ...]) -> dict[str, float]:
    """Weights of these modalities scaled to sum to 1; all equal when none are given, else 0 for those left out."""
    given = {m: float(weights.get(m, 0.0)) if weights else 1.0 for m in modalities}
    total = sum(given.values())
    if min(given.values(), default=0.0) < 0 or not 0 < total < np.inf:
        raise BadInput(
            f"weights {dict(weights or {})} must be numbers from 0 and one of {', '.join(modalities)} above 0"
        )
    return {m: value / total for m, value in given.items()}
