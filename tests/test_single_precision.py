"""Numbers beyond single precision: rows are scaled before the cast, whichever way the vectors come in."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from mmalign_core.aligners.arrays import as_set
from mmalign_core.data import read_collection
from mmalign_core.data.in_memory import collection_from_arrays
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.single import single_rows

ROWS = np.random.default_rng(0).standard_normal((20, 8))
SCALES = (1e-200, 1e-308, 1e200, 1e300)


def same_directions(vectors: np.ndarray) -> bool:
    given = vectors.astype(np.float64)
    cosines = (given * ROWS).sum(1) / np.linalg.norm(given, axis=1) / np.linalg.norm(ROWS, axis=1)
    return vectors.dtype == np.float32 and bool((cosines > 0.999999).all())


def written(folder: Path, kind: str, rows: np.ndarray) -> Path:
    ids = [f"i{n}" for n in range(len(rows))]
    path = folder / ("vectors.npz" if kind == "npz" else f"manifest.{kind}")
    if kind == "npz":
        np.savez(path, ids=np.array(ids), image=rows)
    if kind == "parquet":
        pq.write_table(pa.table({"id": ids, "image_vector": pa.array(rows.tolist())}), path)
    if kind == "jsonl":
        lines = (json.dumps({"id": i, "image_vector": row.tolist()}) for i, row in zip(ids, rows))
        path.write_text("\n".join(lines))
    if kind == "csv":
        lines = (f'{i},"{json.dumps(row.tolist())}"' for i, row in zip(ids, rows))
        path.write_text("\n".join(["id,image_vector", *lines]))
    return path


@pytest.mark.parametrize("kind", ["npz", "parquet", "jsonl", "csv"])
@pytest.mark.parametrize("scale", SCALES)
def test_files_of_doubles_keep_their_directions(kind: str, scale: float, tmp_path: Path) -> None:
    read = read_collection(written(tmp_path, kind, ROWS * scale))
    assert len(read.items) == 20 and not read.skipped
    assert same_directions(read.vectors["image"].vectors)


@pytest.mark.parametrize("scale", SCALES)
def test_arrays_in_memory_keep_their_directions(scale: float) -> None:
    doubles = ROWS * scale
    assert same_directions(collection_from_arrays({"image": doubles}).vectors["image"].vectors)
    assert same_directions(collection_from_arrays({"image": torch.tensor(doubles)}).vectors["image"].vectors)
    assert same_directions(as_set("image", doubles).vectors)
    names = [str(n) for n in range(20)]
    assert same_directions(EmbeddingSet("image", names, names, doubles, "given@x").vectors)


def test_rows_within_the_range_are_cast_alone() -> None:
    assert (single_rows(ROWS) == ROWS.astype(np.float32)).all()
    single = ROWS.astype(np.float32)
    assert single_rows(single) is single
    assert (single_rows(np.array([[0.0, 0.0], [1e-200, 0.0]])) == [[0, 0], single_rows([[1e-200, 0]])[0]]).all()


def test_lengths_near_one_another_keep_their_ratio() -> None:
    near = single_rows(np.array([[1.0, 2.0], [3.0, 6.0]]) * 1e-200)
    assert near[1, 0] / near[0, 0] == pytest.approx(3)


def test_what_is_not_finite_is_still_told(tmp_path: Path) -> None:
    rows = ROWS * 1e200
    rows[3, 2] = np.inf
    read = read_collection(written(tmp_path, "npz", rows))
    assert [s.id for s in read.skipped] == ["i3"] and len(read.items) == 19
    with pytest.raises(BadInput, match="NaN or infinity"):
        as_set("image", rows)
