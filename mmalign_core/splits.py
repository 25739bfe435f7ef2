"""Held-out splits and folds over items; items that share identical content always stay on one side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from mmalign_core.types import BadInput, EmbeddingSet


@dataclass(frozen=True)
class Split:
    """Item ids to fit on and item ids to measure on, each sorted."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def split(sets: Mapping[str, EmbeddingSet], test: float = 0.2, seed: int = 0) -> Split:
    """Hold out about `test` (0..1) of the items: as near as whole content groups allow, never all or none.

    The share is taken of the items that have every modality, and again of the others: those can be candidates, but
    alone there would be nothing to measure. BadInput if the share is out of range or all paired items hang together.
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
    """k splits whose test parts cover every item once, are about equally large, and each hold paired items.

    BadInput if k is unfit.
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


def content_groups(sets: Mapping[str, EmbeddingSet]) -> list[tuple[str, ...]]:
    """Items linked, directly or through others, by an identical content key in any modality; sorted both ways."""
    links = [(item, (m, key)) for m, s in sets.items() for item, key in zip(s.ids, s.keys)]
    items = {item: i for i, item in enumerate(sorted({item for item, _ in links}))}
    if not items:
        return []
    contents = {content: i for i, content in enumerate(dict.fromkeys(content for _, content in links), len(items))}
    rows, columns = [items[item] for item, _ in links], [contents[content] for _, content in links]
    size = len(items) + len(contents)
    graph = sparse.coo_array((np.ones(len(links)), (rows, columns)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    found: dict[int, list[str]] = {}
    for item, i in items.items():
        found.setdefault(label[i], []).append(item)
    return [tuple(group) for group in found.values()]


def _by_pairing(sets: Mapping[str, EmbeddingSet], seed: int) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """The content groups, shuffled: those with an item that has every modality, and the others."""
    paired = set.intersection(*(set(s.ids) for s in sets.values()))
    groups = _shuffled(content_groups(sets), seed)
    return [g for g in groups if paired & set(g)], [g for g in groups if not paired & set(g)]


def _about(groups: list[tuple[str, ...]], share: float) -> list[tuple[str, ...]]:
    """The first groups that together come as near as they can to this share of all items."""
    wanted, size = share * sum(map(len, groups)), 0
    held = []
    for group in groups:
        if abs(size + len(group) - wanted) < abs(size - wanted):
            held.append(group)
            size += len(group)
    return held


def _shuffled(groups: list[tuple[str, ...]], seed: int) -> list[tuple[str, ...]]:
    return [groups[i] for i in np.random.default_rng(seed).permutation(len(groups))]


def _against(train: list[tuple[str, ...]], test: list[tuple[str, ...]]) -> Split:
    kept, held = (tuple(sorted(item for group in part for item in group)) for part in (train, test))
    return Split(kept, held)
