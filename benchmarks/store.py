"""Write and look up 20,000 x 512 embeddings: the store beside bare LanceDB (one append, one whole read).

python benchmarks/store.py [rows] [dim]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.store import Store


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best(work: Callable[[], object], repeats: int = 5) -> float:
    """The fastest of several calls."""
    return min(seconds(work) for _ in range(repeats))


def line(what: str, ours: float, reference: float) -> None:
    """One row of the table."""
    print(f"{what:<34} {ours:9.3f} s {reference:9.3f} s {ours / reference:7.2f}")


def bare_table(folder: str, digests: list[str], vectors: np.ndarray) -> Callable[[str], object]:
    """Name -> one append of everything with LanceDB alone."""
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    rows = pa.table({"digest": digests, "vector": flat})
    return lambda name: lancedb.connect(folder).create_table(name, rows)


def main(rows: int = 20_000, dim: int = 512) -> None:
    """Print ours, reference and their ratio for each case."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((rows, dim), dtype=np.float32)
    digests = [rng.bytes(16).hex() for _ in range(rows)]
    shuffled = [digests[i] for i in rng.permutation(rows)]
    with tempfile.TemporaryDirectory() as folder:
        store, write_bare = Store(folder), bare_table(f"{folder}/bare", digests, vectors)
        write_bare("warm")
        reference = seconds(lambda: write_bare("bare"))
        table = lancedb.connect(f"{folder}/bare").open_table("bare")
        read_bare = best(lambda: table.search().to_arrow())
        print(f"{rows:,} x {dim:<27} {'ours':>11} {'LanceDB':>11} {'ratio':>7}")
        for size in (rows, 256, 16):
            key = f"batches of {size}"

            def write(size: int = size, key: str = key) -> None:
                for at in range(0, rows, size):
                    store.add_embeddings(key, digests[at : at + size], vectors[at : at + size])

            line(f"write, {key}", seconds(write), reference)
            line("  look up all, shuffled", best(lambda key=key: store.embeddings(key, shuffled)), read_bare)
            line("  look up 1,000", best(lambda key=key: store.embeddings(key, shuffled[:1000])), read_bare)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
