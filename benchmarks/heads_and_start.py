"""Trained heads beside the linear start that they begin at, on held-out items of real collections.

    python benchmarks/heads_and_start.py [collection,...] [--aligners a,b] [--param NAME=VALUE ...]

R@10 in percent over all queries of both directions and all folds (accuracy on the ten classes of esc10), the difference
from the linear start (regularised CCA whose ridge held-out training pairs choose) with its paired 95% interval by
bootstrap over items, in how many folds training kept the start, and CPU seconds of a fit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.collections_held_out import NAMES, HeldOut, collection, recall
from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.linear.base import centred_examples
from mmalign_core.aligners.linear.ridge_search import start_from_cca
from mmalign_core.aligners.pairs import paired_rows
from mmalign_core.aligners.training.holdout import hold_out, keep_all
from mmalign_core.params import parse_assignments
from mmalign_core.types import EmbeddingSet

Sets = Mapping[str, EmbeddingSet]
HEADS = "infonce-linear,infonce-mlp,cnn,rnn,transformer"
DRAWS = 2000
"""Bootstrap samples."""


def folds(data: HeldOut) -> list[tuple[Sets, Sets]]:
    """Training and test sets of each fold."""

    def of(items: Iterable[str]) -> Sets:
        return {modality: rows.of_items(list(items)) for modality, rows in data.sets.items()}

    return [(of(part.train), of(part.test)) for part in data.parts]


def start_places(train: Sets, test: Sets) -> dict[str, np.ndarray]:
    """Places (n, k) of the test rows by the linear start alone."""
    pairs = paired_rows(train, "start")
    _, ridge = start_from_cca("start", train, hold_out(pairs), 128)
    maps, _ = start_from_cca("start", train, keep_all(pairs), 128, ridge)
    centres = centred_examples("start", train, pairs)[1]
    return {m: (s.vectors - centres[m]) @ maps[m] for m, s in test.items()}


def queries(test: Sets) -> np.ndarray:
    """The item of each query, in the order of `recall`."""
    return np.concatenate([np.asarray(s.ids) for s in test.values()])


def interval(difference: np.ndarray, items: np.ndarray) -> tuple[float, float]:
    """The 95% interval of the mean difference in percent, by resampling items."""
    names, number = np.unique(items, return_inverse=True)
    total, many = np.bincount(number, difference), np.bincount(number)
    drawn = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    low, high = np.percentile(100 * total[drawn].sum(1) / many[drawn].sum(1), (2.5, 97.5))
    return float(low), float(high)


def main() -> None:
    """A row for the start and each head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="?", default=",".join(NAMES))
    parser.add_argument("--aligners", default=HEADS)
    parser.add_argument("--param", action="append", default=[])
    args = parser.parse_args()
    for name in args.collections.split(","):
        names = args.aligners.split(",")
        reads = any(ALIGNERS.get(aligner).needs_sequences for aligner in names)
        data = collection(name, *(["cnn"] if reads else []))
        parts = folds(data)
        items = np.concatenate([queries(test) for _, test in parts])
        start = np.concatenate([recall(start_places(train, test), test, data.k) for train, test in parts])
        print(f"{name:12}{'linear start':16}{100 * start.mean():7.1f}{'':24} of {len(start)}", flush=True)
        for aligner in names:
            found, kept, clock = [], 0, time.process_time()
            for train, test in parts:
                model = ALIGNERS.create(aligner, **parse_assignments(args.param)).fit(train)
                kept += model.start_kept
                found.append(recall({m: model.transform(s) for m, s in test.items()}, test, data.k))
            seconds, hits = (time.process_time() - clock) / len(parts), np.concatenate(found)
            low, high = interval(hits.astype(float) - start, items)
            difference = 100 * (hits.mean() - start.mean())
            cells = f"{100 * hits.mean():7.1f}{difference:+8.1f} [{low:+5.1f}, {high:+5.1f}]"
            print(f"{'':12}{aligner:16}{cells}  kept {kept} of {len(parts)}{seconds:8.1f} s", flush=True)


if __name__ == "__main__":
    main()
