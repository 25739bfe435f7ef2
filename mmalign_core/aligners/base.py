"""What every aligner offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

import numpy as np

from mmalign_core.aligners.arrays import as_set, as_sets, named_views
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.splits import items_of
from mmalign_core.types import MODALITIES, BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.vectors import unit_rows

if TYPE_CHECKING:
    from mmalign_core.aligners.explainable import Differentiable

FEWEST_SHARED = 10
"""A further modality is fitted along with the pair when at least so many of its items are also in the pair. Chosen:
with fewer, a direction would rest on next to nothing."""
OWN_FAMILY = "own"
"""The family of an aligner that lies in none of this package's folders and does not say another."""


class NotFitted(BadInput, AttributeError):
    """The aligner has learned nothing yet. Its bases are those of scikit-learn's NotFittedError."""


def under(prefix: str, state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of a state whose names begin with `prefix`, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}


def no_watch(values: Mapping[str, float]) -> None:
    """The watcher of a fit that nobody looks at."""


class Aligner(Parametrised, ABC):
    """Fits on embedding sets (paired through item ids) and places any set of those modalities in one space.

    `fit` and `transform` also take arrays (items, dimensions) in scikit-learn's manner, whose rows are paired by
    position. A subclass writes `_fit`, `_transform`, `_state` and `_load_state`, which are given embedding sets.

    >>> x = np.random.default_rng(0).standard_normal((100, 3))
    >>> y = x @ [[0, 1, 2, 0], [1, 0, 0, 3], [1, 1, 0, 0]]
    >>> cca = ALIGNERS.create("cca", dims=2).fit(x, y)
    >>> cca
    Cca(dims=2)
    >>> [places.shape for places in cca.transform([x[:5], y[:7]])]
    [(5, 2), (7, 2)]
    """

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

    family_name: ClassVar[str] = ""
    """The family it is listed under; '' for the folder it lies in, or OWN_FAMILY outside this package."""
    _fitted = False
    _views: tuple[str, ...] = MODALITIES
    """The modalities that arrays without names belong to, in turn."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = cls.__name__
        if not cls.__module__.startswith("mmalign_core.") and not hasattr(cls, "card"):
            idea = (cls.__doc__ or "An aligner of your own.").strip().partition("\n")[0]
            cls.card = Card(idea, "f_m(x)", "As its author says.", f"{cls.__module__}.{cls.__qualname__}")

    @classmethod
    def family(cls) -> str:
        """`family_name`, or the folder of this package that the aligner lies in, or OWN_FAMILY."""
        inside = cls.__module__.startswith("mmalign_core.aligners.")
        return cls.family_name or (cls.__module__.split(".")[2] if inside else OWN_FAMILY)

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

    def fit(self, sets: Any, *more: Any, seed: int = 0, progress: Progress = no_progress) -> Self:
        """Learn from these sets: modality -> embedding set, or arrays (items, dimensions) paired by their rows.

        Arrays come as a mapping from modalities, as a list, or one after the other: `fit(X, Y)`. Raises BadInput,
        before any long work starts, if something is missing or does not fit together.
        """
        given = named_views(sets, more)
        checked = as_sets(self.name, given, paired=self.needs_pairs)
        self._fitted = False
        self._fit(checked, seed, progress)
        self._fitted, self._views = True, tuple(given)
        return self

    @overload
    def transform(self, embeddings: EmbeddingSet) -> np.ndarray: ...
    @overload
    def transform(self, embeddings: Mapping[str, Any]) -> dict[str, np.ndarray]: ...
    @overload
    def transform(self, embeddings: Any, *more: Any) -> Any: ...
    def transform(self, embeddings: Any, *more: Any) -> Any:
        """Coordinates (n, k) float32 of these rows in the shared space; unit rows unless the class says otherwise.

        A set or one array gives one array, a mapping gives a dictionary, a list or several arguments give a list.
        Arrays without names belong to the modalities of the fit, in its order. Raises NotFitted before the fit, and
        BadInput on an unknown modality or another width than in the fit.
        """
        self.check_fitted()
        views = named_views(embeddings, more, self._views)
        placed = {modality: self._transform(as_set(modality, view)) for modality, view in views.items()}
        if isinstance(embeddings, Mapping):
            return placed
        alone = isinstance(embeddings, EmbeddingSet) or hasattr(embeddings, "shape")
        return next(iter(placed.values())) if alone and len(placed) == 1 else list(placed.values())

    def fit_transform(self, sets: Any, *more: Any, seed: int = 0, progress: Progress = no_progress) -> Any:
        """`fit`, and then the places of the same rows, in the form in which `transform` gives them."""
        return self.fit(sets, *more, seed=seed, progress=progress).transform(sets, *more)

    def fuse(self, sets: Mapping[str, EmbeddingSet]) -> tuple[tuple[str, ...], np.ndarray]:
        """Item ids and one unit place (n, k) for each, from whatever modalities it has. Raises NotFitted."""
        self.check_fitted()
        return self._fuse(sets)

    def linear_map(self, modality: str) -> LinearMap | None:
        """The map whose unit rows are this modality's places; None where there is none. Raises NotFitted."""
        self.check_fitted()
        return self._linear_map(modality)

    def differentiable(self, modality: str) -> Differentiable | None:
        """The places of this modality as a function with gradients; None where there is none. Raises NotFitted."""
        self.check_fitted()
        return self._differentiable(modality)

    def state(self) -> Mapping[str, np.ndarray]:
        """Everything the fit learned, as named arrays (written with safetensors, never pickled). Raises NotFitted."""
        self.check_fitted()
        return self._state()

    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Take over what `state` returned."""
        self._load_state(state)
        self._fitted = True
        return self

    def check_fitted(self) -> None:
        """Raises NotFitted unless `fit` has ended or `load_state` was called."""
        if not self._fitted:
            raise NotFitted(f"{self.name} is not fitted yet; call fit first")

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
    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Learn from these sets (modality -> set); raise BadInput before any long work starts."""

    @abstractmethod
    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Coordinates (n, k) float32 of these rows in the shared space."""

    @abstractmethod
    def _state(self) -> Mapping[str, np.ndarray]:
        """Everything that `_fit` learned, as named arrays."""

    @abstractmethod
    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `_state` returned."""

    def _fuse(self, sets: Mapping[str, EmbeddingSet]) -> tuple[tuple[str, ...], np.ndarray]:
        """The mean of the places of an item's modalities (late fusion), unless an aligner has learnt better."""
        ids = items_of(sets)
        position, parts = {item: i for i, item in enumerate(ids)}, []
        for s in sets.values():
            placed = unit_rows(self._transform(s))
            total = np.zeros((len(ids), placed.shape[1]), np.float32)
            np.add.at(total, [position[item] for item in s.ids], placed)
            parts.append(unit_rows(total))
        return ids, unit_rows(np.sum(parts, axis=0))

    def _linear_map(self, modality: str) -> LinearMap | None:
        """None, unless an aligner ends in one linear map."""
        return None

    def _differentiable(self, modality: str) -> Differentiable | None:
        """None, unless an aligner has gradients."""
        return None


ALIGNERS: Registry[Aligner] = Registry("aligner", "mmalign_core.aligners", Aligner)
register = ALIGNERS.register
