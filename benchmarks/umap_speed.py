"""UMAP of 20,000 x 512: our map beside umap-learn's defaults and embedding-atlas, in a fresh process and warm.

    python benchmarks/umap_speed.py [--repeats 3] [--cold-repeats 3] [--rows 20000]

Cold: a new process each time, from its start to the finished map; imports and compilation are inside, and numba's
cache folder is empty ("first map") or holds an earlier run ("restart"). Warm: all engines in one process, after one
map each. The engines take turns and the medians are printed, CPU time (all threads) beside wall time, since a
neighbour on the machine lengthens the wall time. Our time includes measuring the map's quality, theirs does not.
Rows have unit length, so umap-learn's default Euclidean metric and the cosine see the same neighbours.
Trustworthiness and overlap: mmalign_core.projection.map_quality, the same sampled rows for every map.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FASHION = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
RIVALS = {"umap-learn": "umap", "embedding-atlas": "embedding_atlas"}


def mixture(rows: int, dims: int = 512, groups: int = 40) -> np.ndarray:
    """Groups around random centres, each with its own few strong directions and noise in all: unit rows."""
    rng = np.random.default_rng(0)
    label = rng.integers(groups, size=rows)
    out = rng.normal(size=(groups, dims))[label] * 0.6 + rng.normal(size=(rows, dims)) * 0.3
    for group in range(groups):
        axes = rng.normal(size=(rng.integers(4, 20), dims)) * 0.5
        axes *= np.linspace(1, 0.2, len(axes))[:, None]
        inside = label == group
        out[inside] += rng.normal(size=(inside.sum(), len(axes))) @ axes
    return _unit(out)


def fashion(rows: int, dims: int = 512) -> np.ndarray:
    """Pictures of Fashion-MNIST (Debian package dataset-fashion-mnist), randomly projected: unit rows."""
    pixels = np.frombuffer(gzip.decompress(FASHION.read_bytes()), np.uint8, offset=16).reshape(-1, 784)[:rows]
    return _unit(pixels @ np.random.default_rng(0).normal(size=(784, dims)))


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def draw(engine: str, vectors: np.ndarray, seed: int) -> np.ndarray:
    """The map (n, 2) by one engine; the rivals run as they come, without a seed, which is their fastest way."""
    if engine == "ours":
        from mmalign_core.projection import project

        return project(vectors, seed=seed).coordinates
    if engine == "umap-learn":
        import umap

        return umap.UMAP().fit_transform(vectors)
    # what its compute_projection runs once it has the vectors
    from embedding_atlas.projection import _run_umap  # pyright: ignore[reportMissingImports]

    return _run_umap(vectors).projection


def cold(engine: str, vectors: Path, cache: str) -> tuple[float, float]:
    """Wall and CPU seconds of a fresh process that loads the vectors and draws one map."""
    command = [sys.executable, __file__, "--draw", engine, "--vectors", str(vectors)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, env={**os.environ, "NUMBA_CACHE_DIR": cache})
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_cold(path: Path, repeats: int) -> None:
    """Prints first maps and restarts of ours and umap-learn."""
    kept = {engine: tempfile.mkdtemp() for engine in ("ours", "umap-learn")}
    for name in ("first map", "restart"):
        times: dict[str, list[tuple[float, float]]] = {engine: [] for engine in kept}
        for turn in range(repeats):
            for engine, filled in kept.items():
                fresh = filled if name == "restart" or turn == 0 else tempfile.mkdtemp()
                times[engine].append(cold(engine, path, fresh))
        show(f"cold, {name}", times, {})


def run_warm(vectors: np.ndarray, engines: list[str], repeats: int) -> None:
    """Prints maps drawn in this process, and how good they are."""
    from mmalign_core.projection import map_quality

    times: dict[str, list[tuple[float, float]]] = {engine: [] for engine in engines}
    quality: dict[str, list[tuple[float, float]]] = {engine: [] for engine in engines}
    for turn in range(repeats + 1):
        for engine in engines:
            began, cpu = time.perf_counter(), time.process_time()
            coordinates = draw(engine, vectors, turn)
            took = (time.perf_counter() - began, time.process_time() - cpu)
            if turn:  # the first turn compiles
                times[engine].append(took)
                found = map_quality(vectors, coordinates)
                quality[engine].append((found.trustworthiness, found.neighbour_overlap))
    show("warm", times, quality)


def show(title: str, times: dict, quality: dict) -> None:
    """One line an engine: median wall and CPU seconds, ours over the rival's, medians of the quality."""
    middle = {engine: [median(column) for column in zip(*rows)] for engine, rows in times.items()}
    for engine, (wall, cpu) in middle.items():
        mine = middle["ours"]
        ratio = "" if engine == "ours" else f"  ours/theirs: wall {mine[0] / wall:.2f} cpu {mine[1] / cpu:.2f}"
        trust, overlap = [median(column) for column in zip(*quality[engine])] if quality else (None, None)
        good = f"  trustworthiness {trust:.4f} overlap {overlap:.4f}" if quality else ""
        print(f"  {title:16} {engine:16} wall {wall:6.2f} s  cpu {cpu:6.2f} s{good}{ratio}", flush=True)


def main() -> None:
    """Runs both data sets, or one map for a fresh process (--draw)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cold-repeats", type=int, default=3)
    parser.add_argument("--data", choices=["mixture", "fashion"], action="append")
    parser.add_argument("--draw", help=argparse.SUPPRESS)
    parser.add_argument("--vectors", help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if given.draw:
        draw(given.draw, np.load(given.vectors), 0)
        return
    rivals = [name for name, package in RIVALS.items() if importlib.util.find_spec(package)]
    for name in RIVALS:
        if name not in rivals:
            print(f"{name} is not installed and left out: pip install {name}")
    for name in given.data or (["mixture", "fashion"] if FASHION.exists() else ["mixture"]):
        vectors = (mixture if name == "mixture" else fashion)(given.rows)
        load = os.getloadavg()[0]
        print(f"{name}: {vectors.shape[0]} x {vectors.shape[1]}, {os.cpu_count()} cores, load before {load:.1f}")
        with tempfile.TemporaryDirectory() as folder:
            np.save(path := Path(folder) / "vectors.npy", vectors)
            if given.cold_repeats and "umap-learn" in rivals:
                run_cold(path, given.cold_repeats)
        if given.repeats:
            run_warm(vectors, ["ours", *rivals], given.repeats)


if __name__ == "__main__":
    main()
