"""Known pairs as landmarks beside a trained head, with a weight chosen on held-out pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.matching.relative import Relative
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.training.holdout import Holdout, mean_reciprocal_rank
from mmalign_core.types import EmbeddingSet

if TYPE_CHECKING:
    import torch

LANDMARKS = 1000
"""Most known pairs used as landmarks, each of which is a number of every place. Chosen: a place then takes 4 KB."""
WEIGHTS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75)
"""Weights of the landmarks that are tried. Chosen: equal steps; above the last one the head would hardly count."""
MARGIN = 0.01
"""Least gain in mean reciprocal rank for a weight above 0, as in `model.prior`."""


@dataclass(frozen=True)
class KnownPairs:
    """Places [sqrt(1 - w) h, sqrt(w) r] of a head's unit rows h and of unit similarities r to known pairs.

    The cosine of two such places is the weighted mean of both cosines: what a map says, and which known pairs both are
    like (Norelli et al. 2023, ASIF; Vinyals et al. 2016, Matching Networks). Without landmarks, only the head's rows.
    """

    landmarks: Relative | None = None  # pyright: ignore[reportGeneralTypeIssues]
    weight: float = 0.0

    @staticmethod
    def chosen(heads: Mapping[str, np.ndarray], sets: Sets, parts: Holdout, seed: int) -> KnownPairs:
        """Return the weight that ranks the held-out examples best, with landmarks from the other examples alone.

        `heads`: modality -> (p, k) unit rows of the held-out examples. No landmarks if nothing can be ranked, and where
        examples are so many that no final fit sees all of them.
        """
        if not parts.refits:
            return KnownPairs()
        beside = KnownPairs(_landmarks(sets, parts.kept, seed))
        rows = {m: beside.similarities(sets[m], numbers) for m, numbers in parts.held.rows.items()}
        quality = {
            w: mean_reciprocal_rank({m: joined(h, rows[m], w) for m, h in heads.items()}, parts.held) or 0.0
            for w in WEIGHTS
        }
        best = max(WEIGHTS, key=lambda w: quality[w] - (MARGIN if w else 0.0))
        return replace(beside, weight=best) if best else KnownPairs()

    def refitted(self, sets: Sets, pairs: Pairs, seed: int) -> KnownPairs:
        """Return the same weight with landmarks from these examples."""
        return replace(self, landmarks=_landmarks(sets, pairs, seed)) if self.weight else self

    def join(self, heads: np.ndarray, rows: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k + landmarks), or the head's own (n, k) without landmarks."""
        return heads if self.landmarks is None else joined(heads, self.landmarks.transform(rows), self.weight)

    def join_tensors(self, heads: torch.Tensor, vectors: torch.Tensor, modality: str) -> torch.Tensor:
        """Return what `join` does, with gradients to the vectors (n, d)."""
        import torch

        if self.landmarks is None:
            return heads
        state = {name: torch.tensor(a, dtype=torch.float32) for name, a in self._of(modality).items()}
        rows = torch.nn.functional.normalize((vectors - state["shift"]) * state["scale"], dim=1)
        near = (rows @ state["anchors"].T).clamp(min=0)
        if self.landmarks.k < near.shape[1]:
            near = near * (near >= near.topk(self.landmarks.k, dim=1).values[:, -1:])
        near = torch.nn.functional.normalize(near**self.landmarks.exponent, dim=1)
        return torch.cat([(1 - self.weight) ** 0.5 * heads, self.weight**0.5 * near], dim=1)

    def similarities(self, rows: EmbeddingSet, numbers: np.ndarray) -> np.ndarray:
        """Return unit similarities (p, landmarks) of these rows; those of row number -1 are arbitrary."""
        assert self.landmarks is not None
        return self.landmarks.transform(rows.take(np.maximum(numbers, 0)))

    def arrays(self, prefix: str = "known.") -> dict[str, np.ndarray]:
        """Return everything as named arrays, nothing without landmarks."""
        if self.landmarks is None:
            return {}
        held = {**self.landmarks.state(), "weight": np.array([self.weight])}
        return {prefix + name: array for name, array in held.items()}

    @staticmethod
    def of_arrays(arrays: Mapping[str, np.ndarray], prefix: str = "known.") -> KnownPairs:
        """Rebuild it from the arrays that `arrays` returned under this prefix."""
        held = with_prefix(prefix, arrays)
        if not held:
            return KnownPairs()
        return KnownPairs(Relative(anchors=LANDMARKS).load_state(held), float(held["weight"][0]))

    def _of(self, modality: str) -> Mapping[str, np.ndarray]:
        assert self.landmarks is not None
        state = self.landmarks.state()
        return {what: state[f"{what}.{modality}"] for what in ("anchors", "shift", "scale")}


def _landmarks(sets: Sets, pairs: Pairs, seed: int) -> Relative:
    items = list(dict.fromkeys(pairs.items))
    return Relative(anchors=LANDMARKS).fit({m: s.of_items(items) for m, s in sets.items()}, seed=seed)


def joined(heads: np.ndarray, near: np.ndarray, weight: float) -> np.ndarray:
    """Return [sqrt(1 - w) h, sqrt(w) r] of unit rows h (n, k) and r (n, a)."""
    return np.hstack([np.sqrt(1 - weight) * heads, np.sqrt(weight) * near]).astype(np.float32)
