"""Convert plain arrays to embedding sets, so that aligners can be fitted without ids, keys or encoders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from numbers import Real
from typing import Any

import numpy as np

from mmalign_core.splits import items_of
from mmalign_core.types import MODALITIES, BadInput, EmbeddingSet, digest_bytes
from mmalign_core.types.single import check_dense, single_rows
from mmalign_core.types.strings import Strings
from mmalign_core.vectors import unit_rows


def named_views(given: Any, more: Sequence[Any], names: Sequence[str] = MODALITIES) -> dict[str, Any]:
    """Return modality -> array or set, from any accepted form of the arguments of `fit` and `transform`.

    A mapping keeps its names, which must be modalities. A set has its own modality. One array, several arguments or a
    list get the `names` in order. Raises BadInput for an unknown name or for more arrays than names.
    """
    if isinstance(given, Mapping):
        if any(each is not None for each in more):
            raise BadInput("give either one mapping, modality to array, or arrays alone")
        for name in given:
            if name not in MODALITIES:
                raise BadInput(f"'{name}' is no modality; name arrays {', '.join(MODALITIES)}, or give them as a list")
        return dict(given)
    first = [given] if is_view(given) or not isinstance(given, Iterable) else list(given)
    views = [view for view in (*first, *more) if view is not None]
    if all(isinstance(view, EmbeddingSet) for view in views) and views:
        return {view.modality: view for view in views}
    if len(views) > len(names):
        raise BadInput(f"{len(views)} arrays were given for {len(names)} modalities ({', '.join(names)})")
    return dict(zip(names, views))


def as_sets(aligner: str, views: Mapping[str, Any], *, paired: bool) -> dict[str, EmbeddingSet]:
    """Return modality -> set. Row i of every array is item i.

    Raises BadInput for a mixture of sets and arrays, for `paired` arrays of different lengths, and like `as_set`.
    """
    given = {isinstance(view, EmbeddingSet) for view in views.values()}
    if len(given) > 1:
        raise BadInput("give either embedding sets or arrays: the rows of an array have no ids to pair with a set's")
    sets = {modality: as_set(modality, view) for modality, view in views.items()}
    if given == {False} and len(sets) < 2:
        raise BadInput(
            f"{aligner} aligns two modalities or more, and one array was given; "
            "call fit(X, Y), fit([X, Y]) or fit({'text': X, 'image': Y})"
        )
    rows = {modality: len(s) for modality, s in sets.items()}
    if given == {False} and paired and len(set(rows.values())) > 1:
        counts = ", ".join(f"{modality} {many}" for modality, many in rows.items())
        raise BadInput(f"{aligner} pairs the rows of arrays by position, and their numbers differ ({counts}); cut them")
    return sets


def as_set(modality: str, values: Any) -> EmbeddingSet:
    """Return a set unchanged, and an array (n, d) as a set with row numbers as ids and digests of the rows as keys.

    Raises BadInput if the values are no such array, are empty, or hold NaN or infinity.
    """
    if isinstance(values, EmbeddingSet):
        return values
    check_dense(modality, values)
    try:
        rows = np.ascontiguousarray(single_rows(values))
    except (TypeError, ValueError) as error:
        raise BadInput(f"{modality} is no array of numbers ({error}); give one row for each item") from error
    if rows.ndim != 2 or np.ndim(values) != 2:
        cure = "; write x[:, None] for one number an item" if np.ndim(values) == 1 else ""
        raise BadInput(f"{modality} has shape {np.shape(values)}; give an array (items, dimensions){cure}")
    if not rows.size:
        raise BadInput(f"{modality} has shape {rows.shape}; give at least one row and one column")
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise BadInput(f"row {bad[0]} of {modality} holds NaN or infinity; fix it or leave that item out everywhere")
    digits = len(str(len(rows) - 1))  # equal lengths, so that ids sort like the rows
    ids = tuple(f"{i:0{digits}d}" for i in range(len(rows)))
    return EmbeddingSet(modality, ids, tuple(digest_bytes(row.tobytes()) for row in rows), rows, "given@array")


def mean_correlation(places: Sequence[np.ndarray]) -> float:
    """Return the mean Pearson correlation of matching columns over pairs of arrays (n, k). BadInput if n differs."""
    if len({len(place) for place in places}) > 1:
        raise BadInput("rows pair by position, and their numbers differ; give as many rows of each modality")
    found: list[float] = []
    for one, other in combinations([place - place.mean(axis=0) for place in map(np.float64, places)], 2):
        size = np.sqrt((one**2).sum(axis=0) * (other**2).sum(axis=0))
        found += ((one * other).sum(axis=0)[size > 0] / size[size > 0]).tolist()
    return float(np.mean(found)) if found else float("nan")


def late_fusion(
    sets: Mapping[str, EmbeddingSet], transform: Callable[[EmbeddingSet], np.ndarray]
) -> tuple[Strings, np.ndarray]:
    """Return item ids and one unit place (n, k) for each: the mean of the unit places of its modalities."""
    ids = items_of(sets)
    parts = []
    for s in sets.values():
        placed = unit_rows(transform(s))
        total = np.zeros((len(ids), placed.shape[1]), np.float32)
        np.add.at(total, ids.places_of(s.ids), placed)
        parts.append(unit_rows(total))
    return ids, unit_rows(np.sum(parts, axis=0))


def with_prefix(prefix: str, state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays of a state whose names begin with `prefix`, with the prefix removed."""
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}


def is_view(given: Any) -> bool:
    """Whether the argument is a single array, data frame or set, or rows as lists of numbers."""
    if isinstance(given, list) and given and isinstance(given[0], list) and given[0]:
        return isinstance(given[0][0], Real)
    return isinstance(given, EmbeddingSet) or hasattr(given, "shape")
