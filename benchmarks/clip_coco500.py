"""Real CLIP ViT-B/16 vectors of 500 COCO photo-caption pairs through `as-is`, against known retrieval numbers.

python benchmarks/clip_coco500.py [folder of features_clip.npy]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners import ALIGNERS
from mmalign_core.corrections import CORRECTIONS
from mmalign_core.matchers import MATCHERS
from mmalign_core.metrics.report import evaluate
from mmalign_core.similarities import SIMILARITIES
from mmalign_core.types import EmbeddingSet

DATA = Path(__file__).parents[2] / "shared/data"

REFERENCE = {"image->text": (55.2, 80.8, 89.2), "text->image": (50.6, 76.6, 86.2)}
"""Recall@1/5/10 in percent, computed apart from this code with numpy."""
GAP = 0.851


def aligned(folder: Path) -> dict[str, EmbeddingSet]:
    """Both modalities in the space of `as-is`, one row an item."""
    vectors = np.load(folder / "features_clip.npy")
    ids = tuple(f"{row:03d}" for row in range(vectors.shape[1]))
    sets = {m: EmbeddingSet(m, ids, ids, x, "clip-vit-b-16@given") for m, x in zip(("image", "text"), vectors)}
    model = ALIGNERS.create("as-is").fit(sets)
    return {m: EmbeddingSet(m, ids, ids, model.transform(s), "as-is") for m, s in sets.items()}


def main(folder: str = str(DATA / "clip_embeddings_coco500")) -> None:
    """Print ours, reference and ratio of each number, then the other similarities and matchers."""
    space = aligned(Path(folder))
    similarity, none = SIMILARITIES.create("cosine"), CORRECTIONS.create("none")
    report = evaluate([space], ("image", "text"), similarity, none, MATCHERS.create("argmax"))
    print(f"{'':28}{'ours':>8}{'reference':>11}{'ratio':>8}")
    for way, expected in REFERENCE.items():
        for k, reference in zip((1, 5, 10), expected):
            line(f"{way} R@{k} %", 100 * report["metrics"][way][f"recall@{k}"], reference)
    line("modality gap", report["space"]["gap"], GAP)
    for name in SIMILARITIES.names():
        found = evaluate([space], ("image", "text"), SIMILARITIES.create(name), none, MATCHERS.create("argmax"))
        print(f"{name:28}" + "  ".join(f"{way} R@1 {100 * m['recall@1']:.1f}" for way, m in found["metrics"].items()))
    for name, params in (("argmax", {}), ("mutual", {}), ("threshold", {"threshold": 0.3})):
        found = evaluate([space], ("image", "text"), similarity, none, MATCHERS.create(name, **params))
        print(f"{name:28}" + "  ".join(f"{w} accuracy {100 * m['accuracy']:.1f}" for w, m in found["metrics"].items()))


def line(what: str, ours: float, reference: float) -> None:
    """One row of the table."""
    print(f"{what:28}{ours:8.3f}{reference:11.3f}{ours / reference:8.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
