"""Budgets of tables: rows, columns and decoded bytes are refused in one line before the memory is asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.data import read_collection
from mmalign_core.data.tabular.decoded_size import check_parquet, decoded_bytes, has_lumps
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

WRITERS: dict[str, Callable[[Path, dict[str, list[Any]]], None]] = {
    "csv": lambda path, columns: (
        path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values()))]))
        and None
    ),
    "jsonl": lambda path, columns: (
        path.write_text("\n".join(json.dumps(dict(zip(columns, row))) for row in zip(*columns.values()))) and None
    ),
    "parquet": lambda path, columns: pq.write_table(pa.table(columns), path),
    "arrow": lambda path, columns: write_arrow(path, pa.table(columns)),
}


def write_arrow(path: Path, table: Any) -> None:
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize("kind", WRITERS)
def test_rows_and_columns_are_settings(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"manifest.{kind}"
    WRITERS[kind](path, {"text": [f"text {i}" for i in range(200)]} | {f"c{i}": [i] * 200 for i in range(30)})
    assert len(read_collection(path).items) == 200
    monkeypatch.setattr("mmalign_core.data.tabular.csv_files._FLUSH", 10)
    monkeypatch.setenv("MMALIGN_MAX_ROWS", "150")
    with pytest.raises(BadInput, match=f"'manifest.{kind}' holds more than 150 rows; .* MMALIGN_MAX_ROWS"):
        read_collection(path)
    monkeypatch.setenv("MMALIGN_MAX_ROWS", "1000")
    monkeypatch.setenv("MMALIGN_MAX_COLUMNS", "12")
    with pytest.raises(BadInput, match=f"'manifest.{kind}' has [0-9]+ columns, more than 12"):
        read_collection(path)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_interactions_have_a_limit_of_their_own(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    WRITERS["csv"](tmp_path / "manifest.csv", {"id": [1], "text": ["one"]})
    WRITERS[kind](tmp_path / f"interactions.{kind}", {"user_id": list(range(60)), "item_id": [1] * 60})
    monkeypatch.setenv("MMALIGN_MAX_ROWS", "20")
    monkeypatch.setattr("mmalign_core.data.tabular.csv_files._FLUSH", 10)
    interactions = read_collection(tmp_path).interactions
    assert interactions is not None and len(interactions) == 60
    monkeypatch.setenv("MMALIGN_MAX_INTERACTIONS", "50")
    with pytest.raises(BadInput, match="more than 50 rows; split it or raise MMALIGN_MAX_INTERACTIONS"):
        read_collection(tmp_path)


def bomb(shape: str) -> Any:
    """Texts of 300 MB in all, of which each is the same 3 MB."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), pa.array(["x" * 3_000_000])).cast("string")
    if shape == "lists":
        column = pa.ListArray.from_arrays(pa.array(range(101), pa.int32()), column)
    if shape == "structs":
        column = pa.StructArray.from_arrays([column], ["inner"])
    return pa.table({"id": [f"i{i}" for i in range(100)], "text": column})


@pytest.mark.parametrize("shape", ["plain", "lists", "structs"])
def test_texts_stored_once_are_counted_in_every_cell(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    pq.write_table(bomb(shape), path)
    assert path.stat().st_size < 2_000_000
    before = pa.total_allocated_bytes()
    with pytest.raises(BadInput, match=r"'manifest.parquet' grows from 0.* MB to more than 268 MB in memory"):
        read_collection(path)
    assert pa.total_allocated_bytes() - before < 20_000_000


def test_texts_that_share_their_beginnings_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    pq.write_table(bomb("plain"), path, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})
    with pytest.raises(BadInput, match="in memory"):
        read_collection(path)


def test_numbers_are_counted_by_the_description(tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    zeros = pa.array(np.zeros(400_000, np.int64))
    pq.write_table(pa.table({"text": ["a"] * 400_000} | {f"c{i}": zeros for i in range(100)}), path)
    with pytest.raises(BadInput, match="'m' grows from"):
        check_parquet(path, "'m'")
    with pytest.raises(BadInput, match="'m' takes more than 1 MB in memory; split it or raise MMALIGN_MAX_TABLE_BYTES"):
        check_parquet(path, "'m'", Settings(max_table_bytes=1_000_000))


def test_dictionaries_in_arrow_files_are_counted(tmp_path: Path) -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 400, pa.int32()), pa.array(["x" * 3_000_000]))
    write_arrow(tmp_path / "manifest.arrow", pa.table({"text": words}))
    with pytest.raises(BadInput, match=r"'manifest.arrow' .* in memory"):
        read_collection(tmp_path / "manifest.arrow")


def test_usual_repetition_is_no_bomb(tmp_path: Path) -> None:
    """A word in a million cells takes some megabytes, and a caption of each row is not read twice."""
    table = pa.table({"text": [f"caption {i}" for i in range(50_000)], "kind": ["a usual word"] * 50_000})
    pq.write_table(table, tmp_path / "manifest.parquet")
    check_parquet(tmp_path / "manifest.parquet", "'m'")
    assert len(read_collection(tmp_path / "manifest.parquet").items) == 50_000


def test_large_values_for_many_cells_are_read_row_by_row(tmp_path: Path) -> None:
    lump = pa.array([b"x" * 9_000_000] * 20, pa.binary())
    many = pa.array([np.random.default_rng(i).bytes(5_000) for i in range(3000)], pa.binary())
    for name, column in (("lump", lump), ("many", many)):
        pq.write_table(pa.table({"image": column}), tmp_path / f"{name}.parquet")
        assert has_lumps(tmp_path / f"{name}.parquet", 1) == (name == "lump")


def test_decoded_bytes_are_those_of_the_unpacked_array() -> None:
    words = pa.array(["one", "twenty", None, "one"])
    assert decoded_bytes(words.dictionary_encode()) >= 12
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([1_000_000], pa.int32()), pa.array([7], pa.int64()))
    assert decoded_bytes(runs) >= 8_000_000
    nested = pa.array([{"a": ["x"], "b": 1}, {"a": ["x", "x"], "b": 2}])
    assert decoded_bytes(nested) > 16
