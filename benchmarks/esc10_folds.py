"""Sounds and the names of their classes, in the collection's own five folds: class accuracy of trained aligners.

python benchmarks/esc10_folds.py [aligner,aligner...] [manifest]

The ten texts stand on both sides of each fold; the recordings do not.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.trained_folds import opened, table
from mmalign_core.splits import column_folds

DATA = Path(__file__).parents[2] / "shared/data"
ALIGNERS = "bridge,cca,infonce-linear,infonce-mlp"
GOALS = {"audio->text": "95 (bridge elsewhere 81, 5 nearest sounds 96.7)", "text->audio": "95"}


def main(aligners: str = ALIGNERS, manifest: str = str(DATA / "esc10/manifest.csv")) -> None:
    """Accuracy over all folds."""
    pair = ("audio", "text")
    collection, sets = opened(manifest, pair)
    parts = column_folds(sets, collection.items["fold"].to_dict(), "fold")
    table(aligners.split(","), sets, parts, pair, ("accuracy", "recall@1"), GOALS)


if __name__ == "__main__":
    main(*sys.argv[1:])
