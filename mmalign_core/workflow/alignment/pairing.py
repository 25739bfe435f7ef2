"""Which modalities of a collection meet in its items, so that they can be aligned."""

from __future__ import annotations

from mmalign_core.types import Collection

PAIRS = (("image", "text"), ("audio", "text"), ("image", "audio"), ("video", "text"))
"""Tried in this order for a collection nobody has chosen a pair for."""


def pairs_of(collection: Collection) -> tuple[tuple[str, str], ...]:
    """Pairs of modalities of which at least one item has both, the usual ones first."""
    held = _holders(collection)
    return tuple((a, b) for a, b in _all_pairs(held) if held[a] & held[b])


def unpaired_of(collection: Collection) -> tuple[tuple[str, str], ...]:
    """The others: no item has both, so only aligners that need no pairs bring them together, unmeasured."""
    held = _holders(collection)
    return tuple((a, b) for a, b in _all_pairs(held) if not held[a] & held[b])


def _holders(collection: Collection) -> dict[str, set[str]]:
    """Modality -> the items that have it."""
    held = {m: {medium.item for medium in collection.media_of(m)} for m in collection.modalities}
    for modality, rows in collection.vectors.items():
        held[modality] = held.get(modality, set()) | set(rows.ids)
    return held


def _all_pairs(held: dict[str, set[str]]) -> list[tuple[str, str]]:
    others = [(a, b) for a in held for b in held if a < b and (a, b) not in PAIRS and (b, a) not in PAIRS]
    return [(a, b) for a, b in (*PAIRS, *others) if a in held and b in held]
