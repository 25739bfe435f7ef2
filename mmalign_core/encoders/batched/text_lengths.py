"""Lengths of texts against what their encoder reads at once: how many are longer, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pyarrow.compute

from mmalign_core.encoders.base import Encoder
from mmalign_core.encoders.long_texts import AUTO, WINDOWS, ReadsLongTexts
from mmalign_core.types import BadInput, Media, MediaTable

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_EXAMPLES = 20
"""Items that a report names; our choice."""


@dataclass(frozen=True)
class LongTexts:
    """The texts of a collection that are longer than their encoder reads at once.

    `count` of `texts`, of so many `items`; `shortest` and `longest`: characters of these; `read`: characters of the
    shortest that are read at once; `how`: "windows" or "start"; `examples`: the first items.
    """

    encoder: str
    texts: int
    count: int
    items: int
    shortest: int
    longest: int
    read: int
    how: str
    examples: tuple[str, ...]

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Self:
        """Those of a JSON report."""
        return cls(**{**report, "examples": tuple(report["examples"])})

    def sentence(self) -> str:
        """How many they are, from which length on, and what becomes of them."""
        many = "is" if self.count == 1 else "are"
        rest = (
            "read in windows, whose mean is the vector"
            if self.how == WINDOWS
            else f"read to the start alone, about {self.read:,} characters; what follows does not count"
        )
        return (
            f"{self.count:,} of {self.texts:,} texts {many} longer than '{self.encoder}' reads at once (about "
            f"{self.read:,} characters; the shortest of them has {self.shortest:,}, the longest {self.longest:,}): "
            f"{'it is' if self.count == 1 else 'they are'} {rest}"
        )

    def report(self) -> dict[str, Any]:
        """The object in JSON reports."""
        return asdict(self) | {"examples": list(self.examples)}


def find_long_texts(model: Encoder, media: MediaTable) -> LongTexts | None:
    """The texts among the media that are longer than the encoder reads at once; None if there are none.

    It loads the model only if some may be. Raises BadInput if it cannot be loaded.
    """
    found: list[tuple[str, int, int]] = []
    for medium in _candidates(model, media):
        whole, read = len((medium.text or "").strip()), _read_at_once(model, medium)
        if read is not None and read < whole:
            found.append((medium.item, whole, read))
    if not found:
        return None
    _, shortest, read = min(found, key=lambda one: one[1])
    items = tuple(dict.fromkeys(item for item, _, _ in found))
    longest = max(whole for _, whole, _ in found)
    how = WINDOWS if isinstance(model, ReadsLongTexts) and model.long_texts == WINDOWS else "start"
    texts = len(media.of_modality("text"))
    return LongTexts(model.name, texts, len(found), len(items), shortest, longest, read, how, items[:_EXAMPLES])


def wants_windows(model: Encoder, media: MediaTable) -> bool:
    """Whether the encoder may choose, does better in windows, and one of the texts is longer than it reads at once."""
    if not isinstance(model, ReadsLongTexts) or model.long_texts != AUTO or not model.better_in_windows:
        return False
    lengths = ((len((m.text or "").strip()), _read_at_once(model, m)) for m in _candidates(model, media))
    return any(read is not None and read < whole for whole, read in lengths)


def _candidates(model: Encoder, media: MediaTable) -> Iterator[Media]:
    """The texts that may be too long. The model is loaded before the first."""
    texts = media.of_modality("text")
    sizes = pc.fill_null(pc.binary_length(texts.texts), 0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(sizes > model.surely_read) if len(sizes) else np.zeros(0, np.int64)
    if len(rows):
        model.load()
    yield from texts.take(rows)


def _read_at_once(model: Encoder, medium: Media) -> int | None:
    """Characters of a text that are read at once; None for one that cannot be used."""
    try:
        if isinstance(model, ReadsLongTexts):
            return len(model.start_of((medium.text or "").strip()))
        view = model.view(medium)
    except BadInput:
        return None
    return len(view) if isinstance(view, str) else None
