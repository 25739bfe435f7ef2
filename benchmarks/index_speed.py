"""Nearest neighbours through Lance's IVF index on disk: recall@10 against an exact pass, beside time and memory.

python benchmarks/index_speed.py [--rows 1000000] [--width 64] [--cells N] [--folder DIR]

Rows lie around 20,000 centres of uneven size, as embeddings of a catalogue do; queries are fresh rows of the same kind.
Each step runs in a process of its own, whose peak memory is printed. 10,000,000 x 64 need 3.3 GB of disk, which are
freed at the end.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.store.vector_index import VectorIndex

CENTRES, BLOCK, QUERIES = 20_000, 250_000, 100


def rows_of(count: int, width: int, seed: int) -> np.ndarray:
    """Rows (count, width) around the centres; the noise is as long as the distance between near centres."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((CENTRES, width)).astype(np.float32)
    which = (CENTRES * rng.random(count) ** 2).astype(int)  # low numbers are taken more often
    return centres[which] + np.float32(0.7) * rng.standard_normal((count, width), np.float32)


def blocks(rows: int, width: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Ids and rows, a block at a time."""
    for start in range(0, rows, BLOCK):
        count = min(BLOCK, rows - start)
        yield np.arange(start, start + count).astype(str), rows_of(count, width, 1 + start)


def step(name: str, rows: int, width: int, folder: Path, cells: int | None) -> None:
    """Run one step and print its seconds and peak memory."""
    index = VectorIndex(folder)
    start, used = time.perf_counter(), time.process_time()
    if name == "write":
        index.add(blocks(rows, width))
    elif name == "build":
        index.build(cells)
    else:
        measure(index, width)
    took, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{name:8} {took:9.1f} s   {used:9.1f} s of processor time   peak {peak:7.0f} MB", flush=True)


def measure(index: VectorIndex, width: int) -> None:
    """Recall and time of single queries at several settings, after one pass that warms up."""
    points = rows_of(QUERIES, width, 10**9)
    start = time.perf_counter()
    used = time.process_time()
    exact = index.nearest_exactly(points, 10)
    took, used = time.perf_counter() - start, time.process_time() - used
    print(f"exact pass: {took:.1f} s, {used:.1f} s of processor time, for {QUERIES} queries over {len(index):,} rows")
    print(f"{'probes':>7}{'refined':>9}{'recall@10':>11}{'median ms':>11}{'p95 ms':>9}{'cpu ms':>9}")
    for probes, refined in ((8, 10), (16, 10), (32, 10), (64, 5), (64, 10), (64, 50), (128, 10)):
        index.nearest(points, 10, probes=probes, refined=refined)
        times, found, used = [], [], time.process_time()
        for point in points:
            start = time.perf_counter()
            found += index.nearest(point[None], 10, probes=probes, refined=refined).ids.tolist()
            times.append(1000 * (time.perf_counter() - start))
        used = 1000 * (time.process_time() - used) / len(points)
        recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.ids, found)])
        low, high = np.percentile(times, [50, 95])
        print(f"{probes:7}{refined:9}{recall:11.3f}{low:11.1f}{high:9.1f}{used:9.1f}", flush=True)


def main() -> None:
    """Run the steps, each in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--cells", type=int, help="cells of the index (default: as the program chooses)")
    parser.add_argument("--folder", type=Path, help="where the vectors lie (default: a temporary folder)")
    parser.add_argument("--step", choices=("write", "build", "measure"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        return step(args.step, args.rows, args.width, args.folder, args.cells)
    made = Path(tempfile.mkdtemp(prefix="mmalign-index-", dir=args.folder))
    need, free = args.rows * args.width * 4 * 1.6, shutil.disk_usage(made).free
    try:
        if free < 2 * need:
            sys.exit(f"{need / 1e9:.1f} GB of disk are needed, twice that free; {free / 1e9:.1f} GB are")
        print(f"{args.rows:,} x {args.width}, {args.rows * args.width * 4 / 1e9:.2f} GB of vectors")
        for name in ("write", "build", "measure"):
            own = [sys.executable, __file__, "--rows", str(args.rows), "--width", str(args.width)]
            own += ["--cells", str(args.cells)] if args.cells else []
            subprocess.run([*own, "--folder", str(made), "--step", name], check=True)
        size = sum(file.stat().st_size for file in made.rglob("*") if file.is_file())
        print(f"{size / 1e9:.2f} GB on disk")
    finally:
        shutil.rmtree(made)


if __name__ == "__main__":
    main()
