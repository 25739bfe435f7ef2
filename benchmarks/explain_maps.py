"""Maps of media against chance: pooled deletion and insertion advantage over random orders, and seconds a map.

python benchmarks/explain_maps.py [--items 40] [--aligners bridge cca …] [--data coco esc10] [--finer]

Photographs with captions (coco_mini_ccby) and sounds with class names (esc10), each item's medium against the place of
its own partner, in the space of the zero-shot bridge and of trained aligners. Fitted on all items: faithfulness asks
whether a map tells what the model does, not whether the model is right. Parts of the real media are masked and encoded
anew. Reference: a random order (advantage 0). An interval above 0 means better than chance; bootstrap over items.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.explain.faithfulness import pooled
from mmalign_core.explain.masks import Faithfulness
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices, Encoding, Run, align, encode, open_collection
from mmalign_core.workflow.explanation import METHODS, map_of
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.explanation.placed_media import placed_medium

DATA = Path(__file__).parents[2] / "shared/data"
ALIGNERS = ("bridge", "cca", "infonce-linear", "infonce-mlp", "transformer", "graph")
PARAMS = {name: {"prior": "off"} for name in ("infonce-linear", "infonce-mlp", "transformer")}
"""Without the bridge beside them, so that what was trained is what is explained."""
GRIDS = (7, 14)


def runs(source: Path, pair: tuple[str, str], wanted: Sequence[str], store: Store) -> Sequence[tuple[str, Run]]:
    """One run an aligner of the pair."""
    collection = open_collection(str(source))
    encoding: Encoding = encode(collection, store=store)
    made = []
    for name in wanted:
        params = PARAMS.get(name, {})
        try:
            made.append(
                (name, align(collection, encoding, Choices(pair=pair, aligner=name, params=params), store=store))
            )
        except BadInput as reason:
            print(f"{name}: {reason}")
    return made


def measure(run: Run, modality: str, other: str, items: Sequence[str], method: str, grid: int, store: Store) -> None:
    """One line of the table."""
    found: list[Faithfulness] = []
    seconds: list[float] = []
    parts = 0
    for item in items:
        medium, target = placed_medium(run, modality, item).medium, placed_medium(run, other, item).place
        assert medium is not None
        start = time.perf_counter()
        try:
            masked = MaskedMedium(run, medium, store=store, grid=grid)
            map_of(masked, target, method=method, faithful=False)
        except BadInput:
            return
        seconds.append(time.perf_counter() - start)
        made = map_of(masked, target, method=method)
        assert made.faithfulness is not None
        parts = len(made.parts)
        found.append(made.faithfulness)
    whole = pooled(found)
    low, high = whole.interval
    better = sum(f.better for f in found)
    print(
        f"{modality:6} {method:10} {parts:4d} "
        f"{whole.deletion:7.3f} {whole.insertion:7.3f} {whole.random_deletion:7.3f} "
        f"{whole.advantage:+7.3f} [{low:+.3f}, {high:+.3f}] {'yes' if whole.better else 'NO':4} "
        f"{better:3d}/{len(found)}  {np.median(seconds):6.3f} s",
        flush=True,
    )


def table(source: Path, pair: tuple[str, str], given: argparse.Namespace, store: Store) -> None:
    """All aligners, methods and both modalities on one data set."""
    grids = GRIDS if given.finer else GRIDS[:1]
    for name, run in runs(source, pair, given.aligners, store):
        placed = [set(run.result.space[m].ids) for m in pair]
        items = [item for item in run.collection.ids if all(item in ids for ids in placed)]
        items = [items[i] for i in np.unique(np.linspace(0, len(items) - 1, given.items).astype(int))]
        print(f"\n{source.parent.name}, {name}, n = {len(items)}")
        print("       method    parts deletion insert. random  advantage 95%         better items   median map")
        for modality, other in (pair, pair[::-1]):
            for grid in grids if modality == "image" else grids[:1]:
                for method in METHODS[1:]:
                    measure(run, modality, other, items, method, grid, store)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--items", type=int, default=40)
    options.add_argument("--finer", action="store_true", help="pictures also with 14 x 14 cells")
    options.add_argument("--aligners", nargs="+", default=ALIGNERS, metavar="NAME")
    options.add_argument("--data", nargs="+", default=("coco", "esc10"), choices=("coco", "esc10"))
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        if "coco" in given.data:
            table(DATA / "coco_mini_ccby" / "manifest.jsonl", ("image", "text"), given, store)
        if "esc10" in given.data:
            table(DATA / "esc10" / "manifest.csv", ("audio", "text"), given, store)


if __name__ == "__main__":
    main()
