"""Use case: the speed of this machine, by small benchmarks on synthetic vectors, each with a plain reference."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.scoring.neighbours import top_k
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.comparison.comparison import compare
from mmalign_core.workflow.encoding import Encoding

ROUNDS = 3
"""Rounds, of which the best counts: a single one may be slowed by other work of the machine."""
ALIGNERS = ("procrustes", "ridge", "cca", "infonce-linear")


def bench(name: str, *, store: Store, seed: int = 0, progress: Progress = no_progress) -> dict[str, Any]:
    """Run the benchmark of that name. BadInput lists the names if there is none."""
    if name not in BENCHES:
        raise BadInput(f"unknown benchmark '{name}'; choose one of: {', '.join(BENCHES)}")
    return {"bench": name, "cores": os.cpu_count(), "seed": seed, **BENCHES[name](store, seed, progress)}


def bench_topk(store: Store, seed: int, progress: Progress) -> dict[str, Any]:
    """Exact top-10 of 1,000 queries over 20,000 x 256, compared with a matrix product and a partial sort in numpy.

    Both alternate, and the best of three rounds counts. `same`: share of equal indices.
    """
    rng = np.random.default_rng(seed)
    queries, candidates = (rng.standard_normal((n, 256), dtype=np.float32) for n in (1_000, 20_000))
    times: dict[str, list[float]] = {"ours": [], "numpy": []}
    found: dict[str, np.ndarray] = {}
    for turn in range(ROUNDS):
        progress(turn / ROUNDS, f"round {turn + 1} of {ROUNDS}")
        for which, search in (("ours", _exact_search), ("numpy", _product)):
            start = time.perf_counter()
            found[which] = search(queries, candidates)
            times[which].append(time.perf_counter() - start)
    seconds = {which: round(min(taken), 4) for which, taken in times.items()}
    sizes = {"queries": len(queries), "candidates": len(candidates), "dimensions": 256, "k": 10}
    same = float((found["ours"] == found["numpy"]).mean())
    return {**sizes, "seconds": seconds, "ratio": round(seconds["ours"] / seconds["numpy"], 4), "same": same}


def bench_align(store: Store, seed: int, progress: Progress) -> dict[str, Any]:
    """Four aligners on 2,000 synthetic pairs of 256 and 128 dimensions that share 32, a fifth held out."""
    entries = [Choices(aligner=name, test=0.2, seed=seed) for name in ALIGNERS]
    rows = compare(*_made_up(2_000, seed), entries, store=store, progress=progress).rows
    kept = ("aligner", "seconds", "infer_seconds_per_1000", "added_mb", "quality", "metrics", "error")
    return {"pairs": 2_000, "rows": [{name: row[name] for name in kept} for row in rows]}


BENCHES: dict[str, Callable[[Store, int, Progress], dict[str, Any]]] = {"topk": bench_topk, "align": bench_align}


def _exact_search(queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    return top_k(queries, candidates, 10)[1]


def _product(queries: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    scores = queries @ candidates.T
    best = np.argpartition(-scores, 10, axis=1)[:, :10]
    return np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)


def _made_up(pairs: int, seed: int) -> tuple[Collection, Encoding]:
    rng = np.random.default_rng(seed)
    latent, ids = rng.standard_normal((pairs, 32)), tuple(f"{n:05d}" for n in range(pairs))
    sets = {}
    for modality, width in (("image", 256), ("text", 128)):
        vectors = latent @ rng.standard_normal((32, width)) + 15 * rng.standard_normal((pairs, width))
        keys = tuple(modality + item for item in ids)
        sets[modality] = EmbeddingSet(modality, ids, keys, vectors.astype(np.float32), "made-up@1")
    collection = Collection("made up", pd.DataFrame(index=list(ids)), (), vectors=sets)
    return collection, Encoding(sets, dict.fromkeys(sets, "made-up@1"), {}, (), {})
