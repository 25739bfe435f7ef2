"""Training examples: the rows of several modalities that belong to the same item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute

from mmalign_core.splits import content_labels, numbered_items
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.strings import Strings
from mmalign_core.vectors import ROWS_AT_ONCE

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

Sets = Mapping[str, EmbeddingSet]


@dataclass(frozen=True)
class Pairs:
    """p training examples. Each one holds one row of every modality that its item has.

    `rows`: modality -> (p,) row numbers into its set, -1 if the item lacks that modality. `items` (p,): item ids.
    `groups` (p,) int: examples with identical content, directly or through others, have the same number and are not
    used as negatives of one another. The order does not depend on the order of the sets' rows.
    """

    rows: Mapping[str, np.ndarray]
    items: Sequence[str]
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    def take(self, places: np.ndarray) -> Pairs:
        """Return only these examples, in this order."""
        rows = {m: r[places] for m, r in self.rows.items()}
        own = self.items
        items = own.take(places) if isinstance(own, Strings) else tuple(own[int(i)] for i in places)
        return Pairs(rows, items, self.groups[places])


def paired_rows(sets: Sets, aligner: str, *, least: int = 2, whole: bool = False) -> Pairs:
    """Return examples of the items that have at least two of the modalities (all if `whole`), in order of item id.

    An item with one picture and five captions gives five examples: rows of the scarcer modality are repeated in turn.
    Raises BadInput if fewer than `least` items pair up, or if the paired rows of a modality are all equal.
    """
    if len(sets) < 2:
        raise BadInput(f"{aligner} aligns two modalities or more; {', '.join(sets) or 'none'} was given")
    items, numbers = numbered_items(sets)
    counts = {m: np.bincount(numbers[m], minlength=len(items)) for m in sets}
    fewest = len(sets) if whole else 2
    kept = np.flatnonzero(np.sum([count > 0 for count in counts.values()], axis=0) >= fewest)
    if len(kept) < least:
        both = " and ".join(sets)
        raise BadInput(f"{aligner} learns from items that have both {both}: {len(kept)} do, at least {least} must")
    times = np.max([count[kept] for count in counts.values()], axis=0)
    examples = np.repeat(kept, times)
    turn = np.arange(len(examples)) - np.repeat(np.cumsum(times) - times, times)
    rows = {m: _cycled(s, numbers[m], counts[m], examples, turn) for m, s in sets.items()}
    for m, found in rows.items():
        check_varied(aligner, m, sets[m].vectors, found[found >= 0])
    return Pairs(rows, items.take(examples), content_labels(sets)[1][examples])


def check_varied(aligner: str, modality: str, vectors: np.ndarray, rows: np.ndarray | None = None) -> None:
    """Raise BadInput if there are no paired `rows` (p,) of the vectors (n, d), or if all of them are equal.

    Without `rows` all vectors count.
    """
    rows = np.arange(len(vectors)) if rows is None else rows
    if not len(rows):
        raise BadInput(
            f"{aligner} has no {modality} to learn from: no item that pairs up has it; give such items or leave it out"
        )
    blocks = range(0, len(rows), ROWS_AT_ONCE)
    if not any((vectors[rows[at : at + ROWS_AT_ONCE]] != vectors[rows[0]]).any() for at in blocks):
        many = "all its paired rows are identical" if len(rows) > 1 else "only one item that pairs up has it"
        raise BadInput(f"{aligner} cannot learn from {modality}: {many}; give items that differ or leave it out")


def _cycled(
    rows: EmbeddingSet, numbers: np.ndarray, counts: np.ndarray, examples: np.ndarray, turn: np.ndarray
) -> np.ndarray:
    """Return a row (p,) of each example's item, its rows in order of content key, again and again; -1 without any."""
    keys, distinct = Strings.of(rows.keys).numbered()
    place = np.argsort(pc.sort_indices(distinct.column).to_numpy())
    order, starts = np.lexsort((place[keys], numbers)), np.cumsum(counts) - counts
    many = counts[examples]
    at = starts[examples] + turn % np.maximum(many, 1)
    return np.where(many > 0, order[np.minimum(at, len(order) - 1)], -1)
