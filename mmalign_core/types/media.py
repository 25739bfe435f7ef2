"""Media: texts, pictures, sounds and videos of items, as columns that make a `Media` when one is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
import pyarrow as pa

from mmalign_core.types.strings import Strings, joined_strings

_CHUNK = 1 << 12
"""Media that an iteration makes at a time; our choice: about a megabyte of objects."""


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


class MediaTable(Sequence[Media]):
    """Media (n,) as columns: a read-only sequence of `Media`, each of which is made when it is asked for.

    `items`, `modalities`, `digests`: Strings (n,); `paths`: Arrow column (n,) of bytes as the file system writes them,
    null for texts; `texts`: Arrow column (n,), null for files. A slice and one modality's media are tables too.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, items: Sequence[str], modalities: Any, digests: Sequence[str], *, paths: Any = None, texts: Any = None
    ) -> None:
        """`modalities`: one word for all media, or an Arrow column or sequence (n,). `paths`, `texts`: None for none.

        Raises ValueError if the columns differ in length.
        """
        self.items, self.digests, count = Strings.of(items), Strings.of(digests), len(items)
        self._kinds = _kinds(modalities, count)
        self.paths = pa.nulls(count, pa.large_binary()) if paths is None else _flat(paths, pa.large_binary())
        self.texts = pa.nulls(count, pa.large_string()) if texts is None else _flat(texts, pa.large_string())
        lengths = {len(c) for c in (self.items, self.digests, self._kinds, self.paths, self.texts)}
        if len(lengths) > 1:
            raise ValueError(f"the columns of media differ in length: {sorted(lengths)}")
        self._of: dict[str, MediaTable] = {}

    @staticmethod
    def of(media: Iterable[Media]) -> MediaTable:
        """The media themselves if they are a table already, else a table of them."""
        if isinstance(media, MediaTable):
            return media
        listed = list(media)
        paths = [None if m.path is None else os.fsencode(m.path) for m in listed]
        items, modalities, digests = ([getattr(m, name) for m in listed] for name in ("item", "modality", "digest"))
        return MediaTable(items, modalities, digests, paths=paths, texts=[m.text for m in listed])

    @property
    def modalities(self) -> Strings:
        """The modality of each medium."""
        return Strings(self._kinds.cast(pa.large_string()))

    @cached_property
    def counts(self) -> dict[str, int]:
        """Modality -> how many media, in order of appearance."""
        words, codes = self._kinds.dictionary.to_pylist(), self._codes
        present, first, held = np.unique(codes, return_index=True, return_counts=True)
        return {words[present[i]]: int(held[i]) for i in np.argsort(first)}

    @property
    def _codes(self) -> np.ndarray:
        return self._kinds.indices.to_numpy(zero_copy_only=False)

    def of_modality(self, modality: str) -> MediaTable:
        """The media of one modality, in order; the table itself if it holds no others."""
        if self.counts.get(modality, 0) == len(self):
            return self
        if modality not in self._of:
            words = self._kinds.dictionary.to_pylist()
            code = words.index(modality) if modality in words else -1
            self._of[modality] = self.take(np.flatnonzero(self._codes == code))
        return self._of[modality]

    def take(self, rows: Any) -> MediaTable:
        """Only the media at `rows` (k,), in this order."""
        at = pa.array(np.asarray(rows, np.int64))
        kinds, paths, texts = (column.take(at) for column in (self._kinds, self.paths, self.texts))
        return MediaTable(self.items.take(rows), kinds, self.digests.take(rows), paths=paths, texts=texts)

    def with_paths(self, paths: Any) -> MediaTable:
        """The same media at other paths: an Arrow column (n,), null for texts."""
        return MediaTable(self.items, self._kinds, self.digests, paths=paths, texts=self.texts)

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, at: int) -> Media: ...
    @overload
    def __getitem__(self, at: slice) -> MediaTable: ...
    def __getitem__(self, at: int | slice) -> Media | MediaTable:
        if isinstance(at, slice):
            return self.take(np.arange(*at.indices(len(self))))
        item, place = self.items[at], int(at) % len(self)
        path = self.paths[place].as_py()
        return Media(
            item,
            self._kinds[place].as_py(),
            self.digests[place],
            None if path is None else os.fsdecode(path),
            self.texts[place].as_py(),
        )

    def __iter__(self) -> Iterator[Media]:
        for start in range(0, len(self), _CHUNK):
            columns = (self.items.column, self._kinds, self.digests.column, self.paths, self.texts)
            items, kinds, digests, paths, texts = (column.slice(start, _CHUNK).to_pylist() for column in columns)
            paths = [None if path is None else os.fsdecode(path) for path in paths]
            yield from map(Media, items, kinds, digests, paths, texts)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, Media) and any(value == m for m in self.take(self._rows_of(value.digest)))

    def _rows_of(self, digest: str) -> np.ndarray:
        return np.flatnonzero(self.digests.among([digest]))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MediaTable):
            same = self.items == other.items and self.digests == other.digests and self.modalities == other.modalities
            return same and self.paths.equals(other.paths) and self.texts.equals(other.texts)
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(other) == len(self) and all(a == b for a, b in zip(self, other))

    def __repr__(self) -> str:
        return f"MediaTable({', '.join(f'{count:,} {modality}' for modality, count in self.counts.items())})"


def joined_media(parts: Sequence[MediaTable]) -> MediaTable:
    """One table of all parts, in order."""
    if len(parts) == 1:
        return parts[0]
    return MediaTable(
        joined_strings([part.items for part in parts]),
        joined_strings([part.modalities for part in parts]),
        joined_strings([part.digests for part in parts]),
        paths=pa.concat_arrays([part.paths for part in parts]) if parts else None,
        texts=pa.concat_arrays([part.texts for part in parts]) if parts else None,
    )


def _kinds(modalities: Any, count: int) -> Any:
    """The modalities as a dictionary column of small numbers."""
    if isinstance(modalities, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int8)), pa.array([modalities]))
    if isinstance(modalities, pa.DictionaryArray):
        return modalities
    coded = Strings.of(modalities).column.dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.cast(pa.int8()), coded.dictionary.cast(pa.string()))


def _flat(values: Any, kind: Any) -> Any:
    """The values as one Arrow array of the type `kind`."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)
