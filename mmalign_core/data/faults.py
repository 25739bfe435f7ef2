"""Faults of usable media: duplicates, and media in which nothing is to be seen or heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmalign_core.data.duplicates import Fingerprint, near_pictures, repeats
from mmalign_core.data.media.levels import PictureLevels, SoundLevels
from mmalign_core.types import MODALITIES, Media

EXAMPLES = 20
"""Duplicates of each kind, and blank media, that a report lists; our choice."""

Fault = Mapping[str, Any]


def find_duplicates(media: Sequence[Media], keys: Sequence[Fingerprint | str | None]) -> tuple[Fault, ...]:
    """Every medium that repeats an earlier one of its modality: kind (exact or near), modality, and items a and b.

    `keys`: for each medium the fingerprint or normalised text by which near duplicates are found, None if there is
    none. Exact duplicates have equal bytes and come first. Each medium repeats the first one only.
    """
    exact: list[Fault] = []
    near: list[Fault] = []
    for modality in MODALITIES:
        places = [i for i, m in enumerate(media) if m.modality == modality]
        same = repeats([media[i].digest for i in places])
        exact += [_pair("exact", media[places[a]], media[places[b]]) for a, b in same]
        again = {b for _, b in same}
        rest = [i for place, i in enumerate(places) if place not in again]
        near += [_pair("near", media[a], media[b]) for a, b in _near(rest, keys)]
    return (*exact, *near)


def count_duplicates(found: Sequence[Fault]) -> dict[str, Any]:
    """How many are exact and near, by modality, with the first examples of each kind."""
    counts = {kind: Counter(f["modality"] for f in found if f["kind"] == kind) for kind in ("exact", "near")}
    by_modality = {
        m: {kind: count[m] for kind, count in counts.items()} for m in MODALITIES if any(c[m] for c in counts.values())
    }
    examples = [dict(f) for kind in counts for f in [f for f in found if f["kind"] == kind][:EXAMPLES]]
    return {kind: count.total() for kind, count in counts.items()} | {"by_modality": by_modality, "examples": examples}


def find_blanks(media: Sequence[Media], levels: Iterable[PictureLevels | SoundLevels | None]) -> tuple[Fault, ...]:
    """Every blank picture and silent sound: item, modality, and the levels that show it."""
    found: list[Fault] = []
    for medium, level in zip(media, levels, strict=True):
        if isinstance(level, PictureLevels) and level.blank:
            seen = {"colour": level.colour, "share": round(level.share, 4)}
            found.append({"id": medium.item, "modality": medium.modality, **seen})
        elif isinstance(level, SoundLevels) and level.inaudible:
            heard = {"peak_db": round(level.peak, 1), "silent": round(level.silent, 4)}
            found.append({"id": medium.item, "modality": medium.modality, **heard})
    return tuple(found)


def count_blanks(found: Sequence[Fault]) -> dict[str, Any]:
    """How many, by modality, with the first examples."""
    by_modality = Counter(fault["modality"] for fault in found)
    ordered = {m: by_modality[m] for m in MODALITIES if by_modality[m]}
    return {"count": len(found), "by_modality": ordered, "examples": [dict(f) for f in found[:EXAMPLES]]}


def _pair(kind: str, earlier: Media, later: Media) -> Fault:
    return {"kind": kind, "modality": later.modality, "a": earlier.item, "b": later.item}


def _near(places: Sequence[int], keys: Sequence[Fingerprint | str | None]) -> list[tuple[int, int]]:
    """Near duplicates among the media at `places`, as pairs of places (earlier, later)."""
    own = [keys[i] for i in places]
    prints = [key for key in own if isinstance(key, Fingerprint)]
    pairs = near_pictures(prints) if prints else repeats([key if key is not None else i for i, key in enumerate(own)])
    return [(places[a], places[b]) for a, b in pairs]
