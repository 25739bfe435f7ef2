"""Faults of usable media: duplicates, and media in which nothing is to be seen or heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmalign_core.data.duplicates import near_pictures
from mmalign_core.data.media.levels import PictureLevels, SoundLevels
from mmalign_core.data.media_survey import SeenMedia
from mmalign_core.types import MODALITIES, Strings

EXAMPLES = 20
"""Duplicates of each kind, and blank media, that a report lists; our choice."""

Fault = Mapping[str, Any]


def find_duplicates(seen: Mapping[str, SeenMedia]) -> tuple[Fault, ...]:
    """Every medium that repeats an earlier one of its modality: kind (exact or near), modality, and items a and b.

    Exact duplicates have equal bytes and come first. Each medium repeats the first one only.
    """
    exact: list[Fault] = []
    near: list[Fault] = []
    for modality in (m for m in MODALITIES if m in seen):
        firsts = seen[modality].media.digests.firsts()
        again = np.flatnonzero(firsts != np.arange(len(firsts)))
        exact += _pairs("exact", modality, seen[modality], firsts[again], again)
        near += _pairs(
            "near", modality, seen[modality], *_near(seen[modality], np.flatnonzero(firsts == np.arange(len(firsts))))
        )
    return (*exact, *near)


def _pairs(kind: str, modality: str, seen: SeenMedia, earlier: np.ndarray, later: np.ndarray) -> list[Fault]:
    items = (seen.media.items.take(rows) for rows in (earlier, later))
    return [{"kind": kind, "modality": modality, "a": a, "b": b} for a, b in zip(*items)]


def _near(seen: SeenMedia, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Near duplicates among the media at `rest`: the earlier and the later of each pair."""
    if isinstance(seen.near, Strings):
        firsts = seen.near.take(rest).firsts()
        again = np.flatnonzero(firsts != np.arange(len(firsts)))
        return rest[firsts[again]], rest[again]
    pairs = [] if seen.near is None else near_pictures([seen.near[place] for place in rest.tolist()])
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return rest[found[:, 0]], rest[found[:, 1]]


def count_duplicates(found: Sequence[Fault]) -> dict[str, Any]:
    """How many are exact and near, by modality, with the first examples of each kind."""
    counts = {kind: Counter(f["modality"] for f in found if f["kind"] == kind) for kind in ("exact", "near")}
    by_modality = {
        m: {kind: count[m] for kind, count in counts.items()} for m in MODALITIES if any(c[m] for c in counts.values())
    }
    examples = [dict(f) for kind in counts for f in [f for f in found if f["kind"] == kind][:EXAMPLES]]
    return {kind: count.total() for kind, count in counts.items()} | {"by_modality": by_modality, "examples": examples}


def find_blanks(seen: Mapping[str, SeenMedia]) -> tuple[Fault, ...]:
    """Every blank picture and silent sound, in the order of the modalities: item, modality, and what shows it."""
    found: list[Fault] = []
    for one in (seen[m] for m in MODALITIES if m in seen and seen[m].levels):
        for medium, level in zip(one.media, one.levels, strict=True):
            if isinstance(level, PictureLevels) and level.blank:
                shown = {"colour": level.colour, "share": round(level.share, 4)}
                found.append({"id": medium.item, "modality": medium.modality, **shown})
            elif isinstance(level, SoundLevels) and level.inaudible:
                heard = {"peak_db": round(level.peak, 1), "silent": round(level.silent, 4)}
                found.append({"id": medium.item, "modality": medium.modality, **heard})
    return tuple(found)


def count_blanks(found: Sequence[Fault]) -> dict[str, Any]:
    """How many, by modality, with the first examples."""
    by_modality = Counter(fault["modality"] for fault in found)
    ordered = {m: by_modality[m] for m in MODALITIES if by_modality[m]}
    return {"count": len(found), "by_modality": ordered, "examples": [dict(f) for f in found[:EXAMPLES]]}
