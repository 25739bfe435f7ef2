"""Vectors of one's own: seconds to read n of them from .npz, Parquet and Lance, beside the library's plain load.

    python -m benchmarks.own_vectors --rows 100000 --width 512

Ours checks every id and value, digests every vector and gives a collection; the plain load gives the array alone.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings


def main() -> None:
    """Write the files below a temporary folder, read each twice and print the faster time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=512)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        vectors = np.random.default_rng(0).standard_normal((args.rows, args.width), dtype=np.float32)
        plain = _write(Path(folder), vectors)
        settings = Settings(root=Path(folder) / "store")
        print(f"{args.rows:,} x {args.width} float32, {vectors.nbytes / 1e6:.0f} MB; seconds, ours / plain load")
        for name, load in plain.items():
            found = read_collection(Path(folder) / name, settings=settings)
            assert np.array_equal(found.vectors["image"].vectors, vectors), f"{name} gives other vectors"
            ours = _seconds(lambda name=name: read_collection(Path(folder) / name, settings=settings))
            print(f"{name:10} {ours:6.2f} / {_seconds(load):.2f}")


def _write(folder: Path, vectors: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Name of each file -> its library's plain load."""
    import lancedb
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = [f"item {n}" for n in range(len(vectors))]
    np.savez(folder / "v.npz", ids=np.array(ids), image=vectors)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    table = pa.table({"id": ids, "image_vector": column})
    pq.write_table(table, folder / "v.parquet")
    base = lancedb.connect(folder)
    base.create_table("v", table)
    return {
        "v.npz": lambda: dict(np.load(folder / "v.npz")),
        "v.parquet": lambda: pq.read_table(folder / "v.parquet"),
        "v.lance": lambda: base.open_table("v").to_arrow(),
    }


def _seconds(run: Callable[[], Any]) -> float:
    """The faster of two."""
    times = []
    for _ in range(2):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
