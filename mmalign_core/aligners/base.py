"""The base class of all aligners, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from mmalign_core.aligners.arrays import as_set, as_sets, is_view, late_fusion, mean_correlation, named_views
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.aligners.memory import check_memory, told
from mmalign_core.aligners.traits import AlignerTraits
from mmalign_core.params import Parametrised
from mmalign_core.progress import Watch, no_watch
from mmalign_core.registry import Registry
from mmalign_core.types import MODALITIES, BadInput, EmbeddingSet, Progress, no_progress

if TYPE_CHECKING:
    from mmalign_core.aligners.explainable import Differentiable

FEWEST_SHARED = 10
"""Items that a further modality must share with the pair to be fitted along. Chosen: fewer fix no direction."""


class NotFitted(BadInput, AttributeError):
    """Raised when an aligner is used before `fit`. It has the same kind of bases as scikit-learn's NotFittedError."""


class Aligner(AlignerTraits, Parametrised, ABC):
    """Learns from embedding sets, paired by item ids, and maps sets of the same modalities into one shared space.

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

    history: tuple[Mapping[str, float], ...] = ()
    """What the fit measured, one mapping per step."""
    chosen_params: Mapping[str, Any] = MappingProxyType({})
    """Values that the fit chose for parameters left to it. A fit with these values gives comparable scores."""
    start_kept: bool = False
    """Whether the fit learned nothing beyond what it began with, because its training helped no held-out pairs."""
    anchor_items: tuple[str, ...] = ()
    """The item ids of the dimensions, in order, if each dimension of the space is an anchor item; else empty."""
    watch: Watch = staticmethod(no_watch)
    """Called with each new row of the history during the fit."""

    _fitted = False
    _views: tuple[str, ...] = MODALITIES
    """The modalities of unnamed arrays, in order."""

    def can_join(self, rows: EmbeddingSet, pair: Mapping[str, EmbeddingSet]) -> bool:
        """Whether another modality can be aligned together with the pair. `fit` checks the pair itself.

        An aligner that learns from pairs needs FEWEST_SHARED items of the modality that are in the pair. Their vectors
        must differ.
        """
        paired = {item for s in pair.values() for item in s.ids}
        shared = [i for i, item in enumerate(rows.ids) if item in paired]
        many = len({rows.ids[i] for i in shared})
        differ = bool((rows.vectors[shared] != rows.vectors[shared[:1]]).any())
        return not self.needs_pairs or (self.multiway and many >= FEWEST_SHARED and differ)

    @classmethod
    def caution(cls, rows: Mapping[str, int]) -> str:
        """Return why a fit on so many rows (modality -> rows) would hardly find anything, in words; "" if it may."""
        return ""

    def record(self, **values: float) -> None:
        """Append a row (step, loss, …) to the history and pass it to `watch`."""
        row = {name: float(value) for name, value in values.items()}
        self.history = (*self.history, row)
        self.watch(row)

    def fit(self, sets: Any, *more: Any, seed: int = 0, progress: Progress = no_progress) -> Self:
        """Learn from sets (modality -> embedding set) or from arrays (items, dimensions), and return the aligner.

        Arrays may be given as a mapping from modality, as a list, or as arguments: `fit(X, Y)`. Their rows are paired
        by position. Raises BadInput before any long work if data are missing or do not fit together.
        """
        given = named_views(sets, more)
        checked = as_sets(self.name, given, paired=self.needs_pairs)
        self._fitted = self.start_kept = False
        check_memory(self, checked)
        with told(self, checked):
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
        """Return coordinates (n, k) float32 in the shared space, as unit rows unless the class says otherwise.

        A set or one array gives one array, a mapping gives a dictionary, a list or several arguments give a list.
        Unnamed arrays belong to the modalities of the fit, in order. Raises NotFitted before the fit, and BadInput for
        a modality or a vector width that the fit did not see.
        """
        self.check_fitted()
        views = named_views(embeddings, more, self._views)
        given = {modality: as_set(modality, view) for modality, view in views.items()}
        with told(self, given):
            placed = {modality: self._transform(view) for modality, view in given.items()}
        if isinstance(embeddings, Mapping):
            return placed
        alone = is_view(embeddings)
        return next(iter(placed.values())) if alone and len(placed) == 1 else list(placed.values())

    def fit_transform(self, sets: Any, *more: Any, seed: int = 0, progress: Progress = no_progress) -> Any:
        """Call `fit`, then return `transform` of the same data."""
        return self.fit(sets, *more, seed=seed, progress=progress).transform(sets, *more)

    def score(self, sets: Any, *more: Any) -> float:
        """Return the mean correlation of paired rows over dimensions and pairs of modalities; 1 is best.

        Takes arrays or sets as `fit` does; rows pair by position. Of CCA this is the mean canonical correlation of
        these rows. Dimensions without variance are left out; NaN if none is left. Raises NotFitted, and BadInput on
        rows that cannot be paired.
        """
        self.check_fitted()
        views = as_sets(self.name, named_views(sets, more, self._views), paired=True)
        return mean_correlation([self._unscaled(view) for view in views.values()])

    def fuse(self, sets: Mapping[str, EmbeddingSet]) -> tuple[Sequence[str], np.ndarray]:
        """Return item ids and one unit row (n, k) per item, fused from the modalities it has. Raises NotFitted."""
        self.check_fitted()
        return self._fuse(sets)

    def linear_map(self, modality: str) -> LinearMap | None:
        """Return the linear map of this modality, or None if it is not mapped linearly. Raises NotFitted."""
        self.check_fitted()
        return self._linear_map(modality)

    def differentiable(self, modality: str) -> Differentiable | None:
        """Return a differentiable function that places this modality, or None. Raises NotFitted."""
        self.check_fitted()
        return self._differentiable(modality)

    def state(self) -> Mapping[str, np.ndarray]:
        """Return what the fit learned as named arrays, which are saved as safetensors. Raises NotFitted."""
        self.check_fitted()
        return self._state()

    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Restore what `state` returned, and return the aligner."""
        self._load_state(state)
        self._fitted = True
        return self

    def check_fitted(self) -> None:
        """Raise NotFitted unless `fit` or `load_state` has succeeded."""
        if not self._fitted:
            raise NotFitted(f"{self.name} is not fitted yet; call fit first")

    def check_known(self, embeddings: EmbeddingSet, widths: Mapping[str, int]) -> None:
        """Raise BadInput unless `widths` (modality -> vector width of the fit) holds this modality and width."""
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
        """Learn from these sets (modality -> set). Raises BadInput before any long work."""

    @abstractmethod
    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return coordinates (n, k) float32 in the shared space."""

    @abstractmethod
    def _state(self) -> Mapping[str, np.ndarray]:
        """Return what `_fit` learned as named arrays."""

    @abstractmethod
    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""

    def _unscaled(self, view: EmbeddingSet) -> np.ndarray:
        """Return places (n, k) before they are scaled to unit length, if the aligner is linear; else its places."""
        found = self._linear_map(view.modality)
        if found is None:
            return self._transform(view)
        return (view.vectors - found.centre) @ found.linear + found.bias

    def _fuse(self, sets: Mapping[str, EmbeddingSet]) -> tuple[Sequence[str], np.ndarray]:
        """Return the mean of the places of an item's modalities (late fusion). Aligners may override it."""
        return late_fusion(sets, self._transform)

    def _linear_map(self, modality: str) -> LinearMap | None:
        """Return None. Linear aligners override this."""
        return None

    def _differentiable(self, modality: str) -> Differentiable | None:
        """Return None. Differentiable aligners override this."""
        return None


ALIGNERS: Registry[Aligner] = Registry("aligner", "mmalign_core.aligners", Aligner)
register = ALIGNERS.register
