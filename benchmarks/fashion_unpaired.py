"""Alignment of Fashion-MNIST halves without a single pair, beside a reference implementation of mini-vec2vec.

python benchmarks/fashion_unpaired.py [adversarial …]

Left halves of the first 30,000 training pictures and right halves of the other 30,000: no picture is on both sides.
R@1 in percent among the first 1,000 and all 10,000 test pictures, mean and standard deviation over three seeds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.fashion import LEFT, RIGHT, candidates, halves, places, recall_at_1
from mmalign_core.aligners import ALIGNERS

SEEDS = (0, 1, 2)
REFERENCE = {"left to right, G=1000": "15.0-15.5"}


def measured(aligner: str, seed: int) -> dict[str, float]:
    """What one fit reaches and costs."""
    sets = {LEFT: halves("train", slice(30_000))[LEFT], RIGHT: halves("train", slice(30_000, 60_000))[RIGHT]}
    start = time.perf_counter()
    model = ALIGNERS.create(aligner).fit(sets, seed=seed)
    seconds = time.perf_counter() - start
    left, right = places(model, candidates())
    return {
        "left to right, G=1000": recall_at_1(left[:1000], right[:1000]),
        "right to left, G=1000": recall_at_1(right[:1000], left[:1000]),
        "left to right, G=10000": recall_at_1(left, right),
        "mutual neighbours, % of rows": 100 * model.history[-1]["mutual"],
        "seconds": seconds,
    }


def main(*aligners: str) -> None:
    """A block for each aligner."""
    print(f"{'30,000 + 30,000 rows, no pairs':44}{'ours':>8}{'±':>7}{'reference':>12}")
    for aligner in aligners or ("unpaired",):
        found = [measured(aligner, seed) for seed in SEEDS]
        for what in found[0]:
            values = np.array([each[what] for each in found])
            known = REFERENCE.get(what, "") if aligner == "unpaired" else ""
            print(f"{aligner + ': ' + what:44}{values.mean():8.1f}{values.std(ddof=1):7.1f}{known:>12}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
