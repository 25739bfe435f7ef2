"""Base of the fusions that mix a row's linear place with the places of the known items near it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mmalign_core.aligners.fusion.known_items import from_arrays, known_items
from mmalign_core.aligners.fusion.linear_start import LinearStartAligner
from mmalign_core.aligners.fusion.selection import best, held_out_items, quality
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows


class NeighbourhoodAligner(LinearStartAligner):
    """place = unit((1 - mix) linear(x) + mix known(x)); a subclass writes `known_places`, the second term.

    The mix is the one of `mixes` with the highest mean reciprocal rank of held-out items, in a trial fitted without
    them.
    """

    mixes: ClassVar[tuple[float, ...]]
    """What the mix is chosen from."""
    mix: float = param(0.4, 0, 1, help="share of the known items' places; used when it is not chosen")
    choose: bool = param(True, help="choose the mix on held-out pairs")

    @abstractmethod
    def build(self, sets: Sets, fused: np.ndarray, seed: int, progress: Progress) -> None:
        """Learn from the items that `remember` knows, whose fused linear places are `fused` (n, k)."""

    @abstractmethod
    def known_places(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit places (n, k) of the known items near each row."""

    def learn(self, sets: Sets, pairs: Pairs, seed: int, progress: Progress) -> None:
        """Choose the mix where that is asked and possible, then build on all items."""
        self.mix_used = self.mix
        parts = held_out_items(pairs, sets, seed) if self.choose else None
        if parts is not None:
            progress(0.0, "choosing the mix on held-out pairs")
            self.mix_used = self._chosen_mix(*parts, seed, within(progress, 0.0, 0.5))
        self.remember(sets, seed, within(progress, 0.5, 1.0))

    def remember(self, sets: Sets, seed: int, progress: Progress) -> None:
        """Know these items, by rising item id, and build on them."""
        items, fused = self._start.fuse(sets)
        order = sorted(range(len(items)), key=items.__getitem__)
        self.items = tuple(items[i] for i in order)
        self._known = known_items(sets, self.items)
        self.build(sets, fused[order], seed, progress)

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit rows (n, k)."""
        own = self.linear_places(embeddings)
        if not self.mix_used:
            return own
        return unit_rows((1 - self.mix_used) * own + self.mix_used * self.known_places(embeddings))

    def _state(self) -> Mapping[str, np.ndarray]:
        """The start, the known items and the mix; a subclass adds its own."""
        return {**super()._state(), **self._known.arrays(), "mix": np.array([self.mix_used])}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` gave."""
        self._known, self.mix_used = from_arrays(state), float(state["mix"][0])
        super()._load_state(state)

    def _chosen_mix(self, kept: Sets, held: Pairs, sets: Sets, seed: int, progress: Progress) -> float:
        trial = type(self)(**self.params)
        trial._start = self.restart(kept)
        trial.remember(kept, seed, progress)
        trial._fitted = True

        def judged(mix: float) -> float:
            trial.mix_used = mix
            return quality(trial, sets, held)

        return best(self.mixes, judged)
