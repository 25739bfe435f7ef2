"""Known items, and the base class of fusions that mix a row's linear place with those of its nearest known items."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.fusion.linear_start import LinearStartAligner
from mmalign_core.aligners.fusion.selection import held_out_items, held_out_mrr, select_best
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows


@dataclass(frozen=True)
class KnownItems:
    """`centres`: modality -> (d_m,). `keys`: modality -> (n_m, d_m) unit rows, one per item that has the modality.
    `owners`: modality -> (n_m,) number of that item."""

    centres: Mapping[str, np.ndarray]
    keys: Mapping[str, np.ndarray]
    owners: Mapping[str, np.ndarray]

    def centred_unit_rows(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return the rows (n, d_m) centred and of unit length, comparable with the keys of their modality."""
        return unit_rows(embeddings.vectors - self.centres[embeddings.modality])

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays for an aligner's state."""
        parts = {"centre": self.centres, "key": self.keys, "owner": self.owners}
        return {f"known.{part}.{m}": array for part, arrays in parts.items() for m, array in arrays.items()}


def known_items(sets: Sets, items: tuple[str, ...]) -> KnownItems:
    """Return these items of the sets. Several rows of an item in one modality become their mean.

    The result does not depend on the order of the sets' rows.
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
    """Rebuild the items from an aligner's state that holds what `KnownItems.arrays` returned."""
    return KnownItems(*(with_prefix(f"known.{part}.", state) for part in ("centre", "key", "owner")))


class NeighbourhoodAligner(LinearStartAligner):
    """place = unit((1 - mix) linear(x) + mix known(x)). A subclass implements `known_places`, the second term.

    The mix is the one of `mixes` with the highest mean reciprocal rank of held-out items, in a trial fit without
    them.
    """

    mixes: ClassVar[tuple[float, ...]]
    """The mixes to choose from."""
    mix: float = param(0.4, 0, 1, help="share of the known items' places; used when it is not chosen")
    choose: bool = param(True, help="choose the mix on held-out pairs")

    @abstractmethod
    def build(self, sets: Sets, fused: np.ndarray, seed: int, progress: Progress) -> None:
        """Learn from the known items, whose fused linear places are `fused` (n, k)."""

    @abstractmethod
    def known_places(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit places (n, k) of the known items near each row."""

    def learn(self, sets: Sets, pairs: Pairs, seed: int, progress: Progress) -> None:
        """Choose the mix if that is set and possible, then build on all items."""
        self.mix_used = self.mix
        parts = held_out_items(pairs, sets, seed) if self.choose else None
        if parts is not None:
            progress(0.0, "choosing the mix on held-out pairs")
            self.mix_used = self._chosen_mix(*parts, seed, within(progress, 0.0, 0.5))
        self.start_kept = not self.mix_used
        self.remember(sets, seed, within(progress, 0.5, 1.0))

    def remember(self, sets: Sets, seed: int, progress: Progress) -> None:
        """Keep these items in ascending order of their ids, and build on them."""
        items, fused = self._start.fuse(sets)
        order = sorted(range(len(items)), key=items.__getitem__)
        self.items = tuple(items[i] for i in order)
        self._known = known_items(sets, self.items)
        self.build(sets, fused[order], seed, progress)

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k)."""
        own = self.linear_places(embeddings)
        if not self.mix_used:
            return own
        return unit_rows((1 - self.mix_used) * own + self.mix_used * self.known_places(embeddings))

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return the start, the known items and the mix. A subclass adds its own arrays."""
        return {**super()._state(), **self._known.arrays(), "mix": np.array([self.mix_used])}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        self._known, self.mix_used = from_arrays(state), float(state["mix"][0])
        super()._load_state(state)

    def _chosen_mix(self, kept: Sets, held: Pairs, sets: Sets, seed: int, progress: Progress) -> float:
        trial = type(self)(**self.params)
        trial._start = self.restart(kept)
        trial.remember(kept, seed, progress)
        trial._fitted = True

        def mrr_with(mix: float) -> float:
            trial.mix_used = mix
            return held_out_mrr(trial, sets, held)

        return select_best(self.mixes, mrr_with)
