"""Items with one place per modality in the shared space, and user profiles made from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
from scipy import sparse

from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.basics import release
from mmalign_core.types.strings import Strings
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say, say_list

ITEMS_AT_ONCE = 1 << 16
"""Items whose places are made at a time: 16 MB at 64 dimensions. Our choice."""


@dataclass(frozen=True)
class PlacedItems:
    """`parts`: modality -> (n, k_m) mean unit row of each item, zero where an item lacks the modality.

    In a shared space all k_m are equal. Unaligned vectors may have a different k_m for each modality.
    """

    ids: Sequence[str]
    parts: Mapping[str, np.ndarray]

    @cached_property
    def _present(self) -> Mapping[str, np.ndarray]:
        return {m: _held(part) for m, part in self.parts.items()}

    def present(self, modality: str) -> np.ndarray:
        """Return (n,) bool: which items have a place in this modality."""
        return self._present[modality]

    def mean(self, modality: str) -> np.ndarray:
        """Return (k_m,) float64: the mean place of the items that have this modality."""
        return self._means[modality]

    @cached_property
    def _means(self) -> Mapping[str, np.ndarray]:
        return {m: p.sum(axis=0, dtype=np.float64) / max(self.present(m).sum(), 1) for m, p in self.parts.items()}

    def cosine_moments(self, modality: str, point: np.ndarray) -> tuple[float, float] | None:
        """Return mean and spread of the cosines of a unit point with the items that have this modality, if known."""
        return None

    def take(self, rows: np.ndarray) -> PlacedItems:
        """Return only these items, in this order."""
        return PlacedItems([self.ids[int(row)] for row in rows], {m: p[rows] for m, p in self.parts.items()})

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Id -> number of the item."""
        return {item: i for i, item in enumerate(self.ids)}

    def row(self, item: str) -> int:
        """Return the number of that item. BadInput if there is no such item."""
        if item not in self.rows:
            raise BadInput(say("no item '{item}' in this run; it holds {n} items", item=item, n=len(self.ids)))
        return self.rows[item]

    def fused(self, rows: np.ndarray, weights: Mapping[str, float] | None = None) -> np.ndarray:
        """Return (r, Σ k_m) float32 unit rows whose cosine is the weighted mean of these items' cosines by modality.

        A modality that only one of two items has lowers their cosine. A row without any place is zero.
        """
        given = scale_weights(weights if weights and sum(weights.values()) > 0 else None, tuple(self.parts))
        columns = [np.float32(np.sqrt(w)) * unit_rows(self.parts[m][rows]) for m, w in given.items() if w]
        return unit_rows(np.hstack(columns)) if columns else np.zeros((len(rows), 0), np.float32)

    def profile(self, history: Mapping[int, float]) -> dict[str, np.ndarray]:
        """Return modality -> (k_m,): the weighted sum of these items' places in it; see `profile_parts`."""
        return {m: parts.sum(axis=0) for m, parts in self.profile_parts(history).items()}

    def profile_parts(self, history: Mapping[int, float]) -> dict[str, np.ndarray]:
        """Return modality -> (h, k_m): the weighted place of each of these items, in the order of the history.

        If none of them has the modality, their places in the other modalities are used, provided the widths agree.
        """
        rows, weights = list(history), np.array(list(history.values()), np.float32)[:, None]
        count = [row for row, weight in history.items() if weight]
        own = {m: weights * part[rows] for m, part in self.parts.items() if self.present(m)[count].any()}
        found = {}
        for m, part in self.parts.items():
            stand_ins = [places for places in own.values() if places.shape[1] == part.shape[1]]
            if m in own or stand_ins:
                found[m] = own[m] if m in own else np.sum(stand_ins, axis=0)
        return found

    def profiles(self, histories: Sequence[Mapping[int, float]], modality: str) -> np.ndarray:
        """Return (q, k_m) float32: the `profile` of each history in this modality, zero where there is none."""
        matrix, own = sparse_rows(histories, len(self.ids)), self.parts[modality]
        met = abs(matrix).sign()
        found = matrix @ own
        lacking = ~(met @ self.present(modality).astype(np.float32)).astype(bool)
        if lacking.any():
            others = (p for m, p in self.parts.items() if m != modality and p.shape[1] == own.shape[1])
            found[lacking] = sum((matrix[lacking] @ other for other in others), found[lacking])
        return found


def sparse_rows(histories: Sequence[Mapping[int, float]], items: int) -> sparse.csr_array:
    """Return (q, items) float32: the histories as rows."""
    ends = np.cumsum([0, *map(len, histories)])
    columns = np.fromiter(chain.from_iterable(histories), np.int64, ends[-1])
    weights = np.fromiter(chain.from_iterable(h.values() for h in histories), np.float32, ends[-1])
    return sparse.csr_array((weights, columns, ends), shape=(len(histories), items))


def _held(part: np.ndarray) -> np.ndarray:
    found = np.empty(len(part), bool)
    for start in range(0, len(part), ITEMS_AT_ONCE):
        found[start : start + ITEMS_AT_ONCE] = np.any(part[start : start + ITEMS_AT_ONCE] != 0, axis=1)
        release(part)
    return found


def place_items(space: Mapping[str, EmbeddingSet], ids: Sequence[str]) -> PlacedItems:
    """Return the mean unit row per item and modality: an item with five captions gets their mean."""
    parts = {modality: np.empty((len(ids), rows.vectors.shape[1]), np.float32) for modality, rows in space.items()}
    for modality, rows in space.items():
        for start, block in enumerate(mean_places(rows, ids)):
            parts[modality][start * ITEMS_AT_ONCE :][: len(block)] = block
    return PlacedItems(ids, parts)


def mean_places(rows: EmbeddingSet, ids: Sequence[str]) -> Iterator[np.ndarray]:
    """Yield the mean unit rows (b, k) float32 of each ITEMS_AT_ONCE items, zero where an item has none."""
    column = Strings.of(ids)
    if rows.ids == column:
        for start in range(0, len(ids), ITEMS_AT_ONCE):
            yield unit_rows(rows.vectors[start : start + ITEMS_AT_ONCE])
            release(rows.vectors)
        return
    items = column.places_of(rows.ids)
    order = np.argsort(items, kind="stable")
    starts = np.searchsorted(items[order], np.arange(0, len(ids) + ITEMS_AT_ONCE, ITEMS_AT_ONCE))
    for number, (low, high) in enumerate(pairwise(starts)):
        first = number * ITEMS_AT_ONCE
        total = np.zeros((min(ITEMS_AT_ONCE, len(ids) - first), rows.vectors.shape[1]), np.float32)
        count = np.zeros(len(total), np.float32)
        where = items[order[low:high]] - first
        np.add.at(total, where, unit_rows(rows.vectors[order[low:high]]))
        np.add.at(count, where, 1)
        release(rows.vectors)
        yield total / np.maximum(count, 1)[:, None]


def scale_weights(weights: Mapping[str, float] | None, modalities: tuple[str, ...]) -> dict[str, float]:
    """Return the weights of these modalities, scaled to sum to 1. None: all equal. Omitted modalities get 0."""
    given = {m: float(weights.get(m, 0.0)) if weights else 1.0 for m in modalities}
    total = sum(given.values())
    if not given:
        return {}
    if min(given.values(), default=0.0) < 0 or not 0 < total < np.inf:
        raise BadInput(
            say(
                "weights {dict} must be numbers from 0 and one of {modalities} above 0",
                dict=dict(weights or {}),
                modalities=say_list(modalities),
            )
        )
    return {m: value / total for m, value in given.items()}
