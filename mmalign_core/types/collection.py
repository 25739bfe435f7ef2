"""Items with their media, metadata and interactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from mmalign_core.types.basics import MODALITIES, digest_frame, digest_json
from mmalign_core.types.embeddings import EmbeddingSet


@dataclass(frozen=True)
class Media:
    """One text, picture, sound or video of one item.

    `digest` is the digest of its bytes (of the UTF-8 text for texts). Texts are inline in `text`;
    everything else is a file at `path`.
    """

    item: str
    modality: str
    digest: str
    path: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Skipped:
    """A file, row or medium that was not used, and the reason in one sentence."""

    id: str
    modality: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class Collection:
    """Items with their media.

    `items`: data frame indexed by item id (str), one metadata column each; treat as read-only.
    `media`: every usable medium, in the order of the items; several per item and modality are allowed.
    `vectors`: modality -> vectors made elsewhere, which take the place of encoding.
    `interactions`: data frame user_id, item_id[, rating, timestamp], or None.
    `attribution`: the line to show wherever the media are shown, '' if none is known.
    `digest`: digest of the content. It does not change when files move, so the store finds the collection again.
    `notes`: sentences that say how the columns of a data set were interpreted.
    """

    name: str
    items: pd.DataFrame
    media: tuple[Media, ...]
    skipped: tuple[Skipped, ...] = ()
    vectors: Mapping[str, EmbeddingSet] = field(default_factory=dict)
    interactions: pd.DataFrame | None = None
    attribution: str = ""
    digest: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.digest:
            rows = [(m.item, m.modality, m.digest) for m in self.media]
            given = sorted((name, s.digest) for name, s in self.vectors.items())
            users = "" if self.interactions is None else digest_frame(self.interactions)
            object.__setattr__(self, "digest", digest_json([rows, given, digest_frame(self.items), users]))

    @cached_property
    def digest_with_places(self) -> str:
        """Digest of the content and of all file paths: the cache key of everything that opens media files."""
        return digest_json([self.digest, [m.path for m in self.media]])

    @property
    def ids(self) -> tuple[str, ...]:
        """Item ids in order."""
        return tuple(self.items.index)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that have at least one medium or given vector, in the fixed order of MODALITIES."""
        present = {m.modality for m in self.media} | set(self.vectors)
        return tuple(m for m in MODALITIES if m in present)

    def media_of(self, modality: str) -> tuple[Media, ...]:
        """The media of one modality, in item order."""
        return tuple(m for m in self.media if m.modality == modality)
