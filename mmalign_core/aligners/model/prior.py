"""The zero-shot bridge as a prior of trained aligners, with a weight chosen on held-out pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.explainable import HasParts, LinearMap
from mmalign_core.aligners.matching.bridge import Bridge
from mmalign_core.aligners.model.known_pairs import KnownPairs, joined
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.training.holdout import Holdout, mean_reciprocal_rank
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

if TYPE_CHECKING:
    from mmalign_core.aligners.explainable import Differentiable

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
"""Weights of the bridge that are tried. Chosen: above the last one the trained map would hardly count."""
DEFAULT_WEIGHT = 0.5
"""Weight if nothing can be held out: pairs are then few, and knowledge without pairs counts. Chosen: equal
weights."""
MARGIN = 0.01
"""Least gain in mean reciprocal rank for a weight above 0; smaller gains occur by chance: about one standard
error over 500 examples, where 1 / rank deviates by about 0.3."""


@dataclass(frozen=True)
class Prior:
    """Places [sqrt(1 - w) t, sqrt(w) b] of trained unit rows t and bridge unit rows b: the cosine of two such rows is
    the weighted mean of both cosines. Without concepts, or at w = 0, only the trained rows.

    A modality without concepts has b = 0, which keeps the order of its candidates.
    """

    bridge: Aligner | None = None
    weight: float = 0.0

    @staticmethod
    def of(sets: Sets) -> Prior:
        """Return the bridge, with what is known of encoders, at DEFAULT_WEIGHT if two or more sets have concepts."""
        known = {m: s for m, s in sets.items() if m != "text" and _placed_concepts(s)}
        widths = {s.concepts.vectors.shape[1] for s in known.values() if s.concepts and s.concepts.vectors is not None}
        if "text" in sets and widths == {sets["text"].vectors.shape[1]}:
            known["text"] = sets["text"]
        if len(known) < 2 or len(widths) != 1:
            return Prior()
        bridge = Bridge()
        bridge.fit(known)
        return Prior(bridge, DEFAULT_WEIGHT)

    def with_best_weight(self, trained: Mapping[str, np.ndarray], sets: Sets, held: Pairs) -> Prior:
        """Return the prior with the weight of the highest mean reciprocal rank on held-out examples.

        `trained`: modality -> (p, k) unit rows of the examples, zero if the item lacks it.
        """
        if self.bridge is None or not len(held):
            return self
        bridged = {m: self._bridge_rows(sets[m].take(np.maximum(rows, 0)), m) for m, rows in held.rows.items()}
        quality = {
            w: mean_reciprocal_rank({m: _joined(t, bridged[m], w) for m, t in trained.items()}, held) or 0.0
            for w in WEIGHTS
        }
        best = max(WEIGHTS, key=lambda w: quality[w] - (MARGIN if w else 0.0))
        return Prior(self.bridge, best) if best else Prior()

    def join(self, trained: np.ndarray, rows: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k + d), or the trained ones (n, k) if there is no prior. BadInput as the bridge's."""
        if self.bridge is None:
            return trained
        return _joined(trained, self._bridge_rows(rows, rows.modality), self.weight)

    def arrays(self, prefix: str = "prior.") -> dict[str, np.ndarray]:
        """Return everything as named arrays, nothing without a bridge."""
        if self.bridge is None:
            return {}
        bridged = {f"{prefix}bridge.{name}": np.ascontiguousarray(a) for name, a in self.bridge.state().items()}
        return bridged | {f"{prefix}weight": np.array([self.weight])}

    @staticmethod
    def of_arrays(arrays: Mapping[str, np.ndarray], prefix: str = "prior.") -> Prior:
        """Rebuild it from the arrays that `arrays` returned under this prefix."""
        if f"{prefix}weight" not in arrays:
            return Prior()
        return Prior(Bridge().load_state(with_prefix(f"{prefix}bridge.", arrays)), float(arrays[f"{prefix}weight"][0]))

    def _bridge_rows(self, rows: EmbeddingSet, modality: str) -> np.ndarray:
        assert isinstance(self.bridge, HasParts)
        state = self.bridge.state()
        if modality == "text" or f"labels.{modality}" in state:
            return self.bridge.transform(rows)
        width = max(part.stop for part in self.bridge.parts().values())
        return np.zeros((len(rows), width), np.float32)


class WithPrior(Aligner):
    """Mixin before a trained base class: joins its places with those of known pairs, and those with the bridge's."""

    reads_concepts = True
    _prior = Prior()
    _known = KnownPairs()

    def _choose_beside(self, heads: Mapping[str, np.ndarray], sets: Sets, parts: Holdout, seed: int) -> None:
        """Choose the weights of the known pairs and of the bridge on the held-out examples; parameters turn them off.

        `heads`: modality -> (p, k) unit rows of the held-out examples by the trained base alone. If the final fit sees
        all pairs, so do the landmarks.
        """
        on = {name for name in ("known", "prior") if getattr(self, name, "off") == "auto"}
        self._known = KnownPairs.chosen(heads, sets, parts, seed) if "known" in on else KnownPairs()
        if self._known.weight:
            self.start_kept = False
            near = {m: self._known.similarities(sets[m], rows) for m, rows in parts.held.rows.items()}
            heads = {m: joined(h, near[m], self._known.weight) for m, h in heads.items()}
            self._known = self._known.refitted(sets, parts.all_pairs(), seed)
        self._prior = Prior.of(sets).with_best_weight(heads, sets, parts.held) if "prior" in on else Prior()

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k), with the dimensions of known pairs and bridge if they have a weight."""
        heads = self._known.join(super()._transform(embeddings), embeddings)
        return self._prior.join(heads, embeddings)

    def _linear_map(self, modality: str) -> LinearMap | None:
        """Return the trained map, or None if known pairs or the bridge have a weight."""
        alone = self._prior.bridge is None and self._known.landmarks is None
        return super()._linear_map(modality) if alone else None

    def _differentiable(self, modality: str) -> Differentiable | None:
        """Return the trained function, beside the known pairs, or None if the bridge has a weight."""
        inner = super()._differentiable(modality) if self._prior.bridge is None else None
        if inner is None or self._known.landmarks is None:
            return inner
        return lambda vectors, steps: self._known.join_tensors(inner(vectors, steps), vectors, modality)

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return the state of the trained base, and prior.* and known.* if they have a weight."""
        return {**super()._state(), **self._prior.arrays(), **self._known.arrays()}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        self._prior, self._known = Prior.of_arrays(state), KnownPairs.of_arrays(state)
        super()._load_state(state)


def _joined(trained: np.ndarray, bridged: np.ndarray, weight: float) -> np.ndarray:
    return unit_rows(np.hstack([np.sqrt(1 - weight) * trained, np.sqrt(weight) * bridged]))


def _placed_concepts(rows: EmbeddingSet) -> bool:
    known = rows.concepts
    return known is not None and known.vectors is not None and len(known.vectors) == known.posterior.shape[1]
