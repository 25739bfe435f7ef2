"""Parts of a table: Parquet and Arrow files, opened without reading a row and read in record batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from mmalign_core.data.names import SPLIT_WORDS, shown
from mmalign_core.data.tabular.budgets import check_columns
from mmalign_core.data.tabular.decoded_size import check_parquet, has_lumps
from mmalign_core.store.parquet_chunks import column_chunks
from mmalign_core.types import BadInput

COLUMNAR = (".parquet", ".arrow")
_UNKNOWN = 1 << 62
"""Bytes of a file of unknown size."""
_MESSAGE = 120
"""Characters of a library's own message that are shown; our choice."""
_SHARD = re.compile(r"(?:(?P<split>[\w.]+)-)?\d{4,6}-of-\d{4,6}")


@dataclass(frozen=True)
class Part:
    """A file, or a Lance table, of one Arrow schema.

    `name`: what messages call it; `rows`: how many rows it has; `batches(n)`: reads record batches of at most n rows;
    `split`: train, test and the like, or ''; `stated`: column -> its feature in the description of the data set, as
    Hugging Face writes it; `held`: column -> uncompressed size in bytes, where the file states it;
    `stored`: bytes of the file; `lumps`: rows are to be read one at a time, since few bytes may stand for large cells.
    """

    name: str
    schema: Any
    rows: int
    batches: Callable[[int], Iterator[Any]]
    split: str = ""
    stated: Mapping[str, Any] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    stored: int = _UNKNOWN
    lumps: bool = False


@dataclass(frozen=True)
class Source:
    """A table in one or more parts, which messages call `name`.

    `described`: the table is a data set whose columns may have any names, so that their roles are inferred; a manifest
    has the names of the collection's own columns.
    """

    name: str
    parts: tuple[Part, ...]
    described: bool = True


@contextmanager
def readable(name: str, kind: str) -> Iterator[None]:
    """Raise BadInput about the content `name` of the format `kind` where Arrow or Lance fail on damaged content."""
    import pyarrow as pa

    damage = (pa.ArrowException, ValueError, TypeError, OSError, RuntimeError, MemoryError, LookupError)
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        # A panic in LanceDB's Rust part has a class of its own that cannot be imported.
        if not isinstance(error, damage) and type(error).__name__ != "RustPanic":
            raise
        why = shown(next(iter(str(error).splitlines()), type(error).__name__))[:_MESSAGE]
        raise BadInput(f"'{shown(name)}' is not a readable {kind} ({why}); write it again") from error


def file_part(path: Path, name: str, split: str = "") -> Part:
    """The part in a .parquet or .arrow file; raises BadInput, which calls the file `name`, if it is damaged."""
    return (_arrow_part if path.suffix.lower() == ".arrow" else _parquet_part)(path, name, split)


def table_columns(path: Path, name: str) -> tuple[str, ...]:
    """The names of the columns of a .parquet or .arrow file; no row is read. Raises as `file_part` does."""
    return tuple(file_part(path, name).schema.names)


def is_shard(name: str) -> bool:
    """Whether a file name is that of one shard of several, such as train-00000-of-00002.parquet."""
    return _SHARD.fullmatch(PurePosixPath(name).stem) is not None


def split_of(name: str) -> str:
    """The split in a file name or its folder's: train for train-00000-of-00002, test for test/0000; '' if none."""
    path = PurePosixPath(name)
    stem = re.sub(r"-?\d{4,6}-of-\d{4,6}$", "", path.stem)
    word = stem.rsplit("-", 1)[-1]
    if is_shard(name) and stem and stem != "data":
        return stem
    if word.lower() in SPLIT_WORDS:
        return word
    return path.parent.name if path.parent.name.lower() in SPLIT_WORDS else ""


def _parquet_part(path: Path, name: str, split: str) -> Part:
    import pyarrow.parquet as pq

    with readable(name, "Parquet file"):
        check_parquet(path, f"'{shown(name)}'")
        file = pq.ParquetFile(path)
        schema, rows = file.schema_arrow, file.metadata.num_rows
        held = _held(path, file.metadata, schema.names)  # a name that is not UTF-8 is found here
        lumps = has_lumps(path, file.metadata.num_columns)
        file.close()
    batches = partial(_parquet_batches, path)
    return Part(name, schema, rows, batches, split, held=held, stored=path.stat().st_size, lumps=lumps)


def _held(path: Path, metadata: Any, names: Sequence[str]) -> dict[str, int]:
    """Column -> uncompressed bytes over all row groups. The leaves of structs and lists count for their column."""
    held = dict.fromkeys(names, 0)
    leaves = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    columns = [_column_of(leaf, held) for leaf in leaves]
    for at, chunk in column_chunks(path, len(columns)):
        if (column := columns[at]) is not None:
            held[column] += max(chunk.unpacked, 0)
    return held


def _column_of(path: str, names: Container[str]) -> str | None:
    """The column that a leaf of the schema belongs to: the first of the path's beginnings that is the name of one."""
    words = path.split(".")
    return next((name for at in range(1, len(words) + 1) if (name := ".".join(words[:at])) in names), None)


def _parquet_batches(path: Path, size: int) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:
        stated, held = file.metadata.num_rows, 0
        for batch in file.iter_batches(batch_size=size, use_threads=False):
            held += batch.num_rows
            yield batch
    if held != stated:
        raise pa.ArrowInvalid(f"it states {stated:,} rows and holds {held:,}")


def _arrow_part(path: Path, name: str, split: str) -> Part:
    with readable(name, "Arrow file"), _arrow_reader(path) as (schema, batches):
        check_columns(len(schema.names), f"'{shown(name)}'")
        rows = sum(batch.num_rows for batch in batches)
    return Part(name, schema, rows, partial(_arrow_batches, path), split, stored=path.stat().st_size)


def _arrow_batches(path: Path, size: int) -> Iterator[Any]:
    with _arrow_reader(path) as (_, batches):
        for batch in batches:
            yield from (batch.slice(start, size) for start in range(0, batch.num_rows, size))


@contextmanager
def _arrow_reader(path: Path) -> Iterator[tuple[Any, Iterator[Any]]]:
    """The schema and the batches of an Arrow stream, as `datasets` writes it, or of an Arrow (Feather) file."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as mapped:
        is_file = mapped.read(6) == b"ARROW1"
        mapped.seek(0)
        if is_file:
            file = pa.ipc.open_file(mapped)
            yield file.schema, (file.get_batch(i) for i in range(file.num_record_batches))
        else:
            stream = pa.ipc.open_stream(mapped)
            yield stream.schema, iter(stream)
