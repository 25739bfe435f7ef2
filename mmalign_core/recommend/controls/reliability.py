"""How well each modality answers what is asked in another, measured on the items that have both."""

from __future__ import annotations

import numpy as np

from mmalign_core.recommend.items import PlacedItems
from mmalign_core.recommend.learning.moments import moments
from mmalign_core.vectors import unit_rows

LEAST = 5
"""Items with both modalities below which a mean says too little."""
MOST_ASKED, MOST_COMPARED = 400, 4000
"""Items asked with and compared with, evenly spaced among all: enough for a mean, and never long."""


def reliability(items: PlacedItems, source: str) -> dict[str, float]:
    """Modality -> factor of its standardised cosines with what is asked in `source`; mean 1 over the modalities.

    Proportional to how many standard deviations an item's own place stands out when its `source` asks. If scores of
    the right and of the wrong items differ in mean alone, that is the weight with which a sum tells them apart best
    (Fisher 1936). A modality that was never seen with `source` counts as the least of those that were; 1 for all
    where there is nothing to learn from.
    """
    known = {m: _standing_out(items, source, m) for m in items.parts} if source in items.parts else {}
    least = min((value for value in known.values() if value is not None), default=0.0)
    found = {m: least if value is None else value for m, value in known.items()}
    total = sum(found.values())
    return {m: value * len(found) / total for m, value in found.items()} if total else dict.fromkeys(items.parts, 1.0)


def _standing_out(items: PlacedItems, source: str, modality: str) -> float | None:
    """Mean z, 0 if it is negative, of items' own places; None where too few have both or the widths differ."""
    asking, asked = items.parts[source], items.parts[modality]
    both = np.flatnonzero(items.present(source) & items.present(modality))
    if len(both) < LEAST or asking.shape[1] != asked.shape[1]:
        return None
    both = _spaced(both, MOST_ASKED)
    points = unit_rows(asking[both])
    compared = _spaced(np.flatnonzero(items.present(modality)), MOST_COMPARED)
    mean, spread = moments(points @ asked[compared].T, np.ones(len(compared), bool), 1.0)
    own = np.einsum("ij,ij->i", points, asked[both])
    return max(0.0, float(((own - mean) / spread).mean()))


def _spaced(rows: np.ndarray, most: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]
