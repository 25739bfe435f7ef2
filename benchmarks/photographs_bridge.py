"""Photographs and their captions through `bridge`, without any training pair; and captions in five languages.

python benchmarks/photographs_bridge.py [folder of coco_mini_ccby and fsa_color]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.translated_captions import CAPTIONS, LANGUAGES
from mmalign_core.metrics.ranking import measure_direction
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.store import Store
from mmalign_core.types import EmbeddingSet
from mmalign_core.workflow import Choices, QuerySpec, Run, align, encode, open_collection, place_part

DATA = Path(__file__).parents[2] / "shared/data"


def by_language(run: Run, store: Store) -> None:
    """Recall of the same captions in each language, every photograph a candidate."""
    known = dict(zip(run.collection.ids, CAPTIONS))
    print(f"{len(known)} captions, {len(run.result.space['image'])} photographs   R@1   R@5  R@10  mean cos to English")
    english = None
    for column, language in enumerate(LANGUAGES):
        placed = [place_part(run, QuerySpec.of(text=row[column]), store=store).vectors[0] for row in known.values()]
        vectors = np.array(placed)
        english = vectors if english is None else english
        asked = EmbeddingSet("text", tuple(known), tuple(map(str, range(len(known)))), vectors, "bridge")
        found = measure_direction(asked, run.result.space["image"], plain()).outcome.metrics()
        recalls = "".join(f"{100 * found[f'recall@{k}']:6.1f}" for k in (1, 5, 10))
        print(f"  {language:<28}{recalls}{(vectors * english).sum(1).mean():12.3f}")


def plain() -> Scoring:
    """Cosine, uncorrected, best target."""
    return Scoring(SIMILARITIES.create("cosine"), CORRECTIONS.create("none"), MATCHERS.create("argmax"))


def main(folder: str = str(DATA)) -> None:
    """Print recall of both collections in both directions, then by language."""
    with tempfile.TemporaryDirectory() as root:
        store = Store(root)
        for name, manifest in (("coco_mini_ccby", "manifest.jsonl"), ("fsa_color", "manifest.csv")):
            collection = open_collection(Path(folder, name, manifest))
            encoding = encode(collection, store=store)
            for title, params in (("defaults", {}), ("label names only", {"data_share": 0.0})):
                run = align(collection, encoding, Choices(params=params), store=store)
                for way, m in run.report["metrics"].items():
                    recalls = " ".join(f"{100 * m[f'recall@{k}']:5.1f}" for k in (1, 5, 10))
                    chance = 100 * run.report["baseline"][way]["recall@10"]
                    print(f"{name} {title}: {way} R@1/5/10 {recalls}  (n {m['n']} of {m['candidates']}, ", end="")
                    print(f"chance R@10 {chance:.1f})")
                if name == "coco_mini_ccby":
                    by_language(run, store)


if __name__ == "__main__":
    main(*sys.argv[1:])
