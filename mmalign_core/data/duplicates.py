"""Duplicates: media that are equal byte for byte, and pictures and texts that are nearly equal."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from PIL import Image

from mmalign_core.types import Strings
from mmalign_core.types.strings import joined_strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

HASH_DISTANCE = 6
"""Bits of 64 in which the difference hashes of near duplicates may differ; our choice, confirmed by the thumbnail."""
MEAN_DIFFERENCE = 6.0
"""Levels of 255 by which squares of 2 x 2 pixels of their thumbnails may differ on average; our choice."""
LOCAL_DIFFERENCE = 60.0
"""Levels of 255 by which any such square may differ, so that drawings on one background are told apart.

Measured on 406 drawings, 850 drawings of thin lines and 30 photographs: copies at a third of the size differ by 59 at
most, other copies by less; a smile from a straight mouth, or the hands of two clocks, by 87 and more.
"""

_PLAIN_RANGE = 16
_PLAIN_DIFFERENCE = 1.5
"""A picture whose thumbnail holds fewer levels than the first is of one colour. It has no shape that could confirm a
match, so the other must equal it but for the rounding of a JPEG. Our choice."""
_THUMB = (32, 32)
"""Pixels of a thumbnail; our choice: 3 kB a picture."""
_TEXTS = 1 << 16
"""Texts that are normalised at a time; our choice: some megabytes."""
_FOLDED = np.array(
    [ord(c.lower()) if (c := chr(i)).isascii() and c.isalnum() else ord(" ") for i in range(256)], np.uint8
)
"""Each byte of ASCII in its normalised form: letters in lower case and digits stay, all else is a space."""
_BLOCK = 256
"""Hashes compared at a time with all others; our choice, so that memory grows with n and not n²."""


@dataclass(frozen=True)
class Fingerprint:
    """A 64-bit difference hash of a picture, and a thumbnail (32, 32, 3) uint8 that confirms a match."""

    bits: int
    thumb: np.ndarray


def fingerprint(image: Image.Image) -> Fingerprint:
    """The fingerprint of an RGB image (difference hash: Krawetz, "Kind of Like That", 2013)."""
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    bits = np.packbits((grey[:, 1:] > grey[:, :-1]).ravel())
    thumb = np.asarray(image.resize(_THUMB, Image.Resampling.BOX), np.uint8)
    return Fingerprint(int.from_bytes(bits.tobytes(), "big"), thumb)


def near_pictures(prints: Sequence[Fingerprint]) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, in which picture j nearly equals picture i. Each j occurs once, with its first i.

    Copies that were re-encoded or resized are found; cropped, rotated and recoloured ones are not. Pictures of one
    colour are near only if it is the same colour. All n² / 2 pairs of
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


def normalised_texts(texts: Any) -> Strings:
    """The normalised form of each text in an Arrow column: of plain ASCII by whole buffers, of others one by one."""
    parts = [_normalised_chunk(texts.slice(at, _TEXTS)) for at in range(0, len(texts), _TEXTS)]
    return joined_strings(parts)


def _normalised_chunk(texts: Any) -> Strings:
    plain = pc.string_is_ascii(texts)
    kept = texts if pc.all(plain).as_py() else pc.if_else(plain, texts, pa.scalar("", texts.type))
    found = pc.ascii_ltrim_whitespace(_single_spaced(pa.concat_arrays([kept])))
    odd = np.flatnonzero(pc.equal(pc.binary_length(found), 0).to_numpy(zero_copy_only=False))
    if len(odd):
        mask = np.zeros(len(found), bool)
        mask[odd] = True
        one_by_one = [normalised_text(text) for text in texts.take(pa.array(odd)).to_pylist()]
        found = pc.replace_with_mask(found, pa.array(mask), pa.array(one_by_one, found.type))
    return Strings(found)


def _single_spaced(texts: Any) -> Any:
    """Texts of ASCII in lower case, with one space in place of each run of other characters, and none at the end."""
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    if content is None or ends[-1] == ends[0]:
        return texts
    letters = _FOLDED[np.frombuffer(content, np.uint8)[ends[0] : ends[-1]]]
    ends = ends - ends[0]
    space = letters == ord(" ")
    before_space = np.append(space[1:], True)
    before_space[ends[1:][np.diff(ends) > 0] - 1] = True
    kept = ~space | ~before_space
    new_ends = np.append(0, np.cumsum(kept))[ends]
    buffers = [None, pa.py_buffer(new_ends), pa.py_buffer(letters[kept])]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers)


def _alike(prints: Sequence[Fingerprint], earlier: np.ndarray, j: int) -> Iterator[int]:
    """The pictures of `earlier` that show what picture j shows."""
    for i in earlier:
        if _same_thumbs(prints[i].thumb, prints[j].thumb):
            yield int(i)


def _same_thumbs(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two thumbnails (h, w, 3) differ no more than copies do.

    Signed differences are averaged over squares of 2 x 2 pixels: shifts of an edge by less than a pixel cancel out.
    """
    apart = a.astype(np.int16) - b
    squares = np.abs(apart[:-1, :-1] + apart[:-1, 1:] + apart[1:, :-1] + apart[1:, 1:]) / 4
    if min(int(np.ptp(thumb, axis=(0, 1)).max()) for thumb in (a, b)) < _PLAIN_RANGE:
        return float(squares.max()) <= _PLAIN_DIFFERENCE
    return float(squares[::2, ::2].mean()) <= MEAN_DIFFERENCE and float(squares.max()) <= LOCAL_DIFFERENCE
