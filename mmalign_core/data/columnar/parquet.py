"""Parts of Parquet and Arrow files, mapped and read batch by batch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from mmalign_core.data.columnar.source import Part, reading

COLUMNAR = (".parquet", ".arrow")
_SHARD = re.compile(r"(?:(?P<split>[\w.]+)-)?\d{4,6}-of-\d{4,6}")
_SPLIT_WORDS = ("train", "test", "validation", "valid", "val", "dev", "unsupervised", "eval")


def file_part(path: Path, name: str, split: str = "") -> Part:
    """The part that a .parquet or .arrow file is; BadInput, which calls it `name`, if it is none."""
    return (_arrow_part if path.suffix.lower() == ".arrow" else _parquet_part)(path, name, split)


def table_columns(path: Path, name: str) -> tuple[str, ...]:
    """The names of the columns, without reading a row."""
    return tuple(file_part(path, name).schema.names)


def is_shard(name: str) -> bool:
    """Whether a file's name says that it is one of several: train-00000-of-00002.parquet."""
    return _SHARD.fullmatch(PurePosixPath(name).stem) is not None


def split_of(name: str) -> str:
    """The split that a shard's name, or the folder it lies in, stands for: train-00000-of-00002, test/0000; or ''."""
    path = PurePosixPath(name)
    stem = re.sub(r"-?\d{4,6}-of-\d{4,6}$", "", path.stem)
    word = stem.rsplit("-", 1)[-1]
    if is_shard(name) and stem and stem != "data":
        return stem
    if word.lower() in _SPLIT_WORDS:
        return word
    return path.parent.name if path.parent.name.lower() in _SPLIT_WORDS else ""


def _parquet_part(path: Path, name: str, split: str) -> Part:
    import pyarrow.parquet as pq

    with reading(name, "Parquet file"):
        file = pq.ParquetFile(path)
        schema, rows = file.schema_arrow, file.metadata.num_rows
        held = _held(file.metadata, schema.names)  # a name that is not UTF-8 is found here
        file.close()
    return Part(name, schema, rows, partial(_parquet_batches, path), split, held=held)


def _held(metadata: Any, names: Sequence[str]) -> dict[str, int]:
    """Bytes of each column over all groups of rows, the parts of structs and lists with their column."""
    held = dict.fromkeys(names, 0)
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(metadata.num_columns)):
            path = chunk.path_in_schema
            column = next((n for n in names if path == n or path.startswith(f"{n}.")), None)
            if column is not None:
                held[column] += max(chunk.total_uncompressed_size, 0)
    return held


def _parquet_batches(path: Path, size: int) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=size, use_threads=False)


def _arrow_part(path: Path, name: str, split: str) -> Part:
    with reading(name, "Arrow file"), _arrow_reader(path) as (schema, batches):
        _ = schema.names
        rows = sum(batch.num_rows for batch in batches)
    return Part(name, schema, rows, partial(_arrow_batches, path), split)


def _arrow_batches(path: Path, size: int) -> Iterator[Any]:
    with _arrow_reader(path) as (_, batches):
        for batch in batches:
            yield from (batch.slice(start, size) for start in range(0, batch.num_rows, size))


@contextmanager
def _arrow_reader(path: Path) -> Iterator[tuple[Any, Iterator[Any]]]:
    """Schema and batches of an Arrow stream, as `datasets` writes it, or of an Arrow (Feather) file."""
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
