"""Exact top-10 of 5,000 queries over 100,000 x 512, beside faiss' own flat index alone, taking turns.

python benchmarks/topk_speed.py [queries] [candidates] [rounds] [threads]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.scoring.neighbours import top_k


def flat_index(queries: np.ndarray, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The reference: fill an IndexFlatIP, then search it."""
    index = faiss.IndexFlatIP(candidates.shape[1])
    index.add(candidates)
    return index.search(queries, 10)


def filled_index(queries: np.ndarray, candidates: np.ndarray) -> Callable[[], object]:
    """The stricter reference: an index filled beforehand, only its search timed."""
    index = faiss.IndexFlatIP(candidates.shape[1])
    index.add(candidates)
    return lambda: index.search(queries, 10)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time and processor time of one call."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def main(queries: int = 5_000, candidates: int = 100_000, rounds: int = 5, threads: int = 2) -> None:
    """Alternating rounds, and whether both found the same. On a busy machine read processor time on 1 thread."""
    faiss.omp_set_num_threads(threads)
    rng = np.random.default_rng(0)
    q, c = (rng.standard_normal((n, 512), dtype=np.float32) for n in (queries, candidates))
    same = float((top_k(q, c, 10)[1] == flat_index(q, c)[1]).mean())
    works = {"ours": lambda: top_k(q, c, 10), "fill + search": lambda: flat_index(q, c), "search": filled_index(q, c)}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for turn in range(rounds):
        for name in list(works)[turn % 3 :] + list(works)[: turn % 3]:
            times[name].append(seconds(works[name]))
    print(
        f"top-10 of {queries:,} over {candidates:,} x 512, {threads} threads, {rounds} rounds, same indices {same:.6f}"
    )
    print(f"{'':28}{'ours':>9}{'IndexFlatIP':>13}{'ratio':>8}")
    for clock, kind in enumerate(("wall", "processor")):
        for what, middle in (("median", np.median), ("best", np.min)):
            ours, *references = (float(middle([t[clock] for t in times[name]])) for name in works)
            for name, reference in zip(list(works)[1:], references):
                row = f"{kind} {what}, {name}"
                print(f"{row:32}{ours:7.3f} s {reference:8.3f} s {ours / reference:9.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
