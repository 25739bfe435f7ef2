"""Pivot texts: the same texts in the own space of several modalities' encoders, which links those spaces."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pivots:
    """`texts` (p,) of which each is there once, and their `vectors` (p, d) in the space of the set that holds them.

    `owners` (p,): the items whose own text it is; none for a text of the vocabulary. Sets that are aligned together
    hold the same texts in the same order.
    """

    texts: tuple[str, ...]
    owners: tuple[frozenset[str], ...]
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def of_items(self, wanted: Set[str]) -> Pivots:
        """Those of the vocabulary, and those that one of these items owns: texts of held-out items link nothing."""
        return self.take([i for i, owners in enumerate(self.owners) if not owners or owners & wanted])

    def take(self, rows: Sequence[int]) -> Pivots:
        """Only these, in this order."""
        return Pivots(tuple(self.texts[i] for i in rows), tuple(self.owners[i] for i in rows), self.vectors[list(rows)])
