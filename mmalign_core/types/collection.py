"""Items with their media, metadata and interactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from mmalign_core.types.basics import MODALITIES, digest_bytes
from mmalign_core.types.digests import arrow_texts, digest_frame, digest_json, json_bytes, json_rows
from mmalign_core.types.embeddings import EmbeddingSet
from mmalign_core.types.media import Media, MediaTable
from mmalign_core.types.skips import Skipped
from mmalign_core.types.strings import Strings


@dataclass(frozen=True)
class Collection:
    """Items with their media.

    `items`: data frame indexed by item id (str), one metadata column each; treat as read-only.
    `media`: every usable medium, in the order of the items; several per item and modality are allowed. Whatever
    sequence gives them, they become columns (`MediaTable`).
    `vectors`: modality -> vectors made elsewhere, which take the place of encoding.
    `interactions`: data frame user_id, item_id[, rating, timestamp], or None.
    `attribution`: the line to show wherever the media are shown, '' if none is known.
    `digest`: digest of the content. It does not change when files move, so the store finds the collection again.
    `notes`: sentences that say how the columns of a data set were interpreted.
    """

    name: str
    items: pd.DataFrame
    media: Sequence[Media]
    skipped: tuple[Skipped, ...] = ()
    vectors: Mapping[str, EmbeddingSet] = field(default_factory=dict)
    interactions: pd.DataFrame | None = None
    attribution: str = ""
    digest: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "media", MediaTable.of(self.media))
        if not self.digest:
            given = sorted((name, s.digest) for name, s in self.vectors.items())
            users = "" if self.interactions is None else digest_frame(self.interactions)
            rows = json_rows(self.table.items, self.table.modalities, self.table.digests)
            rest = json_bytes([given, digest_frame(self.items), users])
            object.__setattr__(self, "digest", digest_bytes(b"[" + rows + b", " + rest[1:]))

    @property
    def table(self) -> MediaTable:
        """The media as columns."""
        return MediaTable.of(self.media)

    @cached_property
    def digest_with_places(self) -> str:
        """Digest of the content and of all file paths: the cache key of everything that opens media files."""
        return digest_json([self.digest, [m.path for m in self.media]])

    @cached_property
    def ids(self) -> Strings:
        """Item ids in order."""
        index = self.items.index
        return Strings(arrow_texts(index) if isinstance(index.dtype, pd.StringDtype) else index.tolist())

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that have at least one medium or given vector, in the fixed order of MODALITIES."""
        present = set(self.table.counts) | set(self.vectors)
        return tuple(m for m in MODALITIES if m in present)

    def media_of(self, modality: str) -> MediaTable:
        """The media of one modality, in item order."""
        return self.table.of_modality(modality)
