"""Items whose places are files, with an index that finds few candidates for a query among all of them.

Scores need no pass over the items: the mean and the spread of a point's cosines with all items follow from the mean and
the covariance of their places. Only the choice of candidates is approximate; every candidate is scored exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mmalign_core.recommend.base import Recommender, SumsOverPlaces
from mmalign_core.recommend.controls import Controls, pool_size
from mmalign_core.recommend.items import ITEMS_AT_ONCE, PlacedItems
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.recommend.standard_scores import usable_spread
from mmalign_core.store.vector_index import PROBES, VectorIndex
from mmalign_core.types import Strings
from mmalign_core.types.basics import release

MOST_SCORED = 1 << 16
"""Items that are scored without asking the index: it takes about as long as the index. Our choice."""
FEWEST = 200
"""Candidates asked for at least. Of ten results 0.94 were among 100 candidates and 0.947 among 500
(`benchmarks/index_speed.py`)."""
SPARE = 2
"""Candidates for each that diversity chooses from: the last of its pool are as likely to be chosen as the first, and
codes find fewer of them. Our choice."""
_DIVISIBLE = 16
"""Columns of the index are filled up to a multiple of this, so that codes of equal parts can be made of any width."""


class Summary(NamedTuple):
    """Of the items that have a modality: the `mean` (k,) and `covariance` (k, k) of their places, float64."""

    mean: np.ndarray
    covariance: np.ndarray


class Pool(NamedTuple):
    """The rising numbers `rows` (p,) of the items that are scored; `whole`: whether no other may be recommended."""

    rows: np.ndarray
    whole: bool


@dataclass(frozen=True)
class IndexedItems(PlacedItems):
    """`parts`: memory-mapped. `order` (n,): the numbers of the items, by id. `probes`: the cells that are searched.
    `recall`: the share of the 10 best items that the index then finds, measured on `asked` items whose likes were
    sought."""

    order: np.ndarray
    summaries: Mapping[str, Summary]
    vectors: VectorIndex
    probes: int = PROBES
    recall: float = 0.0
    asked: int = 0

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Id -> number of the item."""
        return _Numbers(Strings.of(self.ids), self.order)

    @cached_property
    def _means(self) -> Mapping[str, np.ndarray]:
        return {m: summary.mean for m, summary in self.summaries.items()}

    def cosine_moments(self, modality: str, point: np.ndarray) -> tuple[float, float] | None:
        """Return mean and spread of the cosines of a unit point with the items that have this modality."""
        mean, covariance = self.summaries[modality]
        wide = point.astype(np.float64)
        spread = np.sqrt(np.maximum(np.array([wide @ covariance @ wide]), 0.0))
        return float(wide @ mean), float(usable_spread(spread, 1.0)[0])

    def pool(self, recommender: Recommender, query: PlacedQuery, k: int, controls: Controls) -> Pool | None:
        """Return the items among which the k best are sought; None if all must be scored.

        All must be where the recommender's scores are no sums over places, where popularity changes them, or where too
        few candidates may be recommended.
        """
        if controls.popularity or not isinstance(recommender, SumsOverPlaces):
            return None
        usable = controls.usable(len(self.ids))
        left = int(usable.sum())
        if left <= MOST_SCORED:
            return Pool(np.flatnonzero(usable), True)
        sought = pool_size(k) * (SPARE if controls.diversity else 1)
        wanted = max(sought, FEWEST) * len(self.ids) // left + len(controls.exclude)
        if wanted > MOST_SCORED:
            return None
        found = self.candidates(recommender.directions(query), wanted)
        found = np.sort(found[usable[found]])
        return Pool(found, False) if len(found) >= min(k, left) else None

    def candidates(self, directions: Mapping[str, tuple[np.ndarray, float]], count: int) -> np.ndarray:
        """Return the numbers (c,) of about `count` items whose sums of place · direction - offset are large."""
        asked = index_column({m: directions[m] for m in self.parts if m in directions}, self.parts)
        if not asked.any():
            return np.zeros(0, np.int64)
        return np.array(self.vectors.candidates(asked, count, probes=self.probes), np.int64)


def index_column(directions: Mapping[str, tuple[np.ndarray, float]], parts: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the direction (d,) float32 in the columns of `index_rows`, whose products are the sums of the items."""
    columns = [directions.get(m, (np.zeros(part.shape[1]), 0.0)) for m, part in parts.items()]
    offsets = [] if len(parts) == 1 else [np.array([-offset]) for _, offset in columns]
    return _filled(np.concatenate([*(direction for direction, _ in columns), *offsets])[None].astype(np.float32))[0]


def index_rows(parts: Mapping[str, np.ndarray], at: slice) -> np.ndarray:
    """Return the rows (b, d) float32 of the index: places side by side, and whether there is one in each modality.

    A single modality has no column for that: every item has it.
    """
    columns = [np.asarray(part[at]) for part in parts.values()]
    held = [] if len(parts) == 1 else [column.any(axis=1, keepdims=True).astype(np.float32) for column in columns]
    return _filled(np.hstack([*columns, *held]))


def _filled(rows: np.ndarray) -> np.ndarray:
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % _DIVISIBLE)))


def exact_best(
    parts: Mapping[str, np.ndarray], asked: Sequence[Mapping[str, tuple[np.ndarray, float]]], k: int
) -> np.ndarray:
    """Return (q, k): the numbers of the items with the largest sums of each of `asked`, by one pass over all."""
    columns = np.stack([index_column(directions, parts) for directions in asked])
    numbers, sums = np.empty((len(asked), 0), np.int64), np.empty((len(asked), 0), np.float32)
    for start in range(0, len(next(iter(parts.values()))), ITEMS_AT_ONCE):
        rows = index_rows(parts, slice(start, start + ITEMS_AT_ONCE))
        own = columns @ rows.T
        best = np.argpartition(-own, min(k, len(rows)) - 1, axis=1)[:, :k]
        sums = np.hstack([sums, np.take_along_axis(own, best, axis=1)])
        numbers = np.hstack([numbers, start + best])
        order = np.argsort(-sums, axis=1, kind="stable")[:, :k]
        numbers, sums = (np.take_along_axis(held, order, axis=1) for held in (numbers, sums))
        for part in parts.values():
            release(part)
    return numbers


class _Numbers(Mapping[str, int]):
    """Id -> number, by bisection in the order of the ids: a dictionary of ten million ids takes over a gigabyte."""

    def __init__(self, ids: Strings, order: np.ndarray) -> None:
        self._ids, self._order = ids, order

    def __getitem__(self, item: str) -> int:
        low, high = 0, len(self._order)
        while low < high:
            middle = (low + high) // 2
            if self._ids[self._order[middle]].encode() < item.encode():
                low = middle + 1
            else:
                high = middle
        if low < len(self._order) and self._ids[self._order[low]] == item:
            return int(self._order[low])
        raise KeyError(item)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)
