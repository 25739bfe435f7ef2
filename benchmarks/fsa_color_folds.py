"""Photographs and their catalogue titles, five folds grouped by content: what trained aligners reach.

python benchmarks/fsa_color_folds.py [aligner,aligner...] [manifest]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.trained_folds import opened, table
from mmalign_core.splits import folds

DATA = Path(__file__).parents[2] / "shared/data"
ALIGNERS = "bridge,ridge,cca,infonce-linear,infonce-mlp"
GOALS = {"image->text": "R@10 45 (ridge elsewhere 40)", "text->image": "R@10 52 (ridge elsewhere 49 to 52)"}


def main(aligners: str = ALIGNERS, manifest: str = str(DATA / "fsa_color/manifest.csv")) -> None:
    """Recall over all folds, candidates being the held-out items of the query's own fold."""
    pair = ("image", "text")
    _, sets = opened(manifest, pair)
    table(aligners.split(","), sets, folds(sets, 5), pair, ("recall@1", "recall@10", "mrr"), GOALS)


if __name__ == "__main__":
    main(*sys.argv[1:])
