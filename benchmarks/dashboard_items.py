"""A collection without media files: text and image vectors of one's own with a kind, a price and a title."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KINDS = ("shoe", "coat", "lamp", "chair", "cup", "book", "bag", "watch", "toy", "plant")
_WIDTH = 64
_NOISE = 1.4
"""Noise on a vector beside its item's place: some tenths of the queries then go wrong, as in real data."""


def write_items(folder: Path, count: int, seed: int = 0) -> Path:
    """Write `count` items of ten kinds to a Parquet file, and return its path."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, len(KINDS), count)
    places = rng.standard_normal((len(KINDS), _WIDTH))[kinds] + rng.standard_normal((count, _WIDTH))
    columns = {
        "id": [f"item{n:07d}" for n in range(count)],
        "title": [f"{KINDS[kind]} number {n}" for n, kind in enumerate(kinds)],
        "kind": [KINDS[kind] for kind in kinds],
        "price": np.round(rng.lognormal(3, 0.6, count), 2),
    }
    for modality in ("text", "image"):
        vectors = (places + _NOISE * rng.standard_normal((count, _WIDTH))).astype(np.float32)
        columns[f"{modality}_vector"] = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), _WIDTH)
    path = folder / "items.parquet"
    pq.write_table(pa.table(columns), path)
    return path
