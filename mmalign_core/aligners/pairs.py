"""Training examples: the rows of several modalities that belong to the same item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.splits import content_groups
from mmalign_core.types import BadInput, EmbeddingSet

Sets = Mapping[str, EmbeddingSet]


@dataclass(frozen=True)
class Pairs:
    """p training examples. Each one holds one row of every modality that its item has.

    `rows`: modality -> (p,) row numbers into its set, -1 if the item lacks that modality. `items` (p,): item ids.
    `groups` (p,) int: examples with identical content, directly or through others, have the same number and are not
    used as negatives of one another. The order does not depend on the order of the sets' rows.
    """

    rows: Mapping[str, np.ndarray]
    items: tuple[str, ...]
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    def take(self, places: np.ndarray) -> Pairs:
        """Return only these examples, in this order."""
        rows = {m: r[places] for m, r in self.rows.items()}
        return Pairs(rows, tuple(self.items[i] for i in places), self.groups[places])


def paired_rows(sets: Sets, aligner: str, *, least: int = 2, whole: bool = False) -> Pairs:
    """Return examples of the items that have at least two of the modalities (all if `whole`), in order of item id.

    An item with one picture and five captions gives five examples: rows of the scarcer modality are repeated in turn.
    Raises BadInput if fewer than `least` items pair up, or if the paired rows of a modality are all equal.
    """
    if len(sets) < 2:
        raise BadInput(f"{aligner} aligns two modalities or more; {', '.join(sets) or 'none'} was given")
    owned = {m: _rows_by_item(s) for m, s in sets.items()}
    fewest = len(sets) if whole else 2
    items = [i for i in sorted({i for rows in owned.values() for i in rows}) if _count(owned, i) >= fewest]
    if len(items) < least:
        both = " and ".join(sets)
        raise BadInput(f"{aligner} learns from items that have both {both}: {len(items)} do, at least {least} must")
    group_of = {item: number for number, group in enumerate(content_groups(sets)) for item in group}
    times = [max(len(rows.get(i, ())) for rows in owned.values()) for i in items]
    examples = tuple(item for item, many in zip(items, times) for _ in range(many))
    rows = {m: np.concatenate([_cycled(held.get(i, []), n) for i, n in zip(items, times)]) for m, held in owned.items()}
    for m, numbers in rows.items():
        check_varied(aligner, m, sets[m].vectors[numbers[numbers >= 0]])
    return Pairs(rows, examples, np.array([group_of[item] for item in examples]))


def check_varied(aligner: str, modality: str, rows: np.ndarray) -> None:
    """Raise BadInput if there are no paired rows (p, d) of this modality, or if all of them are equal."""
    if not len(rows):
        raise BadInput(
            f"{aligner} has no {modality} to learn from: no item that pairs up has it; give such items or leave it out"
        )
    if not (rows != rows[0]).any():
        many = "all its paired rows are identical" if len(rows) > 1 else "only one item that pairs up has it"
        raise BadInput(f"{aligner} cannot learn from {modality}: {many}; give items that differ or leave it out")


def _rows_by_item(rows: EmbeddingSet) -> dict[str, list[int]]:
    """Return item -> its row numbers, in order of content key."""
    found: dict[str, list[int]] = {}
    for row in sorted(range(len(rows)), key=lambda i: (rows.ids[i], rows.keys[i])):
        found.setdefault(rows.ids[row], []).append(row)
    return found


def _count(owned: Mapping[str, Mapping[str, list[int]]], item: str) -> int:
    return sum(item in rows for rows in owned.values())


def _cycled(rows: list[int], times: int) -> np.ndarray:
    return np.resize(np.array(rows, int), times) if rows else np.full(times, -1)
