"""Exact top-10 of 5,000 queries over 100,000 x 512, beside faiss' own flat index alone, taking turns.

python benchmarks/topk_speed.py [queries] [candidates] [rounds]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.neighbours import top_k


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


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(queries: int = 5_000, candidates: int = 100_000, rounds: int = 5) -> None:
    """Medians over alternating rounds, and whether both found the same."""
    rng = np.random.default_rng(0)
    q, c = (rng.standard_normal((n, 512), dtype=np.float32) for n in (queries, candidates))
    same = float((top_k(q, c, 10)[1] == flat_index(q, c)[1]).mean())
    search = filled_index(q, c)
    works = {"ours": lambda: top_k(q, c, 10), "fill and search": lambda: flat_index(q, c), "search only": search}
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds):
        for name in list(works)[turn % 3 :] + list(works)[: turn % 3]:
            times[name].append(seconds(works[name]))
    ours = float(np.median(times["ours"]))
    print(f"top-10 of {queries:,} over {candidates:,} x 512, {faiss.omp_get_max_threads()} threads, {rounds} rounds")
    print(f"{'ours':24}{ours:8.3f} s, indices equal to faiss': {same:.6f}")
    for name in ("fill and search", "search only"):
        reference = float(np.median(times[name]))
        print(f"{'IndexFlatIP ' + name:32}{reference:8.3f} s   ratio {ours / reference:.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
