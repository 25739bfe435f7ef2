"""Duplicates: media that are equal byte for byte, and pictures and texts that are nearly equal."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

HASH_DISTANCE = 6
"""Bits of 64 in which the difference hashes of near duplicates may differ; our choice, confirmed by the thumbnail."""
MEAN_DIFFERENCE = 6.0
"""Levels of 255 by which their 16 x 16 thumbnails may differ on average; our choice."""

_THUMB = (16, 16)
"""Pixels of a thumbnail; our choice."""
_BLOCK = 256
"""Hashes compared at a time with all others; our choice, so that memory grows with n and not n²."""


@dataclass(frozen=True)
class Fingerprint:
    """A 64-bit difference hash of a picture, and a thumbnail (16, 16, 3) int16 that confirms a match."""

    bits: int
    thumb: np.ndarray


def fingerprint(image: Image.Image) -> Fingerprint:
    """The fingerprint of an RGB image (difference hash: Krawetz, "Kind of Like That", 2013)."""
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    bits = np.packbits((grey[:, 1:] > grey[:, :-1]).ravel())
    thumb = np.asarray(image.resize(_THUMB, Image.Resampling.BOX), np.int16)
    return Fingerprint(int.from_bytes(bits.tobytes(), "big"), thumb)


def near_pictures(prints: Sequence[Fingerprint]) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, in which picture j nearly equals picture i. Each j occurs once, with its first i.

    Copies that were re-encoded or resized are found; cropped, rotated and recoloured ones are not. All n² / 2 pairs of
    hashes are compared, 20,000 pictures in about a second; memory grows with n.
    """
    hashes = np.array([p.bits for p in prints], dtype=np.uint64)
    means = np.array([p.thumb.mean(axis=(0, 1)) for p in prints])
    first = np.ones(len(prints), bool)
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(prints), _BLOCK):
        rows = hashes[start : start + _BLOCK]
        close = np.bitwise_count(rows[:, None] ^ hashes[None, : start + len(rows)]) <= HASH_DISTANCE
        for j, row in enumerate(close, start):
            earlier = np.flatnonzero(row[:j] & first[:j])
            earlier = earlier[(np.abs(means[earlier] - means[j]) <= MEAN_DIFFERENCE).all(axis=1)]
            match = next(_alike(prints, earlier, j), None)
            if match is not None:
                pairs.append((match, j))
                first[j] = False
    return pairs


def repeats(keys: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, in which key j equals key i and i is the first such key."""
    seen: dict[Hashable, int] = {}
    firsts = [seen.setdefault(key, i) for i, key in enumerate(keys)]
    return [(i, j) for j, i in enumerate(firsts) if i != j]


def normalised_text(text: str) -> str:
    """The text without case, punctuation, symbols and extra white space; near-duplicate texts are equal in this form.

    A text of symbols alone, such as an emoji, keeps its symbols.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") else " " for c in folded)
    return " ".join(kept.split()) or " ".join(folded.split())


def _alike(prints: Sequence[Fingerprint], earlier: np.ndarray, j: int) -> Iterator[int]:
    """The pictures of `earlier` whose thumbnail is close to that of picture j."""
    for i in earlier:
        if np.abs(prints[i].thumb - prints[j].thumb).mean() <= MEAN_DIFFERENCE:
            yield int(i)
