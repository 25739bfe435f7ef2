"""Aligners of a real collection measured fold by fold: the table that benchmarks of collections print."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.report import evaluation
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.splits import Split
from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, encode, open_collection
from mmalign_core.workflow.alignment.inputs import place, usable_sets

Sets = Mapping[str, EmbeddingSet]
SEEDS = (0, 1, 2)


def opened(manifest: str, pair: tuple[str, str]) -> tuple[Collection, Sets]:
    """The collection, and its pair of modalities by the embedded encoders, concepts placed in text space."""
    collection = open_collection(manifest)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        encoded = encode(collection, store=store).sets
        return collection, usable_sets(encoded, Choices(pair, aligner="bridge"), store, collection.media)


def judged(aligner: str, sets: Sets, parts: Sequence[Split], pair: tuple[str, str], seed: int) -> tuple[Mapping, float]:
    """Metrics of each direction over all folds, and the mean seconds of a fit."""
    spaces, seconds = [], 0.0
    for part in parts:
        start = time.perf_counter()
        model = ALIGNERS.create(aligner).fit({m: s.of_items(part.train) for m, s in sets.items()}, seed=seed)
        seconds += time.perf_counter() - start
        spaces.append({m: place(model, sets[m].of_items(part.test)) for m in pair})
    parts_of = SIMILARITIES.create("cosine"), CORRECTIONS.create("none"), MATCHERS.create("argmax")
    return evaluation(spaces, pair, Scoring(*parts_of, seed=seed)).report()["metrics"], seconds / len(parts)


def table(
    aligners: Sequence[str],
    sets: Sets,
    parts: Sequence[Split],
    pair: tuple[str, str],
    metrics: Sequence[str],
    goals: Mapping[str, str],
) -> None:
    """Mean and standard deviation over SEEDS of each metric in percent; `goals`: direction -> what was asked for."""
    print(f"{'':18}{'':14}" + "".join(f"{m:>16}" for m in metrics) + f"{'n':>7}{'fit s':>8}   goal")
    for aligner in aligners:
        runs = [judged(aligner, sets, parts, pair, seed) for seed in SEEDS]
        for way in runs[0][0]:
            found = np.array([[100 * metrics_of[way][m] for m in metrics] for metrics_of, _ in runs])
            cells = "".join(f"{a:10.1f} ±{b:4.1f}" for a, b in zip(found.mean(axis=0), found.std(axis=0, ddof=1)))
            seconds = np.mean([s for _, s in runs])
            print(
                f"{aligner:18}{way:14}{cells}{runs[0][0][way]['n']:7}{seconds:8.1f}   {goals.get(way, '')}", flush=True
            )
