"""Rows that two runs share, and how far each moved from one run to the other: the share of neighbours that it keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

NEIGHBOURS = 10
"""Neighbours compared: as many as the metrics of the space look at (`metrics.space.mutual_knn`)."""
_MOST_MOVED = 20
"""Rows that the report names, those that moved most. Our choice: about what a person reads."""


@dataclass(frozen=True)
class NeighbourDrift:
    """Of the n rows that both runs hold of one modality: `items` (n,) and `kept` (n,), the share (0..1) of the `k`
    nearest other rows in run A that are among the k nearest in run B."""

    items: tuple[str, ...]
    kept: np.ndarray
    k: int

    def report(self) -> dict[str, Any]:
        """n, k, the mean share kept, and the rows that moved most."""
        order = np.argsort(self.kept, kind="stable")[:_MOST_MOVED]
        moved = [{"id": self.items[row], "kept": float(self.kept[row])} for row in order if self.kept[row] < 1]
        return {"n": len(self.items), "k": self.k, "mean": float(self.kept.mean()), "moved": moved}


def neighbour_drift(a: Mapping[str, EmbeddingSet], b: Mapping[str, EmbeddingSet]) -> dict[str, NeighbourDrift]:
    """Modality -> drift of the distinct rows (item and content) that both spaces hold; none below three rows.

    Neighbours by cosine among those rows alone, at most NEIGHBOURS, and less than half of the others.
    """
    found = {}
    for modality in (name for name in a if name in b):
        rows = [_first_rows(space[modality]) for space in (a, b)]
        shared = [name for name in rows[0] if name in rows[1]]
        k = min(NEIGHBOURS, (len(shared) - 1) // 2)
        if k < 1:
            continue
        near = [
            _neighbours(space[modality].vectors[[first[name] for name in shared]], k)
            for space, first in zip((a, b), rows)
        ]
        kept = (near[0][:, :, None] == near[1][:, None, :]).any(2).mean(1)
        found[modality] = NeighbourDrift(tuple(item for item, _ in shared), kept, k)
    return found


def shared_rows(a: EmbeddingSet, b: EmbeddingSet) -> tuple[EmbeddingSet, EmbeddingSet]:
    """The rows that both sets hold, by item and content, in the order of `a`; of equal ones as many as both have."""
    place = {name: row for row, name in enumerate(_row_names(b))}
    rows = [(row, place[name]) for row, name in enumerate(_row_names(a)) if name in place]
    return a.take([row for row, _ in rows]), b.take([row for _, row in rows])


def _row_names(rows: EmbeddingSet) -> list[tuple[str, str, int]]:
    """Item, content and how many equal rows came before."""
    seen: Counter[tuple[str, str]] = Counter()
    names = []
    for item, key in zip(rows.ids, rows.keys):
        names.append((item, key, seen[item, key]))
        seen[item, key] += 1
    return names


def _first_rows(rows: EmbeddingSet) -> dict[tuple[str, str], int]:
    """(item, content) -> its first row."""
    return {name: row for row, name in reversed(list(enumerate(zip(rows.ids, rows.keys))))}


def _neighbours(vectors: np.ndarray, k: int) -> np.ndarray:
    """The k nearest other rows of each (n, k)."""
    unit = unit_rows(vectors)
    found = top_k(unit, unit, k + 1)[1]
    others = found != np.arange(len(unit))[:, None]
    others[others.all(1), -1] = False
    return found[others].reshape(len(unit), k)
