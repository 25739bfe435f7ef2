"""Which modalities of a collection meet in its items, so that they can be aligned."""

from __future__ import annotations

from mmalign_core.types import Collection

PAIRS = (("image", "text"), ("audio", "text"), ("image", "audio"), ("video", "text"))
"""Tried in this order for a collection nobody has chosen a pair for."""


def pairs_of(collection: Collection) -> tuple[tuple[str, str], ...]:
    """Pairs of modalities of which at least one item has both, the usual ones first."""
    held = {m: {medium.item for medium in collection.media_of(m)} for m in collection.modalities}
    for modality, rows in collection.vectors.items():
        held[modality] = held.get(modality, set()) | set(rows.ids)
    others = [(a, b) for a in held for b in held if a < b and (a, b) not in PAIRS and (b, a) not in PAIRS]
    return tuple((a, b) for a, b in (*PAIRS, *others) if held.get(a, set()) & held.get(b, set()))
