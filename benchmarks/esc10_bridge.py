"""ESC-10 sounds through `bridge`: zero-shot class accuracy, and 5 nearest neighbours on the sound vectors.

python benchmarks/esc10_bridge.py [manifest]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import Choices, align, encode, open_collection

DATA = Path(__file__).parents[2] / "shared/data"

CONSE = 0.81
"""Accuracy of the plain recipe (ten most probable labels, label mean taken away), measured apart from this code."""
FIVE_NEAREST = 0.967


def five_nearest(collection: Collection, sounds: EmbeddingSet, groups: np.ndarray) -> float:
    """Accuracy of the class that most of the 5 nearest sounds (cosine) of the other groups have."""
    texts = {m.item: m.text for m in collection.media_of("text")}
    classes = np.unique([str(texts[item]) for item in sounds.ids], return_inverse=True)[1]
    vectors, right = unit_rows(sounds.vectors), np.zeros(len(sounds), bool)
    for held in np.unique(groups):
        test, train = np.flatnonzero(groups == held), np.flatnonzero(groups != held)
        near = classes[train][top_k(vectors[test], vectors[train], 5)[1]]
        right[test] = [np.bincount(votes).argmax() for votes in near] == classes[test]
    return float(right.mean())


def main(manifest: str = str(DATA / "esc10/manifest.csv")) -> None:
    """Print ours, reference and ratio."""
    collection = open_collection(manifest)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        encoding = encode(collection, store=store)
        print(f"{'':44}{'ours':>8}{'reference':>11}{'ratio':>8}")
        for title, params in (("bridge, defaults", {}), ("bridge, label names only", {"data_share": 0.0})):
            run = align(collection, encoding, Choices(("audio", "text"), params=params), store=store)
            found = run.report["metrics"]["audio->text"]
            line(f"{title}: audio->text accuracy", found["accuracy"], CONSE)
            low, high = run.report["ci95"]["audio->text"]["accuracy"]
            chance = run.report["baseline"]["audio->text"]["accuracy"]
            print(
                f"  {found['n']} sounds, {found['candidates']} texts, 95% {low:.3f} to {high:.3f}, chance {chance:.3f}"
            )
        sounds = encoding.sets["audio"]
        folds = collection.items.loc[list(sounds.ids), "fold"].to_numpy()
        line("5 nearest of all other sounds", five_nearest(collection, sounds, np.arange(len(sounds))), FIVE_NEAREST)
        line("5 nearest in other recording folds", five_nearest(collection, sounds, folds), FIVE_NEAREST)


def line(what: str, ours: float, reference: float) -> None:
    """One row of the table."""
    print(f"{what:44}{ours:8.3f}{reference:11.3f}{ours / reference:8.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
