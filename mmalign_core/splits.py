"""Held-out splits and folds of items: by content groups, by a column of folds, or by time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow.compute
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.strings import Strings, joined_strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them


@dataclass(frozen=True)
class Split:
    """Sorted item ids, as columns: `train` to fit on, `test` to measure on."""

    train: Sequence[str]
    test: Sequence[str]

    def __post_init__(self) -> None:
        for name in ("train", "test"):
            object.__setattr__(self, name, Strings.of(getattr(self, name)))


def split(sets: Mapping[str, EmbeddingSet], test: float = 0.2, seed: int = 0) -> Split:
    """Hold out about `test` (0..1) of the items in whole content groups: at least one group, never all.

    The share is taken separately of paired items (with every modality) and of the others, which can only be
    candidates. Raises BadInput if the share is out of range or all paired items form one content group.
    """
    if not 0 < test < 1:
        raise BadInput(f"the held-out share is {test}; give one between 0 and 1, such as 0.2")
    groups = _Groups(sets, seed)
    if len(groups.paired) < 2:
        raise BadInput(
            "nothing can be held out: all paired items share identical content (or there are fewer than two)"
        )
    held = groups.about(groups.paired, test)[: len(groups.paired) - 1]
    if not len(held):
        held = groups.paired[[groups.sizes[groups.paired].argmin()]]
    chosen = np.zeros(len(groups.sizes), bool)
    chosen[held] = chosen[groups.about(groups.others, test)] = True
    return groups.against(chosen)


def folds(sets: Mapping[str, EmbeddingSet], k: int = 5, seed: int = 0) -> tuple[Split, ...]:
    """Return k splits. Their test parts are about equally large, cover every item once and each hold paired items.

    Raises BadInput unless 2 <= k <= the number of paired content groups.
    """
    groups = _Groups(sets, seed)
    if not 2 <= k <= len(groups.paired):
        many = f"give a number from 2 to {len(groups.paired)}" if len(groups.paired) > 1 else "too few to hold any out"
        raise BadInput(f"{k} folds of {len(groups.paired)} groups of distinct paired items; {many}")
    fold, smallest = np.empty(len(groups.sizes), int), [(0, part) for part in range(k)]
    for some in (groups.paired, groups.others):
        largest = some[np.argsort(-groups.sizes[some], kind="stable")]
        for group, size in zip(largest.tolist(), groups.sizes[largest].tolist()):
            total, fold[group] = smallest[0]
            heapq.heapreplace(smallest, (total + size, int(fold[group])))
    return tuple(groups.against(fold == part) for part in range(k))


MOST_FOLDS = 100
"""Most values of a column of folds. Chosen: a column of more values holds ids or numbers."""


def column_folds(sets: Mapping[str, EmbeddingSet], values: Mapping[str, Any], column: str) -> tuple[Split, ...]:
    """Return one split for each value of a metadata column, in rising order. Its items are the test part.

    `values`: item -> value; items without one are always in the training part. The folds are those of the data, so
    that results compare with published ones; identical content may lie on both sides (see `shared_content`). Raises
    BadInput unless there are 2 to 100 values and each has an item with every modality.
    """
    items, paired = _items_and_paired(sets)
    numbers: dict[Any, int] = {}
    fold = np.array([numbers.setdefault(values[item], len(numbers)) if item in values else -1 for item in items], int)
    if not 2 <= len(numbers) <= MOST_FOLDS:
        raise BadInput(f"the fold column '{column}' has {len(numbers)} different values; folds need 2 to {MOST_FOLDS}")
    for value, number in numbers.items():
        if not (paired & (fold == number)).any():
            raise BadInput(
                f"fold {value!r} of column '{column}' has no item with both {' and '.join(sets)}: nothing to measure; "
                "leave its items out or choose another column"
            )
    ordered = [numbers[value] for value in sorted(numbers, key=lambda v: (isinstance(v, str), v))]
    return tuple(_parted(items, fold == number) for number in ordered)


def time_split(sets: Mapping[str, EmbeddingSet], times: Mapping[str, float], test: float, column: str) -> Split:
    """Split at one moment: later items are the test part, earlier ones the training part. Ties stay together.

    `times`: item -> moment; an item without one is in neither part. The moment holds out a share as near as possible
    to `test` (0..1) of the items with every modality. Content that is repeated later stays in the test part, so that
    no fit uses a later item (see `shared_content`). Raises BadInput if all items have one moment.
    """
    items, paired = _items_and_paired(sets)
    dated = np.array([item in times for item in items], bool)
    items, paired = items.take(np.flatnonzero(dated)), paired[dated]
    moment = np.array([times[item] for item in items], float)
    measured = np.sort(moment[paired])
    moments = np.unique(measured)
    if len(moments) < 2:
        raise BadInput(
            f"the time column '{column}' has {'one value' if len(moments) else 'no value'} for the items with both "
            f"{' and '.join(sets)}; a split by time needs at least two"
        )
    held = len(measured) - np.searchsorted(measured, moments[1:])
    cut = moments[1:][np.abs(held - test * len(measured)).argmin()]
    return _parted(items, moment >= cut)


def shared_content(sets: Mapping[str, EmbeddingSet], part: Split) -> int:
    """Return how many paired test items share a content key with a training item."""
    items, numbers = numbered_items(sets)
    train, test = items.among(part.train), items.among(part.test)
    shared = np.zeros(len(items), bool)
    for modality, rows in sets.items():
        keys, distinct = Strings.of(rows.keys).numbered()
        own, fitted = numbers[modality], np.zeros(len(distinct), bool)
        fitted[keys[train[own]]] = True
        shared[own[fitted[keys]]] = True
    return int(np.count_nonzero(shared & test & _paired(len(items), numbers)))


def nested(
    sets: Mapping[str, EmbeddingSet], items: Sequence[str], shares: Sequence[float], seed: int = 0
) -> list[Strings]:
    """Return about each share (0..1], rising, of `items` in whole content groups. Each part contains the one before.

    The share is taken separately of the paired items and of the others. Each part has at least one paired group.
    """
    groups, parts = _Groups({modality: rows.of_items(items) for modality, rows in sets.items()}, seed), []
    for share in shares:
        chosen = np.zeros(len(groups.sizes), bool)
        for some in (groups.paired, groups.others):
            chosen[groups.first(some, share)] = True
        parts.append(groups.items.take(np.flatnonzero(chosen[groups.label])))
    return parts


def items_of(sets: Mapping[str, EmbeddingSet]) -> Strings:
    """Every item of any of the sets once, in order of appearance."""
    return joined_strings([Strings.of(rows.ids) for rows in sets.values()]).numbered()[1]


def paired_column(sets: Mapping[str, EmbeddingSet]) -> Strings:
    """The items that occur in every set, sorted."""
    items, paired = _items_and_paired(sets)
    return items.take(np.flatnonzero(paired))


def paired_items(sets: Mapping[str, EmbeddingSet]) -> set[str]:
    """The items that occur in every set, as a set of Python's own: for collections that are small."""
    return set(paired_column(sets))


def content_groups(sets: Mapping[str, EmbeddingSet]) -> list[tuple[str, ...]]:
    """Return groups of items that share content keys in any modality, directly or through others; all sorted."""
    items, labels = content_labels(sets)
    order = np.argsort(labels, kind="stable")
    names, ends = items.take(order), np.cumsum(np.bincount(labels)).tolist()
    return [tuple(names[start:end]) for start, end in pairwise([0, *ends])]


def content_labels(sets: Mapping[str, EmbeddingSet]) -> tuple[Strings, np.ndarray]:
    """Return all items (n,), sorted, and the number (n,) of each one's group in `content_groups`."""
    items, numbers = numbered_items(sets)
    if not len(items):
        return items, np.zeros(0, int)
    columns, size = [], len(items)
    for rows in sets.values():
        keys, distinct = Strings.of(rows.keys).numbered()
        columns.append(keys + size)
        size += len(distinct)
    links = np.concatenate(list(numbers.values())), np.concatenate(columns)
    graph = sparse.coo_array((np.ones(len(links[0]), np.int8), links), shape=(size, size))
    found = connected_components(graph, directed=False)[1][: len(items)]
    _, first, label = np.unique(found, return_index=True, return_inverse=True)
    return items, np.argsort(np.argsort(first))[label.ravel()]


def numbered_items(sets: Mapping[str, EmbeddingSet]) -> tuple[Strings, dict[str, np.ndarray]]:
    """Return all items (n,) of the sets, sorted, and modality -> the number (m,) among them of each row's item."""
    parts = [Strings.of(rows.ids) for rows in sets.values()]
    numbers, items = joined_strings(parts).numbered()
    order = pc.sort_indices(items.column).to_numpy()
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return items.take(order), dict(zip(sets, np.split(place[numbers], ends)))


class _Groups:
    """The content groups of some sets. `items` (n,), sorted, with the number `label` (n,) of each one's group; `sizes`
    (g,) of the groups. `paired` and `others`: the groups that hold a paired item and those that do not, shuffled."""

    def __init__(self, sets: Mapping[str, EmbeddingSet], seed: int) -> None:
        self.items, self.label = content_labels(sets)
        self.sizes = np.bincount(self.label)
        has_pair = np.zeros(len(self.sizes), bool)
        has_pair[self.label[_items_and_paired(sets)[1]]] = True
        order = np.random.default_rng(seed).permutation(len(self.sizes))
        self.paired, self.others = order[has_pair[order]], order[~has_pair[order]]

    def first(self, groups: np.ndarray, share: float) -> np.ndarray:
        """The first of the groups that together hold at least this share of all their items."""
        sizes = np.cumsum(self.sizes[groups])
        return groups[: int(np.searchsorted(sizes, share * sizes[-1] - 1e-9)) + 1] if len(groups) else groups

    def about(self, groups: np.ndarray, share: float) -> np.ndarray:
        """The groups, taken in order if they bring the total nearer to this share of all their items."""
        sizes, size, held = self.sizes[groups], 0, []
        target = share * int(sizes.sum())
        for at, more in enumerate(sizes.tolist()):
            if size >= target:
                break
            if abs(size + more - target) < abs(size - target):
                held.append(at)
                size += more
        return groups[np.array(held, int)]

    def against(self, held: np.ndarray) -> Split:
        """The split whose test part is made of the groups `held` (g,) bool."""
        return _parted(self.items, held[self.label])


def _parted(items: Strings, test: np.ndarray) -> Split:
    return Split(*(items.take(np.flatnonzero(side)) for side in (~test, test)))


def _items_and_paired(sets: Mapping[str, EmbeddingSet]) -> tuple[Strings, np.ndarray]:
    """All items (n,) of the sets, sorted, and which of them (n,) occur in every set."""
    items, numbers = numbered_items(sets)
    return items, _paired(len(items), numbers)


def _paired(count: int, numbers: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.logical_and.reduce([np.bincount(own, minlength=count) > 0 for own in numbers.values()])
