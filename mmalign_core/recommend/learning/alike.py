"""What items hold in each modality, and which items are alike in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from mmalign_core.recommend.items import PlacedItems
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows


def content(name: str, items: PlacedItems) -> Mapping[str, np.ndarray]:
    """Modality -> (n, k_m) float32 unit rows, the modality's mean taken off first; zero where an item lacks it.

    BadInput if no item has a place in any modality.
    """
    found = {}
    for m, part in items.parts.items():
        present = items.present(m)
        if present.any():
            units = unit_rows(part)
            found[m] = unit_rows(np.where(present[:, None], units - units[present].mean(axis=0), 0))
    if not found:
        raise BadInput(f"'{name}' reads what items hold, and no item has a place in any modality; choose lightgcn")
    return found


def alike(places: np.ndarray, met: np.ndarray, k: int) -> sparse.csr_array:
    """(n, n): 1 / k at the k items nearest to each in places (n, d), itself left out, among those `met` (n,) bool.

    Rows are empty for items without a place, and for all if nobody met any; fewer than k count as many as there are.
    """
    placed = np.any(places != 0, axis=1)
    sources, targets = np.flatnonzero(placed), np.flatnonzero(placed & met)
    _, found = top_k(places[sources], places[targets], k + 1)
    columns = targets[found]
    other = columns != sources[:, None]
    kept = other & (np.cumsum(other, axis=1) <= k)
    counts = kept.sum(axis=1)
    values = np.repeat(1.0 / np.maximum(counts, 1), counts).astype(np.float32)
    rows = np.repeat(sources, counts)
    return sparse.csr_array((values, (rows, columns[kept])), shape=(len(places), len(places)))
