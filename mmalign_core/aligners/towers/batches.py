"""Batches of scaled rows for towers, with mixup, and their quality on held-out examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.towers.tower import Tower
from mmalign_core.aligners.training import mean_reciprocal_rank
from mmalign_core.types.basics import release

_BATCHES_HELD = 8
"""Batches after which mapped pages are given back to the system. Chosen: some hundred megabytes with what is read
around each row."""

if TYPE_CHECKING:
    import torch

    Rows = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Batch:
    """b examples: modality -> scaled `rows` (b, d_m) and whether the item has it, `present` (b,); `groups` (b,)."""

    rows: Rows
    present: Rows
    groups: torch.Tensor

    def mixed(self, spread: float, generator: torch.Generator) -> Batch:
        """Return each example blended with another of the batch, all modalities in the same proportion.

        The share of the second is at most a half, from Beta(spread, spread). Vouitsis et al. 2024, Data-Efficient
        Multimodal Fusion on a Single GPU (FuseMix).
        """
        import torch

        drawn = np.random.default_rng(int(torch.randint(2**31, (), generator=generator))).beta(spread, spread)
        other, share = torch.randperm(len(self.groups), generator=generator), min(drawn, 1 - drawn)
        rows = {m: (1 - share) * x + share * x[other] for m, x in self.rows.items()}
        return Batch(rows, {m: there & there[other] for m, there in self.present.items()}, self.groups)


class Examples:
    """The rows of the sets where they lie, in memory or in a file. Batches are taken from them by example, scaled as
    these towers need them."""

    def __init__(self, towers: Mapping[str, Tower], sets: Sets, pairs: Pairs) -> None:
        self._pairs, self._towers, self._taken = pairs, towers, 0
        self._vectors = {m: sets[m].vectors for m in towers}

    def take(self, examples: np.ndarray) -> Batch:
        """Return these examples. Rows of absent modalities are the set's first and must be ignored."""
        import torch

        picked, rows = {m: self._pairs.rows[m][examples] for m in self._vectors}, {}
        for m, vectors in self._vectors.items():
            rows[m] = self._towers[m].scaled(np.asarray(vectors[np.maximum(picked[m], 0)]))
            if self._taken % _BATCHES_HELD == 0:
                release(vectors)
        self._taken += 1
        present = {m: torch.from_numpy(p >= 0) for m, p in picked.items()}
        return Batch(rows, present, torch.from_numpy(self._pairs.groups[examples]))


def place_examples(towers: Mapping[str, Tower], sets: Sets, pairs: Pairs) -> dict[str, np.ndarray]:
    """Return modality -> (p, k) unit rows of the examples. Rows of absent modalities must be ignored."""
    return {m: tower.places(sets[m].vectors[np.maximum(pairs.rows[m], 0)]) for m, tower in towers.items()}


def held_out_mrr(towers: Mapping[str, Tower], sets: Sets, held: Pairs) -> float | None:
    """Return the mean reciprocal rank of held-out examples, or None without any."""
    return mean_reciprocal_rank(place_examples(towers, sets, held), held) if len(held) else None
