"""How many rows an alignment without pairs needs: what it reaches on real collections, by the rows of either side.

    python benchmarks/unpaired_rows.py [rows,...] [--aligner unpaired] [--seeds 3]

Left and right halves of Fashion-MNIST, of other pictures on either side: R@10 in percent among 1,000 test pictures,
mean of both directions, each seed other pictures. Chance is 1. An easy case: halves show the same kinds of things, and
neighbouring pixels say the same on both sides.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.fashion import LEFT, RIGHT, candidates, halves, places
from mmalign_core.aligners import ALIGNERS
from mmalign_core.scoring.neighbours import top_k

CANDIDATES = 1000


def reached(aligner: str, rows: int, seed: int) -> float:
    """R@10 in percent of one fit."""
    order = np.random.default_rng(seed).permutation(60_000)
    sides = {LEFT: order[:rows], RIGHT: order[rows : 2 * rows]}
    sets = {side: halves("train", np.sort(picked))[side] for side, picked in sides.items()}
    model = ALIGNERS.create(aligner).fit(sets, seed=seed)
    left, right = places(model, candidates(CANDIDATES))
    own = np.arange(CANDIDATES)[:, None]
    return 50 * float(sum((top_k(a, b, 10)[1] == own).any(1).mean() for a, b in ((left, right), (right, left))))


def main() -> None:
    """A line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", default="100,300,1000,3000,10000")
    parser.add_argument("--aligner", default="unpaired")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    for rows in map(int, args.rows.split(",")):
        clock = time.process_time()
        found = [reached(args.aligner, rows, seed) for seed in range(args.seeds)]
        seconds = (time.process_time() - clock) / args.seeds
        each = ", ".join(f"{value:.1f}" for value in found)
        print(f"{args.aligner}: {rows:6} rows of either side: R@10 {each} %; {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
