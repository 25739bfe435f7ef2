"""What every aligner offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from mmalign_core.aligners.card import Card
from mmalign_core.aligners.opened import LinearMap
from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.splits import items_of
from mmalign_core.types import MODALITIES, BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.vectors import unit_rows

if TYPE_CHECKING:
    from mmalign_core.aligners.opened import Differentiable

FEWEST_SHARED = 10
"""A further modality is fitted along with the pair when at least so many of its items are also in the pair."""


def under(prefix: str, state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a state whose names begin with `prefix`, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}


def no_watch(values: Mapping[str, float]) -> None:
    """The watcher of a fit that nobody looks at."""


class Aligner(Parametrised, ABC):
    """Fits on embedding sets (paired through item ids) and places any set of those modalities in one space."""

    name: ClassVar[str]
    summary: ClassVar[str]
    card: ClassVar[Card]
    """What a person reads before choosing it."""
    modalities: ClassVar[tuple[str, ...]] = MODALITIES
    needs_pairs: ClassVar[bool] = True
    """It learns from items that have both modalities."""
    needs_concepts: ClassVar[bool] = False
    """It cannot do without `EmbeddingSet.concepts` and their label vectors."""
    reads_concepts: ClassVar[bool] = False
    """It uses concepts where the sets have them, and does without where not."""
    needs_sequences: ClassVar[bool] = False
    """It reads `EmbeddingSet.sequences`: tokens, cells, frames."""
    needs_pivots: ClassVar[bool] = False
    """It needs `EmbeddingSet.pivots`: the same texts in the own space of every set."""
    multiway: ClassVar[bool] = False
    """It learns from items of three or more modalities at once, also where some items lack one."""
    label_template: str = "a {}"
    """Sentence in which the text encoder reads a concept's name, {}."""
    own_texts: int = 0
    """Of pivots: at most so many different texts of the collection."""
    vocabulary: bool = True
    """Of pivots: names of things seen and heard beside them."""
    trained: ClassVar[bool] = False
    """It is trained step by step, and the steps are in its history."""
    transductive: ClassVar[bool] = False
    """It places only the rows it was fitted on, and refuses others with BadInput."""
    history: tuple[Mapping[str, float], ...] = ()
    """Per step of the fit, what was measured (trained aligners)."""
    settled: Mapping[str, Any] = MappingProxyType({})
    """The parameters that were left to the fit, at the values it chose: fitted with these, others compare."""
    anchor_items: tuple[str, ...] = ()
    """Where each dimension of the space is an item that is known in all modalities: those items, in order."""
    watch: Callable[[Mapping[str, float]], None] = staticmethod(no_watch)
    """Called with each row of the history while the fit goes on."""

    @classmethod
    def family(cls) -> str:
        """The family is the sub-package the aligner lives in."""
        return cls.__module__.split(".")[-2]

    def joins(self, rows: EmbeddingSet, pair: Mapping[str, EmbeddingSet]) -> bool:
        """Whether a modality beside the aligned pair can share its space; the pair itself is judged by `fit`.

        What learns from pairs needs FEWEST_SHARED items of it that are in the pair, and that differ.
        """
        paired = {item for s in pair.values() for item in s.ids}
        shared = [i for i, item in enumerate(rows.ids) if item in paired]
        many = len({rows.ids[i] for i in shared})
        differ = bool((rows.vectors[shared] != rows.vectors[shared[:1]]).any())
        return not self.needs_pairs or (self.multiway and many >= FEWEST_SHARED and differ)

    def record(self, **values: float) -> None:
        """Add a row to the history (step, loss, …) and show it to whoever watches the fit."""
        row = {name: float(value) for name, value in values.items()}
        self.history = (*self.history, row)
        self.watch(row)

    def fuse(self, sets: Mapping[str, EmbeddingSet]) -> tuple[tuple[str, ...], np.ndarray]:
        """Item ids and one unit place (n, k) for each, from whatever modalities it has among `sets`.

        Unless an aligner has learnt better: the mean of the places of its modalities, so that a query's score is the
        average of its scores with each (late fusion).
        """
        ids = items_of(sets)
        position, parts = {item: i for i, item in enumerate(ids)}, []
        for s in sets.values():
            placed = unit_rows(self.transform(s))
            total = np.zeros((len(ids), placed.shape[1]), np.float32)
            np.add.at(total, [position[item] for item in s.ids], placed)
            parts.append(unit_rows(total))
        return ids, unit_rows(np.sum(parts, axis=0))

    def linear_map(self, modality: str) -> LinearMap | None:
        """The map whose unit rows are this modality's places; None where there is no such map."""
        return None

    def differentiable(self, modality: str) -> Differentiable | None:
        """The places of this modality as a function with gradients; None where it has none."""
        return None

    def check_known(self, embeddings: EmbeddingSet, widths: Mapping[str, int]) -> None:
        """BadInput unless the fit saw this modality, in vectors of this width; `widths`: modality -> that width."""
        modality, width = embeddings.modality, embeddings.vectors.shape[1]
        if modality not in widths:
            raise BadInput(f"{self.name} was fitted without {modality}; fit it with that modality to place it")
        if width != widths[modality]:
            raise BadInput(
                f"{modality} has {width} dimensions, {self.name} was fitted on {widths[modality]}; "
                "use vectors of the same encoder"
            )

    @abstractmethod
    def fit(self, sets: Mapping[str, EmbeddingSet], *, seed: int = 0, progress: Progress = no_progress) -> Self:
        """Learn from these sets (modality -> set); BadInput says what is missing before any long work starts."""

    @abstractmethod
    def transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Coordinates (n, k) float32 of these rows in the shared space; unit rows unless the class says otherwise."""

    @abstractmethod
    def state(self) -> Mapping[str, np.ndarray]:
        """Everything the fit learned, as named arrays (written with safetensors, never pickled)."""

    @abstractmethod
    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Take over what `state` returned."""


ALIGNERS: Registry[Aligner] = Registry("aligner", "mmalign_core.aligners")
register = ALIGNERS.register
