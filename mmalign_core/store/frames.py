"""Data frames in Parquet whose every dtype comes back, lists, None and mixed cells included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from mmalign_core.store.folders import plain

HEADER = b"mmalign"


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write the frame with its index. Columns Arrow cannot hold as they are (object) go as JSON, cell by cell."""
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
    """What `write_frame` wrote."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    header = json.loads(table.schema.metadata[HEADER])
    data = table.to_pandas()
    columns = [_decode(data.iloc[:, i]) if coded else data.iloc[:, i] for i, coded in enumerate(header["json"])]
    index = pd.Index(columns[0].rename(header["index"]))
    frame = pd.DataFrame({i: column.set_axis(index) for i, column in enumerate(columns[1:])}, index=index)
    frame.columns = pd.Index(header["columns"], dtype=None if header["columns"] else "str")
    return frame


def _native(column: pd.Series) -> bool:
    """Whether Arrow takes the column and gives the same dtype back."""
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
