"""What is read of a Parquet file's description: as PyArrow reads it; damaged ones raise errors that can be caught."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.data import read_collection
from mmalign_core.store.parquet_chunks import column_chunks
from mmalign_core.types import BadInput


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table of many kinds of columns, in three row groups."""
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            "id": [f"item {i}" for i in range(300)],
            "text": pa.array(["some words", "others"] * 150).dictionary_encode(),
            "price": pa.array(rng.normal(size=300)),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(rng.normal(size=1200).astype(np.float32)), 4),
            "tags": [["a", "b"], []] * 150,
            "about": [{"place": "x", "year": 1}, {"place": None, "year": 2}] * 150,
            "day": pa.array([1, None] * 150, pa.date32()),
        }
    )
    options = {"row_group_size": 120, "use_dictionary": ["text"], "column_encoding": {"id": "DELTA_BYTE_ARRAY"}}
    pq.write_table(table, tmp_path / "manifest.parquet", compression="zstd", write_page_index=True, **options)
    return tmp_path / "manifest.parquet"


def test_chunks_are_those_of_pyarrow(path: Path) -> None:
    said = pq.read_metadata(path)
    found = list(column_chunks(path, said.num_columns))
    assert [at for at, _ in found] == list(range(said.num_columns)) * 3
    for (at, chunk), group in zip(found, np.repeat(range(3), said.num_columns), strict=True):
        theirs = said.row_group(int(group)).column(at)
        assert (chunk.values, chunk.unpacked) == (theirs.num_values, theirs.total_uncompressed_size)
        assert (chunk.packed, chunk.data_page) == (theirs.total_compressed_size, theirs.data_page_offset)
        assert (chunk.dictionary_page is not None) == theirs.has_dictionary_page
        told = {"PLAIN_DICTIONARY", "DELTA_BYTE_ARRAY", "RLE_DICTIONARY"}
        assert chunk.encodings & told == set(theirs.encodings) & told
    assert any("DELTA_BYTE_ARRAY" in chunk.encodings for _, chunk in found)


def test_a_damaged_description_is_an_error_of_arrow(path: Path) -> None:
    """Whatever byte of the description is another one: chunks, or the one error that is caught."""
    content, rng = path.read_bytes(), random.Random(1)
    length = int.from_bytes(content[-8:-4], "little")
    refused = 0
    for _ in range(400):
        harmed = bytearray(content)
        harmed[rng.randrange(len(content) - 8 - length, len(content))] = rng.randrange(256)
        path.write_bytes(harmed)
        try:
            assert all(at < 9 for at, _ in column_chunks(path, 9))
        except pa.ArrowInvalid:
            refused += 1
    assert refused > 40


def test_a_description_that_ends_the_program_in_pyarrow_is_refused_in_one_line(tmp_path: Path) -> None:
    """One more number in a chunk's histogram of levels: PyArrow's own reading of the chunk is not survived."""
    path = tmp_path / "manifest.parquet"
    pq.write_table(pa.table({"text": ["a", None, "c"]}), path)
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    code = "import sys, pyarrow.parquet as pq; pq.read_metadata(sys.argv[1]).row_group(0).column(0)"
    for at in range(len(content) - 8 - length, len(content) - 8):
        if content[at] != 0x26:  # a list of two whole numbers of 64 bits
            continue
        path.write_bytes(
            content[:at] + b"\x36\x00" + content[at + 1 : -8] + (length + 1).to_bytes(4, "little") + b"PAR1"
        )
        if subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True).returncode < 0:
            break
    else:
        pytest.skip("this PyArrow catches the error by itself")
    with pytest.raises(BadInput, match=r"not a readable .*write it again"):
        read_collection(path)


def test_a_file_that_states_more_rows_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.parquet"
    pq.write_table(pa.table({"id": list("abcdef"), "text": ["one", "two"] * 3}), path)
    content = path.read_bytes()
    stated = content.index(b"\x16\x0c", len(content) - 8 - int.from_bytes(content[-8:-4], "little"))
    path.write_bytes(content[:stated] + b"\x16\x0e" + content[stated + 2 :])
    assert pq.read_metadata(path).num_rows == 7
    with pytest.raises(BadInput, match=r"states 7 rows and holds 6.*write it again"):
        read_collection(path)
