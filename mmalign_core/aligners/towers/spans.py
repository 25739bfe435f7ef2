"""Few and wide rows: towers are trained in the space that the rows span, and then lifted to the rows' width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.aligners.linear.spectral import is_wide, span_basis
from mmalign_core.aligners.towers.tower import Tower
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.single import single_rows


@dataclass(frozen=True)
class Span:
    """The `centre` (d,) of the rows of one modality, and orthonormal `axes` (d, r) of the space that they span."""

    centre: np.ndarray
    axes: np.ndarray

    def lifted(self, tower: Tower) -> Tower:
        """The tower of rows (n, d) that places them where `tower` places their coordinates (n, r) in the span."""
        parts = tower.arrays("")
        parts["centre"] = self.centre + self.axes @ parts["centre"]
        for name in ("linear", "enter"):
            if name in parts:
                parts[name] = self.axes @ parts[name]
        return Tower(parts)


def spanned(sets: Mapping[str, EmbeddingSet]) -> tuple[dict[str, EmbeddingSet], dict[str, Span]]:
    """The sets with coordinates in their span where rows are few and wide, and these spans by modality.

    Distances and angles of the rows stay as they are.
    """
    found, spans = dict(sets), dict[str, Span]()
    for modality, rows in sets.items():
        if is_wide(rows.vectors):
            centre = rows.vectors.mean(axis=0)
            centred = rows.vectors - centre
            spans[modality] = Span(centre, span_basis(centred))
            found[modality] = replace(rows, vectors=single_rows(centred @ spans[modality].axes))
    return found, spans
