"""`align` as-is on n pairs of vectors, beside one exact search of faiss over the same numbers, taking turns.

    python -m benchmarks.measuring_speed --pairs 20000 --width 128

Ours measures both directions: ranks with ties, a shuffled baseline, hubs, the space and 1,000 resamples. The search
finds the 10 best of one direction. On a busy machine read the processor time: it does not count waiting.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable

import faiss
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.topk_speed import filled_index, seconds
from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, align, encode

NOISE = 3.0
"""Deviation of a partner's components from one's own, of deviation 1: half of the right answers then rank below 10."""


def pairs(n: int, width: int) -> dict[str, EmbeddingSet]:
    """Return n images and n texts of one space, each text near its image."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((n, width), dtype=np.float32)
    texts = images + np.float32(NOISE) * rng.standard_normal((n, width), dtype=np.float32)
    ids = tuple(f"item {i}" for i in range(n))
    keys = {m: tuple(f"{m} {i}" for i in range(n)) for m in ("image", "text")}
    return {m: EmbeddingSet(m, ids, keys[m], x, "given@1") for m, x in (("image", images), ("text", texts))}


def search(sets: dict[str, EmbeddingSet]) -> Callable[[], object]:
    """Return one exact search of the 10 best texts of every image, over unit rows."""
    queries, candidates = (x.vectors / np.linalg.norm(x.vectors, axis=1, keepdims=True) for x in sets.values())
    return filled_index(queries, candidates)


def main() -> None:
    """Measure both in turns, and print the best and the median of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    faiss.omp_set_num_threads(args.threads)
    sets = pairs(args.pairs, args.width)
    collection = Collection("pairs", pd.DataFrame(index=list(sets["image"].ids)), (), vectors=sets)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(args.threads):
        store = Store(folder)
        encoding = encode(collection, {}, store=store)
        works = {
            "align": lambda: align(collection, encoding, Choices(aligner="as-is"), store=store),
            "search": search(sets),
        }
        align(collection, encoding, Choices(aligner="as-is", test=0.2), store=store)  # compiles the loops once
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for _ in range(args.rounds):
            for name, work in works.items():
                times[name].append(seconds(work))
    print(f"{args.pairs:,} x {args.pairs:,} x {args.width}, {args.threads} threads, {args.rounds} rounds")
    print(f"{'':20}{'align':>10}{'search':>10}{'ratio':>8}")
    for clock, kind in enumerate(("wall", "processor")):
        for what, middle in (("best", min), ("median", np.median)):
            ours, theirs = (float(middle([t[clock] for t in times[name]])) for name in works)
            print(f"{kind + ' ' + what:20}{ours:8.2f} s{theirs:8.2f} s{ours / theirs:8.2f}")


if __name__ == "__main__":
    main()
