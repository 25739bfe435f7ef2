"""Fused queries on the demo collection: does picture + sound find the text better than either, and than averaging?

python benchmarks/fusion_demo.py [aligner …] [--data MANIFEST …]

The demo is written to a temporary folder and encoded with the embedded encoders. 30 % of the items are held out,
candidates included; three splits; mean ± spread of recall@10 and MRR. Rivals: `late-average`, and the best lone
modality.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

os.environ.setdefault("OMP_NUM_THREADS", "2")
import sys

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.data.demo import write_demo
from mmalign_core.metrics.ranking import measure_direction
from mmalign_core.metrics.report import fused_set, measure_fused
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.splits import split
from mmalign_core.store import Store
from mmalign_core.types import EmbeddingSet
from mmalign_core.workflow import encode, open_collection

ALIGNED = ("late-average", "concat", "attention", "self-attention", "graph")
SEEDS = (0, 1, 2)
CHOICES = Scoring(SIMILARITIES.create("cosine"), CORRECTIONS.create("none"), MATCHERS.create("argmax"))
Sets = Mapping[str, EmbeddingSet]


def main() -> None:
    """Print a table for the demo, or for each collection given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("aligners", nargs="*", default=ALIGNED)
    parser.add_argument("--data", nargs="*", default=[])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = chosen.data or [str(write_demo(Path(folder) / "demo"))]
        for path in paths:
            store = Store(os.environ.get("MMALIGN_HOME") or str(Path(folder) / "store"))
            table(path, encode(open_collection(path), store=store).sets, chosen.aligners or ALIGNED)


def table(path: str, sets: Sets, aligners: tuple[str, ...]) -> None:
    """One row a direction, one column an aligner: recall@10 and MRR in percent, mean ± spread over the splits."""
    found = {name: [held_out(name, sets, seed) for seed in SEEDS] for name in aligners}
    print(f"\n{Path(path).name}: {', '.join(f'{m} {len(s)}' for m, s in sets.items())}; R@10 / MRR in %")
    print(f"{'':24}{'queries':>8}" + "".join(f"{name:>26}" for name in aligners))
    for way in found[aligners[0]][0]:
        cells = [cell([run[way] for run in found[name]]) for name in aligners]
        print(f"{way:24}{found[aligners[0]][0][way][2]:8.0f}" + "".join(f"{c:>26}" for c in cells), flush=True)


def cell(runs: list[tuple[float, float, int]]) -> str:
    """'R@10 ± spread / MRR ± spread'."""
    recall, mrr = (100 * np.array([run[i] for run in runs]) for i in (0, 1))
    return f"{recall.mean():.1f}±{recall.std():.1f} / {mrr.mean():.1f}±{mrr.std():.1f}"


def held_out(name: str, sets: Sets, seed: int) -> dict[str, tuple[float, float, int]]:
    """Direction -> recall@10, MRR and number of queries on items the aligner did not see."""
    parts = split(sets, 0.3, seed)
    model = ALIGNERS.create(name).fit({m: s.of_items(parts.train) for m, s in sets.items()}, seed=seed)
    held = {m: s.of_items(parts.test) for m, s in sets.items()}
    space = {m: placed(model, s) for m, s in held.items()}
    ways = {}
    for source, target in (("image", "text"), ("text", "image"), ("audio", "text"), ("text", "audio")):
        if source in space and target in space:
            ways[f"{source}->{target} (all)"] = measure_direction(space[source], space[target], CHOICES)
    if len(space) > 2:
        for target in space:
            lone = {m: held[m] for m in space if m != target}
            fused = fused_set(*model.fuse(lone), lone)
            ways |= measure_fused(fused, space, target, CHOICES)
    metrics = {way: d.metrics(d.outcome) for way, d in ways.items()}
    return {way: (m["recall@10"], m["mrr"], int(m["n"])) for way, m in metrics.items()}


def placed(model: Aligner, rows: EmbeddingSet) -> EmbeddingSet:
    """The rows in the shared space."""
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, model.transform(rows), model.name)


if __name__ == "__main__":
    main()
