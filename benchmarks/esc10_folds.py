"""Sounds and the names of their classes, in the collection's own five folds: class accuracy of trained aligners.

python benchmarks/esc10_folds.py [aligner,aligner...] [manifest]

The ten texts stand on both sides of each fold; the recordings do not.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.trained_folds import table
from mmalign_core.splits import Split
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, encode, open_collection
from mmalign_core.workflow.preparing import usable_sets

DATA = Path(__file__).parents[2] / "shared/data"
ALIGNERS = "bridge,cca,infonce-linear,infonce-mlp"
GOALS = {"audio->text": "95 (bridge elsewhere 81, 5 nearest sounds 96.7)", "text->audio": "95"}


def main(aligners: str = ALIGNERS, manifest: str = str(DATA / "esc10/manifest.csv")) -> None:
    """Accuracy over all folds."""
    collection, pair = open_collection(manifest), ("audio", "text")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        encoded = encode(collection, store=store).sets
        sets = usable_sets(encoded, Choices(pair, aligner="bridge"), store, collection.media)
    fold = collection.items["fold"]
    parts = [Split(tuple(fold.index[fold != k]), tuple(fold.index[fold == k])) for k in sorted(set(fold))]
    table(aligners.split(","), sets, parts, pair, ("accuracy", "recall@1"), GOALS)


if __name__ == "__main__":
    main(*sys.argv[1:])
