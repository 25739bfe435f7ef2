"""Linear aligners on Fashion-MNIST halves against known numbers, then what they reach with their own choices.

python benchmarks/fashion_halves.py

R@1 left to right in percent, among the first 1,000 and among all 10,000 test pictures. "first" fits on the first N
training pictures as the reference did, "3 draws" on three random draws of N: mean and standard deviation.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.fashion import candidates, pairs, places, recall_at_1
from mmalign_core.aligners import ALIGNERS
from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES

FIXED = {"reg": 0.1, "dims": 128}
"""The reference's absolute ridge of 0.01, in units of the mean variance of a pixel (0.1)."""
ROWS = (
    ("Procrustes", 1_000, "procrustes", {}, (34.9, None)),
    ("regularised CCA", 1_000, "cca", FIXED | {"weighting": 0}, (49.5, None)),
    ("weighted CCA", 1_000, "cca", FIXED | {"weighting": 1}, (52.5, 35.1)),
    ("weighted CCA", 10_000, "cca", FIXED | {"weighting": 1}, (65.2, 43.6)),
    ("CCA, own choices", 1_000, "cca", {}, (None, None)),
    ("CCA, own choices", 10_000, "cca", {}, (None, None)),
    ("PLS", 1_000, "pls", {}, (None, None)),
    ("ridge", 1_000, "ridge", {}, (None, None)),
    ("ridge", 10_000, "ridge", {}, (None, None)),
    ("distance, L-BFGS", 1_000, "distance", {"reg": 0.1, "dims": 128}, (None, None)),
    ("distance, unconstrained", 1_000, "distance", {"reg": 0.1, "dims": 128, "constraint": "none"}, (None, None)),
)
"""What, pairs, aligner, parameters, reference R@1 at 1,000 and at 10,000 (computed apart from this code)."""
SEEDS = (0, 1, 2)


def measured(aligner: str, params: Mapping[str, Any], n: int, seed: int | None) -> tuple[float, float, float]:
    """R@1 among 1,000 and 10,000, and the seconds of the fit."""
    model, sets = ALIGNERS.create(aligner, **params), pairs(n, seed)
    start = time.perf_counter()
    model.fit(sets)
    seconds = time.perf_counter() - start
    left, right = places(model, candidates())
    return recall_at_1(left[:1000], right[:1000]), recall_at_1(left, right), seconds


def table() -> None:
    """A row an aligner and number of pairs."""
    print(f"{'':26}{'pairs':>7}{'G':>7}{'first':>8}{'reference':>11}{'3 draws':>14}{'fit s':>8}")
    for what, n, aligner, params, references in ROWS:
        first = measured(aligner, params, n, None)
        drawn = np.array([measured(aligner, params, n, seed) for seed in SEEDS])
        for column, (g, reference) in enumerate(zip((1_000, 10_000), references)):
            known = f"{reference:11.1f}" if reference else f"{'':11}"
            spread = f"{drawn[:, column].mean():8.1f} ±{drawn[:, column].std(ddof=1):4.1f}"
            print(f"{what:26}{n:7}{g:7}{first[column]:8.1f}{known}{spread}{first[2]:8.2f}", flush=True)


def decisions() -> None:
    """Corrections and matchers on the weighted CCA of 10,000 pairs."""
    model = ALIGNERS.create("cca", **FIXED, weighting=1).fit(pairs(10_000))
    left, right = places(model, candidates())
    cosine = SIMILARITIES.create("cosine")
    corrected = CORRECTIONS.create("csls", k=10).scores(cosine, left, right)
    hits = corrected.top_k(1)[1][:, 0] == np.arange(len(left))
    print(f"{'CSLS (k=10), R@1 of 10,000':40}{100 * hits.mean():8.1f}{48.4:8.1f}")
    scores = Scores(cosine, left[:1000], right[:1000])
    mutual = MATCHERS.create("mutual").match(scores)
    print(
        f"{'mutual neighbours of 1,000, precise %':40}{100 * (mutual.sources == mutual.targets).mean():8.1f}{92.4:8.1f}"
    )
    print(f"{'mutual neighbours of 1,000, coverage %':40}{len(mutual.sources) / 10:8.1f}{62.9:8.1f}")
    for name, params, reference in (("hungarian", {}, 72.8), ("sinkhorn", {"tau": 0.05}, 73.3)):
        found = MATCHERS.create(name, **params).match(scores)
        print(f"{name + ' of 1,000, correct %':40}{(found.sources == found.targets).sum() / 10:8.1f}{reference:8.1f}")


if __name__ == "__main__":
    table()
    print(f"\n{'weighted CCA, 10,000 pairs':40}{'ours':>8}{'ref.':>8}")
    decisions()
