"""Finding media that are the same, byte for byte or nearly."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

HASH_DISTANCE = 6
"""Bits of 64 in which the difference hashes of near duplicates may differ."""
MEAN_DIFFERENCE = 6.0
"""Grey levels of 255 by which their 16 x 16 thumbnails may differ on average."""

_THUMB = (16, 16)
_BLOCK = 256


@dataclass(frozen=True)
class Fingerprint:
    """What near-duplicate pictures share: a 64-bit difference hash, and a thumbnail (16, 16, 3) int16 to verify it."""

    bits: int
    thumb: np.ndarray


def fingerprint(image: Image.Image) -> Fingerprint:
    """The fingerprint of an RGB image (difference hash: Krawetz, "Kind of Like That", 2013)."""
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    bits = np.packbits((grey[:, 1:] > grey[:, :-1]).ravel())
    thumb = np.asarray(image.resize(_THUMB, Image.Resampling.BOX), np.int16)
    return Fingerprint(int.from_bytes(bits.tobytes(), "big"), thumb)


def near_pictures(prints: Sequence[Fingerprint]) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j: picture j nearly equals the earlier picture i, each j once.

    Re-encoded and resized copies are found; cropped, turned and recoloured ones are not. Hashes are compared exactly,
    in blocks of 256 rows, so memory grows with n and time with n² / 2 operations on 64 bits (20,000 in about a second).
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
    """Pairs (i, j), i < j: key j equals key i, its first occurrence."""
    seen: dict[Hashable, int] = {}
    firsts = [seen.setdefault(key, i) for i, key in enumerate(keys)]
    return [(i, j) for j, i in enumerate(firsts) if i != j]


def normalised_text(text: str) -> str:
    """The text without case, punctuation, symbols and extra white space: near-duplicate texts share it.

    A text of symbols alone (an emoji) is only folded, since nothing would be left of it.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") else " " for c in folded)
    return " ".join(kept.split()) or " ".join(folded.split())


def _alike(prints: Sequence[Fingerprint], earlier: np.ndarray, j: int) -> Iterator[int]:
    """Those of the earlier pictures whose thumbnail is close to that of picture j."""
    for i in earlier:
        if np.abs(prints[i].thumb - prints[j].thumb).mean() <= MEAN_DIFFERENCE:
            yield int(i)
