"""How fast a collection is read, beside plain pyarrow and NumPy on the same file in the same run.

Each case runs in a process of its own: processor and wall seconds, and the peak of its resident memory. The table of
vectors holds `id`, `text`, `kind`, `price`, `image_vector` and `text_vector`; the others hold texts alone, or own
vectors beside ids.

    python benchmarks/reading_speed.py [--items 1000000] [--dim 64] [--only inspect] --json -
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

_KINDS = ("shoe", "shirt", "lamp", "book", "toy")
_BATCH = 50_000
"""Rows that are made and written at a time, so that making the files takes little memory."""
_WORDS = ("red", "old", "small", "wooden", "warm", "plain", "soft", "long", "green", "light", "iron", "paper")
_SEED = 0


def _texts(first: int, count: int) -> list[str]:
    """Short titles, each of its own."""
    rng = np.random.default_rng(first)
    words = rng.choice(_WORDS, (count, 5)).tolist()
    return [f"{' '.join(row)} number {first + at}" for at, row in enumerate(words)]


def write_vectors(path: Path, items: int, dim: int) -> None:
    """A Parquet of items with a text, a kind, a price and two vectors each."""
    import pyarrow.parquet as pq

    rng, writer = np.random.default_rng(_SEED), None
    for start in range(0, items, _BATCH):
        count = min(_BATCH, items - start)
        columns: dict[str, Any] = {
            "id": [f"item{start + i}" for i in range(count)],
            "text": _texts(start, count),
            "kind": rng.choice(_KINDS, count),
            "price": rng.uniform(1, 99, count).round(2),
        }
        for name in ("image_vector", "text_vector"):
            flat = pa.array(rng.standard_normal(count * dim, dtype=np.float32))
            columns[name] = pa.ListArray.from_arrays(pa.array(np.arange(count + 1, dtype=np.int32) * dim), flat)
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def write_texts(folder: Path, items: int) -> None:
    """`texts.csv` and `texts.parquet` of items with a text and a kind."""
    import pyarrow.csv
    import pyarrow.parquet as pq

    rng = np.random.default_rng(_SEED)
    ids = [f"item{i}" for i in range(items)]
    table = pa.table({"id": ids, "text": _texts(0, items), "kind": rng.choice(_KINDS, items)})
    pq.write_table(table, folder / "texts.parquet")
    pyarrow.csv.write_csv(table, folder / "texts.csv")


def write_arrays(folder: Path, items: int, dim: int) -> None:
    """`own/` with image_vector.npy and ids.txt, and `own.npz` with both inside."""
    vectors = np.random.default_rng(_SEED).standard_normal((items, dim), dtype=np.float32)
    ids = np.array([f"item{i}" for i in range(items)])
    (folder / "own").mkdir(exist_ok=True)
    np.save(folder / "own" / "image_vector.npy", vectors)
    (folder / "own" / "ids.txt").write_text("\n".join(ids))
    np.savez(folder / "own.npz", ids=ids, image_vector=vectors)


def _plain_parquet(path: Path) -> None:
    import pyarrow.parquet as pq

    pq.read_table(path)


def _plain_csv(path: Path) -> None:
    import pyarrow.csv

    pyarrow.csv.read_csv(path)


def _plain_npy(path: Path) -> None:
    np.load(path / "image_vector.npy")
    (path / "ids.txt").read_text().split("\n")


def _plain_npz(path: Path) -> None:
    with np.load(path) as arrays:
        _ = [arrays[name] for name in arrays.files]


def _read(path: Path) -> None:
    from mmalign_core.data import read_collection

    read_collection(path)


def _inspect(path: Path) -> None:
    from mmalign_core.data import inspect_collection, read_collection

    inspect_collection(read_collection(path))


CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "inspect": (_inspect, "vectors.parquet"),
    "read vectors": (_read, "vectors.parquet"),
    "pyarrow vectors": (_plain_parquet, "vectors.parquet"),
    "read own .npy": (_read, "own"),
    "numpy .npy": (_plain_npy, "own"),
    "read own .npz": (_read, "own.npz"),
    "numpy .npz": (_plain_npz, "own.npz"),
    "read texts.csv": (_read, "texts.csv"),
    "pyarrow texts.csv": (_plain_csv, "texts.csv"),
    "read texts.parquet": (_read, "texts.parquet"),
    "pyarrow texts.parquet": (_plain_parquet, "texts.parquet"),
}


def _measured(name: str, path: Path) -> dict[str, float]:
    """What one case took, in this process; the imports are not counted, their memory is."""
    import mmalign_core.data  # noqa: F401

    resting = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, processor = time.perf_counter(), time.process_time()
    CASES[name][0](path)
    taken = time.process_time() - processor, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "cpu_s": round(taken[0], 2),
        "wall_s": round(taken[1], 2),
        "peak_mb": round(peak),
        "imports_mb": round(resting),
    }


def main() -> None:
    """Make the files, run each case in a child, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000, help="rows of the table of vectors")
    parser.add_argument("--dim", type=int, default=64, help="numbers of each vector of the table")
    parser.add_argument("--texts", type=int, default=2_000_000, help="rows of the tables of texts")
    parser.add_argument("--own", type=int, default=100_000, help="rows of the own vectors, of 512 numbers")
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--folder", default="", help="where the files lie; those that are there are not made again")
    parser.add_argument("--case", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    parser.add_argument("--json", default="-", help="'-' prints")
    args = parser.parse_args()
    if args.case:
        print(json.dumps(_measured(args.case[0], Path(args.case[1]))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(args.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {name: folder / case[1] for name, case in CASES.items() if args.only in name}
        _make(folder, {path.name for path in wanted.values()}, args)
        results = {}
        for name, path in wanted.items():
            command = [sys.executable, __file__, "--case", name, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results[name] = json.loads(done.stdout.splitlines()[-1])
            print(f"{name:24} {results[name]}", file=sys.stderr)
    whole = json.dumps({"items": args.items, "dim": args.dim, "texts": args.texts, "own": args.own, "cases": results})
    print(whole) if args.json == "-" else Path(args.json).write_text(whole)


def _make(folder: Path, names: set[str], args: argparse.Namespace) -> None:
    if "vectors.parquet" in names and not (folder / "vectors.parquet").exists():
        write_vectors(folder / "vectors.parquet", args.items, args.dim)
    if {"own", "own.npz"} & names and not (folder / "own.npz").exists():
        write_arrays(folder, args.own, 512)
    if {"texts.csv", "texts.parquet"} & names and not (folder / "texts.csv").exists():
        write_texts(folder, args.texts)


if __name__ == "__main__":
    main()
