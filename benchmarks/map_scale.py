"""Maps of many points: ours, umap-learn and embedding-atlas' projection, each in a fresh process, in one run.

    python benchmarks/map_scale.py [--rows 200000] [--dims 128] [--engine ours] [--atlas-python PYTHON] [--labels]

Wall and processor time (all threads) begin once the vectors are read, and compiling is done before. Our time includes
the quality of every state, theirs does not. Memory: the largest resident set of the process, with the vectors.
Trustworthiness and overlap: mmalign_core.projection.map_quality on the same 1,000 random rows for every map.
embedding-atlas may lie in an environment of its own, whose Python is given. Vectors: `mixture` of umap_speed.py.
--labels also times names at several levels and placing one query among all rows, warm.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from umap_speed import ROOT, fashion, mixture

ENGINES = ("ours", "umap-learn", "embedding-atlas")


def draw_ours(vectors: np.ndarray, say) -> np.ndarray:
    """Our map; each state is told with its quality."""
    sys.path.insert(0, str(ROOT))
    from mmalign_core.projection import project

    project(vectors[:300])
    say("")
    began, cpu = time.perf_counter(), time.process_time()

    def show(state) -> None:
        say(
            f"    state {state.done:4.0%}: after {time.perf_counter() - began:6.1f} s, cpu"
            f" {time.process_time() - cpu:6.1f} s, trustworthiness {state.trustworthiness:.4f}, overlap"
            f" {state.neighbour_overlap:.4f} of {state.quality_n:,}; {state.graph_words}"
        )

    return project(vectors, on_state=show).coordinates


def draw_umap(vectors: np.ndarray, say) -> np.ndarray:
    """umap-learn as it comes, without a seed, which is its fastest way."""
    import umap

    umap.UMAP().fit_transform(vectors[:2000])
    say("")
    return umap.UMAP().fit_transform(vectors)


def draw_atlas(vectors: np.ndarray, say) -> np.ndarray:
    """What embedding-atlas' compute_projection runs once it has the vectors."""
    from embedding_atlas.projection import _run_umap  # pyright: ignore[reportMissingImports]

    _run_umap(vectors[:2000])
    say("")
    return _run_umap(vectors).projection


def child(engine: str, folder: Path) -> None:
    """Draw one map and write it beside its cost. Time starts at its first word, said after compiling."""
    vectors = np.load(folder / "vectors.npy")
    begun: list[tuple[float, float]] = []

    def say(words: str) -> None:
        begun.append((time.perf_counter(), time.process_time()))
        if words:
            print(words, flush=True)

    draw = {"ours": draw_ours, "umap-learn": draw_umap, "embedding-atlas": draw_atlas}[engine]
    made = draw(vectors, say)
    wall, cpu = begun[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    cost = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "peak": peak}
    np.save(folder / "map.npy", made)
    (folder / "cost.json").write_text(json.dumps(cost))


def run(engine: str, python: str, folder: Path, vectors: np.ndarray) -> np.ndarray | None:
    """Draw the map in a fresh process and print its line; None if the engine is not there."""
    from mmalign_core.projection import map_quality

    command = [python, __file__, "--draw", engine, "--folder", str(folder)]
    if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        print(f"  {engine:16} failed or is not installed in {python}")
        return None
    cost, made = json.loads((folder / "cost.json").read_text()), np.load(folder / "map.npy")
    found = map_quality(vectors, made)
    print(
        f"  {engine:16} wall {cost['wall']:7.1f} s  cpu {cost['cpu']:7.1f} s  peak {cost['peak'] / 1e9:5.2f} GB "
        f" trustworthiness {found.trustworthiness:.4f}  overlap {found.neighbour_overlap:.4f}  n {found.n:,}",
        flush=True,
    )
    return made


def time_labels(vectors: np.ndarray, coordinates: np.ndarray) -> None:
    """Print the cost of the levels of labels (without their words), and of one placed query."""
    from mmalign_core.projection import Placer, Projection
    from mmalign_core.projection.hierarchy import density_levels

    began, cpu = time.perf_counter(), time.process_time()
    sizes = [len(level.sizes) for level in density_levels(coordinates)]
    took = time.perf_counter() - began, time.process_time() - cpu
    print(f"  levels of {sizes} groups: wall {took[0]:.1f} s cpu {took[1]:.1f} s")
    params = {"metric": "cosine", "n_neighbors": 15, "min_dist": 0.1}
    placer = Placer.of(Projection(coordinates, params, 0, 1.0, 1.0, 1000, 15, 0.0), vectors)
    times = []
    for row in range(12):
        began, cpu = time.perf_counter(), time.process_time()
        placer.place(vectors[row : row + 1])
        times.append((time.perf_counter() - began, time.process_time() - cpu))
    wall, cpu = (median(column) for column in zip(*times[2:]))
    print(f"  one query placed among {len(vectors):,}: wall {wall * 1e3:.0f} ms cpu {cpu * 1e3:.0f} ms (median of 10)")


def main() -> None:
    """Run every engine on the same vectors, or one of them in this process (--draw)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--dims", type=int, default=128)
    parser.add_argument("--data", choices=["mixture", "fashion"], default="mixture")
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--atlas-python", default=sys.executable)
    parser.add_argument("--labels", action="store_true")
    parser.add_argument("--draw", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.draw:
        child(given.draw, given.folder)
        return
    sys.path.insert(0, str(ROOT))
    vectors = (mixture if given.data == "mixture" else fashion)(given.rows, given.dims)
    print(f"{given.data}: {len(vectors):,} x {given.dims}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as scratch:
        np.save(Path(scratch) / "vectors.npy", vectors)
        for engine in given.engine or ENGINES:
            python = given.atlas_python if engine == "embedding-atlas" else sys.executable
            made = run(engine, python, Path(scratch), vectors)
            if given.labels and made is not None and engine == "ours":
                time_labels(vectors, made)


if __name__ == "__main__":
    main()
