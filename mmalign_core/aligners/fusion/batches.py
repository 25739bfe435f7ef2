"""Inputs of the trained fusions: scaled vectors, linear places, and which modalities an example has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.fusion.selection import place_examples
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Inputs:
    """b examples: `vectors` modality -> (b, d_m) scaled, `starts` modality -> (b, k) linear unit places, `present`
    modality -> (b,) bool, `groups` (b,) content groups. Rows of absent modalities are zero."""

    vectors: Mapping[str, torch.Tensor]
    starts: Mapping[str, torch.Tensor]
    present: Mapping[str, torch.Tensor]
    groups: torch.Tensor

    @property
    def dims(self) -> int:
        """Width of the places."""
        return next(iter(self.starts.values())).shape[1]

    def take(self, rows: np.ndarray) -> Inputs:
        """Return only these examples."""
        vectors, starts, present = (
            {m: x[rows] for m, x in each.items()} for each in (self.vectors, self.starts, self.present)
        )
        return Inputs(vectors, starts, present, self.groups[rows])


@dataclass(frozen=True)
class Scales:
    """`centres` modality -> (d_m,) and `spreads` modality -> (1,). Rows minus the centre, divided by the spread, have
    about unit length on average."""

    centres: Mapping[str, np.ndarray]
    spreads: Mapping[str, np.ndarray]

    def scaled(self, modality: str, vectors: np.ndarray) -> np.ndarray:
        """Return scaled rows (n, d_m) float32."""
        return ((vectors - self.centres[modality]) / self.spreads[modality]).astype(np.float32)

    def inputs(self, embeddings: EmbeddingSet, starts: np.ndarray) -> Inputs:
        """Return rows of one modality as examples without other modalities."""
        import torch

        m, here = embeddings.modality, torch.ones(len(embeddings), dtype=torch.bool)
        vectors = torch.from_numpy(self.scaled(m, embeddings.vectors))
        return Inputs({m: vectors}, {m: torch.from_numpy(starts)}, {m: here}, torch.arange(len(here)))

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays for an aligner's state."""
        return {f"scale.centre.{m}": a for m, a in self.centres.items()} | {
            f"scale.spread.{m}": a for m, a in self.spreads.items()
        }

    @classmethod
    def from_arrays(cls, state: Mapping[str, np.ndarray]) -> Scales:
        """Rebuild it from an aligner's state that holds what `arrays` returned."""
        return cls(with_prefix("scale.centre.", state), with_prefix("scale.spread.", state))


def scales_of(sets: Sets, pairs: Pairs) -> Scales:
    """Return centre and spread of each modality's paired rows."""
    centres, spreads = {}, {}
    for modality, rows in pairs.rows.items():
        vectors = sets[modality].vectors[rows[rows >= 0]].astype(np.float64)
        centres[modality] = vectors.mean(0).astype(np.float32)
        spreads[modality] = np.array([np.sqrt(vectors.var(0).sum()) or 1.0], np.float32)
    return Scales(centres, spreads)


def inputs_of(sets: Sets, pairs: Pairs, start: Aligner, scales: Scales) -> Inputs:
    """Return these examples as inputs of a network."""
    import torch

    present = {m: torch.from_numpy(rows >= 0) for m, rows in pairs.rows.items()}
    vectors = {
        m: torch.from_numpy(scales.scaled(m, sets[m].vectors[rows])) * present[m][:, None]
        for m, rows in pairs.rows.items()
    }
    starts = {m: torch.from_numpy(places) for m, places in place_examples(start, sets, pairs).items()}
    return Inputs(vectors, starts, present, torch.from_numpy(pairs.groups.astype(np.int64)))
