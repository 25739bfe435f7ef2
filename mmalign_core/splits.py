"""Held-out splits and folds of items: by content groups, by a column of folds, or by time."""

from __future__ import annotations

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
    """Sorted item ids: `train` to fit on, `test` to measure on."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def split(sets: Mapping[str, EmbeddingSet], test: float = 0.2, seed: int = 0) -> Split:
    """Hold out about `test` (0..1) of the items in whole content groups: at least one group, never all.

    The share is taken separately of paired items (with every modality) and of the others, which can only be
    candidates. Raises BadInput if the share is out of range or all paired items form one content group.
    """
    if not 0 < test < 1:
        raise BadInput(f"the held-out share is {test}; give one between 0 and 1, such as 0.2")
    paired, others = _by_pairing(sets, seed)
    if len(paired) < 2:
        raise BadInput(
            "nothing can be held out: all paired items share identical content (or there are fewer than two)"
        )
    held = _about(paired, test)[: len(paired) - 1] or [min(paired, key=len)]
    held += _about(others, test)
    taken = set(held)
    return _against([g for g in (*paired, *others) if g not in taken], held)


def folds(sets: Mapping[str, EmbeddingSet], k: int = 5, seed: int = 0) -> tuple[Split, ...]:
    """Return k splits. Their test parts are about equally large, cover every item once and each hold paired items.

    Raises BadInput unless 2 <= k <= the number of paired content groups.
    """
    paired, others = (sorted(groups, key=len, reverse=True) for groups in _by_pairing(sets, seed))
    if not 2 <= k <= len(paired):
        many = f"give a number from 2 to {len(paired)}" if len(paired) > 1 else "too few to hold any out"
        raise BadInput(f"{k} folds of {len(paired)} groups of distinct paired items; {many}")
    parts: list[list[tuple[str, ...]]] = [[] for _ in range(k)]
    sizes = np.zeros(k, int)
    for group in (*paired, *others):
        smallest = int(sizes.argmin())
        parts[smallest].append(group)
        sizes[smallest] += len(group)
    return tuple(_against([g for other in parts if other is not part for g in other], part) for part in parts)


MOST_FOLDS = 100
"""Most values of a column of folds. Chosen: a column of more values holds ids or numbers."""


def column_folds(sets: Mapping[str, EmbeddingSet], values: Mapping[str, Any], column: str) -> tuple[Split, ...]:
    """Return one split for each value of a metadata column, in rising order. Its items are the test part.

    `values`: item -> value; items without one are always in the training part. The folds are those of the data, so
    that results compare with published ones; identical content may lie on both sides (see `shared_content`). Raises
    BadInput unless there are 2 to 100 values and each has an item with every modality.
    """
    items, paired = sorted({item for rows in sets.values() for item in rows.ids}), paired_items(sets)
    members: dict[Any, list[str]] = {}
    for item in items:
        if item in values:
            members.setdefault(values[item], []).append(item)
    if not 2 <= len(members) <= MOST_FOLDS:
        raise BadInput(f"the fold column '{column}' has {len(members)} different values; folds need 2 to {MOST_FOLDS}")
    for value, held in members.items():
        if not paired & set(held):
            raise BadInput(
                f"fold {value!r} of column '{column}' has no item with both {' and '.join(sets)}: nothing to measure; "
                "leave its items out or choose another column"
            )
    ordered = [members[value] for value in sorted(members, key=lambda v: (isinstance(v, str), v))]
    return tuple(Split(tuple(i for i in items if i not in set(held)), tuple(held)) for held in ordered)


def time_split(sets: Mapping[str, EmbeddingSet], times: Mapping[str, float], test: float, column: str) -> Split:
    """Split at one moment: later items are the test part, earlier ones the training part. Ties stay together.

    `times`: item -> moment; an item without one is in neither part. The moment holds out a share as near as possible
    to `test` (0..1) of the items with every modality. Content that is repeated later stays in the test part, so that
    no fit uses a later item (see `shared_content`). Raises BadInput if all items have one moment.
    """
    paired = np.array(sorted(times[item] for item in paired_items(sets) if item in times))
    moments = np.unique(paired)
    if len(moments) < 2:
        raise BadInput(
            f"the time column '{column}' has {'one value' if len(moments) else 'no value'} for the items with both "
            f"{' and '.join(sets)}; a split by time needs at least two"
        )
    held = len(paired) - np.searchsorted(paired, moments[1:])
    cut = moments[1:][np.abs(held - test * len(paired)).argmin()]
    known = sorted({item for rows in sets.values() for item in rows.ids if item in times})
    return Split(tuple(i for i in known if times[i] < cut), tuple(i for i in known if times[i] >= cut))


def shared_content(sets: Mapping[str, EmbeddingSet], part: Split) -> int:
    """Return how many paired test items share a content key with a training item."""
    train, test, shared = set(part.train), paired_items(sets) & set(part.test), set()
    for rows in sets.values():
        keys = {key for item, key in zip(rows.ids, rows.keys) if item in train}
        shared |= {item for item, key in zip(rows.ids, rows.keys) if item in test and key in keys}
    return len(shared)


def nested(
    sets: Mapping[str, EmbeddingSet], items: Sequence[str], shares: Sequence[float], seed: int = 0
) -> list[tuple[str, ...]]:
    """Return about each share (0..1], rising, of `items` in whole content groups. Each part contains the one before.

    The share is taken separately of the paired items and of the others. Each part has at least one paired group.
    """
    kept = {modality: rows.of_items(items) for modality, rows in sets.items()}
    parts = []
    for share in shares:
        taken = [g for groups in _by_pairing(kept, seed) for g in _first(groups, share)]
        parts.append(tuple(sorted(item for group in taken for item in group)))
    return parts


def items_of(sets: Mapping[str, EmbeddingSet]) -> tuple[str, ...]:
    """Every item of any of the sets once, in order of appearance."""
    return tuple(dict.fromkeys(item for rows in sets.values() for item in rows.ids))


def paired_items(sets: Mapping[str, EmbeddingSet]) -> set[str]:
    """The items that occur in every set."""
    return set.intersection(*(set(rows.ids) for rows in sets.values()))


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


def _by_pairing(sets: Mapping[str, EmbeddingSet], seed: int) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The shuffled content groups: those with a paired item, and the others."""
    paired = paired_items(sets)
    groups = _shuffled(content_groups(sets), seed)
    return [g for g in groups if paired & set(g)], [g for g in groups if not paired & set(g)]


def _first(groups: list[tuple[str, ...]], share: float) -> list[tuple[str, ...]]:
    """The first groups that together hold at least this share of all items."""
    sizes = np.cumsum([len(group) for group in groups])
    return groups[: int(np.searchsorted(sizes, share * sizes[-1] - 1e-9)) + 1] if len(groups) else []


def _about(groups: list[tuple[str, ...]], share: float) -> list[tuple[str, ...]]:
    """Groups, taken in order if they bring the total nearer to this share of all items."""
    target, size = share * sum(map(len, groups)), 0
    held = []
    for group in groups:
        if abs(size + len(group) - target) < abs(size - target):
            held.append(group)
            size += len(group)
    return held


def _shuffled(groups: list[tuple[str, ...]], seed: int) -> list[tuple[str, ...]]:
    return [groups[i] for i in np.random.default_rng(seed).permutation(len(groups))]


def _against(train: list[tuple[str, ...]], test: list[tuple[str, ...]]) -> Split:
    kept, held = (tuple(sorted(item for group in part for item in group)) for part in (train, test))
    return Split(kept, held)
