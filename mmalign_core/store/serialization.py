"""Embedding sets and data frames as files: safetensors for arrays, JSON for text, Parquet for frames."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.store.array_files import read_arrays, write_arrays
from mmalign_core.store.columns import HEADER, read_columns, write_columns
from mmalign_core.store.folders import plain, write_json
from mmalign_core.store.parquet_chunks import column_chunks
from mmalign_core.types import BadInput, Concepts, EmbeddingSet, Strings
from mmalign_core.types.embeddings import Pivots
from mmalign_core.types.sequences import Sequences


def write_sets(folder: Path, sets: Mapping[str, EmbeddingSet]) -> None:
    """Write embedding sets, by modality, into a new folder."""
    folder.mkdir()
    write_json(folder / "sets.json", [[key, _words(s)] for key, s in sets.items()])
    for i, s in enumerate(sets.values()):
        write_arrays(folder / f"{i}.safetensors", _numbers(s))
        write_columns(folder / f"{i}.parquet", {"id": Strings.of(s.ids).column, "key": Strings.of(s.keys).column})


def read_sets(folder: Path) -> dict[str, EmbeddingSet]:
    """Modality -> embedding set, as `write_sets` wrote them and in the same order."""
    described = json.loads((folder / "sets.json").read_text())
    return {
        key: _set(words, _rows(words, folder / f"{i}.parquet"), read_arrays(folder / f"{i}.safetensors"))
        for i, (key, words) in enumerate(described)
    }


def _rows(words: Mapping[str, Any], path: Path) -> tuple[Strings, Strings]:
    """The ids and keys of a set; those of format 1 stand among its words."""
    if "ids" in words:
        return Strings(words["ids"]), Strings(words["keys"])
    columns = read_columns(path)
    return Strings(columns["id"]), Strings(columns["key"])


def _words(s: EmbeddingSet) -> dict[str, Any]:
    labels = None if s.concepts is None else s.concepts.labels
    words = {name: getattr(s, name) for name in ("modality", "encoder", "digest")}
    words["labels"] = labels
    if s.pivots is not None:
        words["pivots"] = [s.pivots.texts, [sorted(owners) for owners in s.pivots.owners]]
    return words


def _numbers(s: EmbeddingSet) -> dict[str, np.ndarray]:
    arrays = {"vectors": s.vectors}
    if s.concepts is not None:
        arrays["posterior"] = s.concepts.posterior
        if s.concepts.vectors is not None:
            arrays["label_vectors"] = s.concepts.vectors
    if s.sequences is not None:
        arrays |= {"steps": s.sequences.values, "lengths": s.sequences.lengths}
    if s.pivots is not None:
        arrays["pivots"] = s.pivots.vectors
    return arrays


def _set(words: Mapping[str, Any], rows: tuple[Strings, Strings], arrays: Mapping[str, np.ndarray]) -> EmbeddingSet:
    concepts = None
    if words["labels"] is not None:
        concepts = Concepts(tuple(words["labels"]), arrays["posterior"], arrays.get("label_vectors"))
    steps = Sequences(arrays["steps"], arrays["lengths"]) if "steps" in arrays else None
    pivots = None
    if "pivots" in words:
        texts, owners = words["pivots"]
        pivots = Pivots(tuple(texts), tuple(map(frozenset, owners)), arrays["pivots"])
    return EmbeddingSet(words["modality"], *rows, arrays["vectors"], words["encoder"], concepts, steps, pivots)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write the frame with its index as Parquet. Columns of objects that Arrow cannot hold are stored as JSON cells."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [frame.index.to_series()] + [frame.iloc[:, i] for i in range(frame.shape[1])]
    as_json = [not _native(column) for column in columns]
    coded = [_encode(column) if coded else column for column, coded in zip(columns, as_json)]
    data = pd.DataFrame({str(i): column.reset_index(drop=True) for i, column in enumerate(coded)})
    table = pa.Table.from_pandas(data, preserve_index=False)
    header = {"index": frame.index.name, "columns": list(frame.columns), "json": as_json}
    metadata = {**(table.schema.metadata or {}), HEADER: json.dumps(header, default=plain).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd")


def read_frame(path: Path) -> pd.DataFrame:
    """The frame that `write_frame` wrote."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    header = json.loads(table.schema.metadata[HEADER])
    data = table.to_pandas()
    columns = [_decode(data.iloc[:, i]) if coded else data.iloc[:, i] for i, coded in enumerate(header["json"])]
    index = pd.Index(columns[0].rename(header["index"]))
    frame = pd.DataFrame({i: column.set_axis(index) for i, column in enumerate(columns[1:])}, index=index)
    frame.columns = pd.Index(header["columns"], dtype=None if header["columns"] else "str")
    return frame


_MOST_CELLS = 50_000_000
"""Cells of a table that came from elsewhere. Our choice: a million items of fifty columns."""
_BATCH_BYTES = 64 << 20
"""Bytes that a part of such a table may take while it is looked at; our choice."""


def check_frame(path: Path, most_bytes: int) -> None:
    """BadInput where a table that came from elsewhere would take more than `most_bytes`, or is none of ours.

    A few bytes of Parquet can stand for gigabytes of repeated cells, so it is read in small parts first.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    large = BadInput(f"the table '{path.name}' takes more than {most_bytes:,} bytes; raise MMALIGN_MAX_ARCHIVE_BYTES")
    try:
        file = pq.ParquetFile(path)
        about = file.metadata
        if about.num_rows * about.num_columns > _MOST_CELLS:
            raise large
        widest = Counter[int]()  # no cell of a column's part is larger than that part, unpacked
        for column, chunk in column_chunks(path, about.num_columns):
            widest[column] = max(widest[column], chunk.unpacked)
        rows, taken = max(1, _BATCH_BYTES // max(1, widest.total())), 0
        for batch in file.iter_batches(batch_size=min(rows, 1 << 16)):
            taken += batch.nbytes
            if taken > most_bytes:
                raise large
        json.loads((file.schema_arrow.metadata or {})[HEADER])
    except (pa.ArrowException, OSError, KeyError, ValueError, RecursionError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"the table '{path.name}' is not as this program writes it; ask for the bundle again") from error


def _native(column: pd.Series) -> bool:
    """Whether Arrow stores the column and returns it with the same dtype."""
    import pyarrow as pa

    if column.dtype == object:
        return False
    try:
        there = pa.Table.from_pandas(column.reset_index(drop=True).to_frame("0"), preserve_index=False)
    except (pa.ArrowException, UnicodeError):
        return False
    return bool(there.to_pandas()["0"].dtype == column.dtype)


def _encode(column: pd.Series) -> pd.Series:
    return pd.Series([json.dumps(_cell(value), default=plain) for value in column], dtype="str")


def _cell(value: Any) -> Any:
    return None if value is pd.NA or value is pd.NaT else value


def _decode(column: pd.Series) -> pd.Series:
    return pd.Series([json.loads(text) for text in column], dtype=object)
