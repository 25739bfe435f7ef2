"""What aligners choose for themselves on held-out training pairs, beside the best of their grid on unseen items.

    python benchmarks/chosen_parameters.py [collection,...] [--aligners a,b] [--pairs N] [--folds 5]

Five folds of each collection: R@10 in percent, mean of both directions (accuracy on the ten classes of esc10), of the
aligner's own choice, of the best single setting of its grid (known only afterwards), and the difference. `--pairs`:
fit on so many items of each fold alone. A choice is good within 2 points of the best.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.collections_held_out import NAMES, HeldOut, collection, recall
from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.linear.regression import PENALTIES
from mmalign_core.aligners.linear.ridge_search import RIDGES, WEIGHTINGS
from mmalign_core.aligners.model.linear import InfonceLinear
from mmalign_core.aligners.model.mlp import InfonceMlp
from mmalign_core.types import EmbeddingSet

Params = Mapping[str, Any]
GOOD = 2.0
"""Points by which a choice may lie below the best of its grid."""


def grids(pair: tuple[str, str]) -> Mapping[str, tuple[Params, list[Params]]]:
    """Aligner -> the parameters under which it chooses, and the settings it chooses from."""
    off = {"prior": "off"}
    mixes: list[Params] = [{"choose": False, "mix": m} for m in (0.0, 0.2, 0.4, 0.6, 0.8)]
    canonical: list[Params] = [{"reg": r, "weighting": w} for r in RIDGES for w in WEIGHTINGS]
    return {
        "ridge": ({}, [{"target": t, "reg": r} for t in pair for r in PENALTIES]),
        "cca": ({}, canonical),
        "gcca": ({}, canonical),
        "late-average": ({}, [{"reg": r} for r in RIDGES]),
        "graph": ({}, mixes),
        "attention": ({}, mixes),
        "infonce-linear": (off, [{**off, "noise": n} for n, _ in InfonceLinear.few]),
        "infonce-mlp": (off, [{**off, "noise": n, "dropout": d} for n, d in InfonceMlp.few]),
    }


def parts(data: HeldOut, pairs: int | None, folds: int) -> Iterator[tuple[dict, dict]]:
    """The training and the test sets of each fold."""
    for fold, part in enumerate(islice(data.parts, folds)):
        train = list(part.train)
        if pairs:
            train = [train[i] for i in np.random.default_rng(fold).permutation(len(train))[:pairs]]
        held = [{m: s.of_items(items) for m, s in data.sets.items()} for items in (train, part.test)]
        yield held[0], held[1]


def reached(name: str, params: Params, folds: list[tuple[dict, dict]], data: HeldOut) -> tuple[float, list[str]]:
    """Percent over all folds, and what each fit chose."""
    hits, chosen = [], []
    for train, test in folds:
        model = ALIGNERS.create(name, **params).fit(train)
        chosen.append(" ".join(f"{value}" for value in choice_of(model).values()))
        hits.append(recall({m: model.transform(s) for m, s in test.items()}, test, data.k))
    return 100 * float(np.concatenate(hits).mean()), chosen


def choice_of(model: Any) -> Params:
    """The values that a fit chose."""
    if model.chosen_params:
        return model.chosen_params
    return {"mix": model.mix_used} if hasattr(model, "mix_used") else dict(model.history[-1] if model.history else {})


def main() -> None:
    """A row for each aligner on each collection."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collections", nargs="?", default=",".join(NAMES))
    parser.add_argument("--aligners", default=",".join(grids(("image", "text"))))
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--folds", type=int, default=5)
    args = parser.parse_args()
    print(f"{'collection':12}{'aligner':16}{'chosen':>8}{'best':>8}{'below':>7}  best setting; what the folds chose")
    for name in args.collections.split(","):
        data = collection(name)
        folds: list[tuple[dict[str, EmbeddingSet], dict[str, EmbeddingSet]]] = [
            (dict(train), dict(test)) for train, test in parts(data, args.pairs, args.folds)
        ]
        for aligner in args.aligners.split(","):
            own, grid = grids(data.pair)[aligner]
            found, chosen = reached(aligner, own, folds, data)
            every = [(reached(aligner, params, folds, data)[0], params) for params in grid]
            best, setting = max(every, key=lambda each: each[0])
            mark = "" if best - found <= GOOD else "  <-- more than 2 points"
            known = " ".join(f"{value}" for value in setting.values())
            print(
                f"{name:12}{aligner:16}{found:8.1f}{best:8.1f}{best - found:7.1f}  {known}; {', '.join(chosen)}{mark}",
                flush=True,
            )


if __name__ == "__main__":
    main()
