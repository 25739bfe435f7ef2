"""Batches of scaled rows for towers, with mixup, and their quality on held-out examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.towers.tower import Tower
from mmalign_core.aligners.training import mean_reciprocal_rank

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
    """All rows of the sets, scaled as these towers need them. Batches are taken from them by example."""

    def __init__(self, towers: Mapping[str, Tower], sets: Sets, pairs: Pairs) -> None:
        self._pairs = pairs
        self._rows = {m: tower.scaled(sets[m].vectors) for m, tower in towers.items()}

    def take(self, examples: np.ndarray) -> Batch:
        """Return these examples. Rows of absent modalities are the set's first and must be ignored."""
        import torch

        picked = {m: torch.from_numpy(self._pairs.rows[m][examples]) for m in self._rows}
        rows = {m: x[picked[m].clamp(min=0)] for m, x in self._rows.items()}
        return Batch(rows, {m: p >= 0 for m, p in picked.items()}, torch.from_numpy(self._pairs.groups[examples]))


def place_examples(towers: Mapping[str, Tower], sets: Sets, pairs: Pairs) -> dict[str, np.ndarray]:
    """Return modality -> (p, k) unit rows of the examples. Rows of absent modalities must be ignored."""
    return {m: tower.places(sets[m].vectors[np.maximum(pairs.rows[m], 0)]) for m, tower in towers.items()}


def held_out_mrr(towers: Mapping[str, Tower], sets: Sets, held: Pairs) -> float | None:
    """Return the mean reciprocal rank of held-out examples, or None without any."""
    return mean_reciprocal_rank(place_examples(towers, sets, held), held) if len(held) else None
