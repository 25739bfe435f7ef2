"""The embedding cache: one LanceDB table per encoder key, one row per content digest.

Rows are only appended, one commit per batch, so a killed process has written a whole batch or none. If two writers add
one digest, readers take the first row. Each row has a checksum of the encoder key, its digest and its numbers in order,
so that a row that was overwritten, zeroed, permuted or swapped raises an error. Tables of earlier versions, whose
checksums cover only a sum, count as absent: their media are encoded again, and the first write deletes them.
"""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmalign_core.store.errors import explained
from mmalign_core.store.folders import key_name
from mmalign_core.store.fragments import commit_fragments, write_fragment
from mmalign_core.store.object_tables import ObjectTables
from mmalign_core.store.tables import LocalTables
from mmalign_core.types import BadInput

TIDY_EVERY = 32
"""Appends of one process between two checks of the number of fragments. Chosen: a check is cheap beside them."""
SCAN_FROM = 0.25
"""Share of the table's rows from which a full scan is faster than reading single rows."""

_CHECKSUM = "crc"
"""Column of the checksums. Tables of earlier versions have `check` in its place."""
_SUFFIX = ".rows"
"""Suffix of the names of tables with that column, so that they differ from those of earlier versions."""

_log = logging.getLogger(__name__)


class CachedRows(NamedTuple):
    """Cached embeddings: `rows` (m,) index the requested digests; `vectors` (m, d); `posterior` (m, c) or None."""

    rows: np.ndarray
    vectors: np.ndarray
    posterior: np.ndarray | None


class CacheSize(NamedTuple):
    """Size of one encoder's table: the number of distinct digests, and bytes on disk."""

    rows: int
    bytes: int


class EmbeddingCache:
    """Embeddings in `database`, a folder or an address of object storage, keyed by encoder key and content digest.

    Safe to share between threads.
    """

    def __init__(self, database: Path | str) -> None:
        self._tables = LocalTables(database) if isinstance(database, Path) else ObjectTables(database)
        self._appends: dict[str, int] = {}
        self._lock = threading.Lock()

    def get(self, encoder_key: str, digests: Sequence[str]) -> CachedRows:
        """The cached embeddings of the digests, repeated ones included. Raises BadInput if the table is damaged."""
        name = _table_name(encoder_key)
        with explained(self._tables.location(name)):
            table = self._tables.open(name) if len(digests) else None
            if table is None:
                self._log_earlier(encoder_key)
                return CachedRows(np.empty(0, int), np.empty((0, 0), np.float32), None)
            return _lookup(table, encoder_key, digests)

    def add(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> None:
        """Append a batch in one commit: `vectors` (n, d) and `posterior` (n, c), which is None in all batches or none.

        Raises BadInput if numbers are not finite, the widths differ from the table's, or it cannot be written.
        """
        rows = _rows(encoder_key, digests, vectors, posterior)
        name = _table_name(encoder_key)
        if not len(digests):
            return
        with explained(self._tables.location(name)):
            table = self._opened(encoder_key, rows.schema)
            table.add(rows)  # appends of several processes do not conflict
            self._keep_tidy(table)
            if earlier := self._earlier(encoder_key):
                self._tables.remove(earlier)

    def write_fragment(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> list[str]:
        """Write a batch as fragments, which `commit` makes part of the table; raises as `add` does."""
        rows = _rows(encoder_key, digests, vectors, posterior)
        name = _table_name(encoder_key)
        if not len(digests):
            return []
        with explained(self._tables.location(name)):
            self._opened(encoder_key, rows.schema)
            return write_fragment(self._tables, name, rows)

    def commit(self, encoder_key: str, fragments: Sequence[str]) -> None:
        """Commit fragments that `write_fragment` made, here or in other processes, all of them or none.

        Raises BadInput if they lie in a folder of another machine, or the table cannot be written.
        """
        name = _table_name(encoder_key)
        if not fragments:
            return
        with explained(self._tables.location(name)):
            commit_fragments(self._tables, name, fragments)
            self._keep_tidy(self._tables.open(name))

    def size(self, damaged: Callable[[str], object] = _log.warning) -> dict[str, CacheSize]:
        """Encoder key -> size. Tables of earlier versions count no rows. `damaged` hears of those left out."""
        sizes: dict[str, CacheSize] = {}
        with explained(self._tables.database):
            names = self._tables.names()
        for name in names:
            try:
                for key, (rows, bytes_) in self._size_of(name).items():
                    more = sizes.get(key, CacheSize(0, 0))
                    sizes[key] = CacheSize(rows + more.rows, bytes_ + more.bytes)
            except BadInput as error:
                damaged(str(error))
        return sizes

    def remove(self, encoder_key: str) -> None:
        """Delete all embeddings of this encoder, even if its table is damaged.

        Raises BadInput if the table's folder holds a file that is not part of a table.
        """
        for name in filter(None, (_table_name(encoder_key), self._earlier(encoder_key))):
            with explained(self._tables.location(name)):
                if self._tables.holds(name):
                    self._tables.remove(name)

    def _size_of(self, name: str) -> dict[str, CacheSize]:
        with explained(self._tables.location(name)):
            table = self._tables.open(name)
            if table is None:
                return {}
            digests = table.search().select(["digest"]).to_arrow()["digest"]
            rows = len(digests.unique()) if _CHECKSUM in table.schema.names else 0
            return {table.schema.metadata[b"encoder"].decode(): CacheSize(rows, self._tables.bytes(name))}

    def _opened(self, encoder_key: str, schema: Any) -> Any:
        """The table, created on first use. Raises BadInput if its vectors have other widths than those of `schema`."""
        name = _table_name(encoder_key)
        table = self._tables.opened(name, schema)
        if table.schema != schema:
            raise BadInput(
                f"'{encoder_key}' now makes {_widths(schema)} but its cache holds {_widths(table.schema)};"
                f" raise the encoder's version or delete '{self._tables.location(name)}'"
            )
        return table

    def _earlier(self, encoder_key: str) -> str:
        """The name of this encoder's table in earlier versions, which wrote to folders alone; '' if there is none."""
        name = key_name(encoder_key)
        return name if isinstance(self._tables, LocalTables) and self._tables.holds(name) else ""

    def _keep_tidy(self, table: Any) -> None:
        count = self._count(table.name)
        if count % TIDY_EVERY == 1:
            self._tables.tidy(table, first=count == 1)

    def _log_earlier(self, encoder_key: str) -> None:
        if earlier := self._earlier(encoder_key):
            words = "its checksums do not cover digests, so its media are encoded again"
            _log.warning("'%s' was written by an earlier version: %s", self._tables.location(earlier), words)

    def _count(self, name: str) -> int:
        """The number of appends by this process, including this one."""
        with self._lock:
            self._appends[name] = self._appends.get(name, 0) + 1
            return self._appends[name]


def _rows(encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None) -> Any:
    import pyarrow as pa

    columns = {"vector": vectors} | ({} if posterior is None else {"posterior": posterior})
    arrays = {name: np.ascontiguousarray(values, np.float32) for name, values in columns.items()}
    for name, values in arrays.items():
        if values.ndim != 2 or len(values) != len(digests):
            raise BadInput(f"{encoder_key}: {len(digests)} digests for a {name} array of shape {values.shape}")
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            raise BadInput(f"{encoder_key}: the {name} of '{digests[bad[0]]}' holds NaN or infinity; it is not cached")
    lists = {name: pa.FixedSizeListArray.from_arrays(pa.array(a.ravel()), a.shape[1]) for name, a in arrays.items()}
    sums = pa.array(_checksums(encoder_key, digests, *arrays.values()))
    data = {"digest": pa.array(digests, pa.string()), _CHECKSUM: sums} | lists
    fields = [pa.field(name, array.type, nullable=False) for name, array in data.items()]
    return pa.table(list(data.values()), schema=pa.schema(fields, metadata={"encoder": encoder_key}))


def _lookup(table: Any, encoder_key: str, digests: Sequence[str]) -> CachedRows:
    import pyarrow as pa
    import pyarrow.compute as pc

    stored = table.search().select(["digest"]).with_row_id(True).to_arrow()
    # index_in returns the first place of a value, so the first row of a digest wins.
    options = pc.SetLookupOptions(value_set=stored["digest"].combine_chunks())
    places = pc.call_function("index_in", [pa.array(digests, pa.string())], options)
    stored_rows = np.asarray(places.fill_null(-1))
    rows = np.flatnonzero(stored_rows >= 0)
    distinct, first, back = np.unique(stored_rows[rows], return_index=True, return_inverse=True)
    columns = [name for name in table.schema.names if name != "digest"]
    if len(distinct) >= SCAN_FROM * len(stored):
        data = table.search().select(columns).to_arrow()
        order = distinct
    else:
        data = table.take_row_ids(stored["_rowid"].to_numpy()[distinct].tolist()).select(columns).to_arrow()
        order = np.arange(len(distinct))
    arrays = [_matrix(data[name])[order] for name in columns if name != _CHECKSUM]
    sums = _checksums(encoder_key, [digests[int(row)] for row in rows[first]], *arrays)
    if (sums != data[_CHECKSUM].to_numpy()[order]).any():
        raise ValueError("rows differ from their checksums")
    vectors, *posterior = (array[back] for array in arrays)
    return CachedRows(rows, vectors, posterior[0] if posterior else None)


def _matrix(column: Any) -> np.ndarray:
    """A fixed-size-list column as an array (n, width) float32."""
    flat = column.combine_chunks()
    return np.asarray(flat.flatten()).reshape(len(flat), flat.type.list_size)


def _checksums(encoder_key: str, digests: Sequence[str], *arrays: np.ndarray) -> np.ndarray:
    """(n,) CRC-32 of the key, each row's digest and the bytes of the row in every (n, width) array, in that order."""
    sums = [zlib.crc32(digest.encode(), zlib.crc32(encoder_key.encode())) for digest in digests]
    for array in arrays:
        width = array.shape[1] * 4  # float32
        content = np.ascontiguousarray(array, np.float32).tobytes()
        sums = [zlib.crc32(content[i * width : (i + 1) * width], before) for i, before in enumerate(sums)]
    return np.array(sums, np.uint32)


def _table_name(encoder_key: str) -> str:
    return key_name(encoder_key) + _SUFFIX


def _widths(schema: Any) -> str:
    return " and ".join(f"{f.name} x {f.type.list_size}" for f in schema if f.name in ("vector", "posterior"))
