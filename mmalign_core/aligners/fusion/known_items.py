"""The training items that a new row is compared with, each modality in its own encoder's space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.base import under
from mmalign_core.aligners.pairs import Sets
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows


@dataclass(frozen=True)
class KnownItems:
    """`centres`: modality -> (d_m,); `keys`: modality -> (n_m, d_m) unit rows, one an item that has the modality;
    `owners`: modality -> (n_m,) number of that item."""

    centres: Mapping[str, np.ndarray]
    keys: Mapping[str, np.ndarray]
    owners: Mapping[str, np.ndarray]

    def looked_up(self, embeddings: EmbeddingSet) -> np.ndarray:
        """The rows (n, d_m) as they compare with the keys of their modality: centred, of unit length."""
        return unit_rows(embeddings.vectors - self.centres[embeddings.modality])

    def arrays(self) -> dict[str, np.ndarray]:
        """For an aligner's state."""
        parts = {"centre": self.centres, "key": self.keys, "owner": self.owners}
        return {f"known.{part}.{m}": array for part, arrays in parts.items() for m, array in arrays.items()}


def known_items(sets: Sets, items: tuple[str, ...]) -> KnownItems:
    """These items as the sets have them; an item's several rows of one modality become their mean.

    Nothing depends on the order of the sets' rows.
    """
    number = {item: i for i, item in enumerate(items)}
    centres, keys, owners = {}, {}, {}
    for modality, s in sets.items():
        order = sorted((i for i in range(len(s)) if s.ids[i] in number), key=lambda i: (s.ids[i], s.keys[i]))
        rows, owner = s.vectors[order].astype(np.float64), np.array([number[s.ids[i]] for i in order], int)
        centre = rows.mean(0)
        held, place = np.unique(owner, return_inverse=True)
        total = np.zeros((len(held), rows.shape[1]))
        np.add.at(total, place, unit_rows(rows - centre))
        centres[modality], keys[modality], owners[modality] = centre.astype(np.float32), unit_rows(total), held
    return KnownItems(centres, keys, owners)


def from_arrays(state: Mapping[str, np.ndarray]) -> KnownItems:
    """What `KnownItems.arrays` gave, found in an aligner's state."""
    return KnownItems(*(under(f"known.{part}.", state) for part in ("centre", "key", "owner")))
