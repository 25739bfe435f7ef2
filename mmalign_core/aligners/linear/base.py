"""The base class of aligners with one centred linear map per modality."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.aligners.linear.stored_rows import MOST_DENSE, StoredRows, mean_row, taken
from mmalign_core.aligners.pairs import Pairs, check_varied, paired_rows
from mmalign_core.progress import pulse
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.types.basics import release
from mmalign_core.vectors import unit_rows

_PLACED_AT_ONCE = 16_384
"""Rows placed between two reports: half a second at a width of 512. Chosen; it changes no result."""


@dataclass(frozen=True)
class Examples:
    """Training data of linear maps. `rows`: modality -> centred rows (p, d_m) float64, zero where the item lacks it;
    stored ones where they are too many to hold, for aligners that read blocks.

    `present`: modality -> (p,) bool, whether the item has it. `pairs`: items and content groups of the same examples,
    with row numbers that index these examples; None if they are not needed.
    """

    rows: Mapping[str, Any]
    present: Mapping[str, np.ndarray]
    pairs: Pairs | None = None

    def take(self, places: np.ndarray) -> Examples:
        """Return only these examples. The rows are not centred again."""
        rows = {m: taken(x, places) for m, x in self.rows.items()}
        return Examples(rows, {m: x[places] for m, x in self.present.items()})


@dataclass(frozen=True)
class Maps:
    """The solution: `maps`, modality -> (d_m, k), and `weight` (k,), one per shared dimension."""

    maps: Mapping[str, np.ndarray]
    weight: np.ndarray


class LinearAligner(Aligner):
    """f_m(x) = unit((x - centre_m) map_m ∘ weight). A subclass implements `solve`, which finds maps and weight."""

    reads_blocks: ClassVar[bool] = False
    """Whether `solve` takes stored rows (`linear.stored`), which are summed block by block."""

    @abstractmethod
    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return maps (d_m, k), with the same k for all modalities, and weights (k,)."""

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Solve on the paired items. Raises BadInput for fewer than two, or if all rows of a modality are equal."""
        self.history = ()
        progress(0.0, "pairing")
        pairs = paired_rows(sets, self.name, whole=not self.multiway)
        examples, self._centres = centred_examples(self.name, sets, pairs, stored=self.reads_blocks)
        progress(0.1, "solving")
        solution = self.solve(examples, seed, progress)
        self._maps, self._weight = dict(solution.maps), solution.weight
        progress(1.0, "solved")

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k). A row at its modality's centre becomes zero, whose similarity to all rows is 0."""
        modality = embeddings.modality
        self.check_known(embeddings, {m: len(centre) for m, centre in self._centres.items()})
        linear, centre, vectors = self._maps[modality] * self._weight, self._centres[modality], embeddings.vectors
        placed = np.empty((len(vectors), linear.shape[1]), np.float32)
        for start in range(0, len(vectors), _PLACED_AT_ONCE):
            pulse()
            part = slice(start, start + _PLACED_AT_ONCE)
            placed[part] = unit_rows((vectors[part] - centre) @ linear)
            release(vectors)
        return placed

    def _linear_map(self, modality: str) -> LinearMap | None:
        """Return the fitted map, or None for a modality that the fit did not see."""
        if modality not in self._maps:
            return None
        linear = self._maps[modality] * self._weight
        return LinearMap(self._centres[modality], linear, np.zeros(linear.shape[1]))

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return center.<modality> (d_m,), map.<modality> (d_m, k) and weight (k,), float64."""
        centres = {f"center.{m}": np.ascontiguousarray(c) for m, c in self._centres.items()}
        return centres | {f"map.{m}": np.ascontiguousarray(a) for m, a in self._maps.items()} | {"weight": self._weight}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        self._centres, self._maps, self._weight = (
            with_prefix("center.", state),
            with_prefix("map.", state),
            state["weight"],
        )


def centred_examples(
    aligner: str, sets: Mapping[str, EmbeddingSet], pairs: Pairs, *, stored: bool = False
) -> tuple[Examples, dict[str, np.ndarray]]:
    """Return the paired rows minus the mean of each modality, and the means (d_m,).

    With `stored` they stay where they are if they would take more than MOST_DENSE. Raises BadInput if all rows of a
    modality are equal.
    """
    present = {m: rows >= 0 for m, rows in pairs.rows.items()}
    places = {m: np.where(there, np.arange(len(pairs)), -1) for m, there in present.items()}
    numbered = Pairs(places, pairs.items, pairs.groups)
    if stored and sum(8 * len(pairs) * s.vectors.shape[1] for s in sets.values()) > MOST_DENSE:
        centres = {m: mean_row(s.vectors, pairs.rows[m][present[m]]) for m, s in sets.items()}
        key = next(iter(pairs.rows.values()))
        kept = {m: StoredRows(s.vectors, pairs.rows[m], centres[m], key) for m, s in sets.items()}
        return Examples(kept, present, numbered), centres
    rows, centres = {}, {}
    for m, s in sets.items():
        given = s.vectors[pairs.rows[m][present[m]]].astype(np.float64)
        check_varied(aligner, m, given)
        centres[m] = given.mean(0)
        rows[m] = np.zeros((len(pairs), given.shape[1]))
        rows[m][present[m]] = given - centres[m]
    return Examples(rows, present, numbered), centres
