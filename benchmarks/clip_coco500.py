"""Real CLIP ViT-B/16 vectors of 500 COCO photo-caption pairs through `as-is`: every correction and matcher beside it.

python benchmarks/clip_coco500.py [folder of features_clip.npy]

Nothing is fitted or drawn, so there are no seeds: the numbers are exact. With nothing held out every correction looks
at the measured queries, so all rows but the plain ones are transductive; five folds show them with a training bank.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners import ALIGNERS
from mmalign_core.metrics.report import evaluation
from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.splits import folds
from mmalign_core.types import EmbeddingSet

DATA = Path(__file__).parents[2] / "shared/data"
PAIR = ("image", "text")
WAYS = ("image->text", "text->image")

REFERENCE = {
    "none": ((55.2, 80.8, 89.2), (50.6, 76.6, 86.2)),
    "csls": ((62.0, 84.4, 91.4), (59.0, 83.0, 90.6)),
    "dual-softmax": ((62.8,), (59.8,)),
}
"""Correction -> recall@1/5/10 in percent of both directions, computed apart from this code with numpy."""
HUNGARIAN = 64.8
GAP = 0.851

Space = dict[str, EmbeddingSet]


def aligned(folder: Path) -> Space:
    """Both modalities in the space of `as-is`, one row an item."""
    vectors = np.load(folder / "features_clip.npy")
    ids = tuple(f"{row:03d}" for row in range(vectors.shape[1]))
    sets = {m: EmbeddingSet(m, ids, ids, x, "clip-vit-b-16@given") for m, x in zip(PAIR, vectors)}
    model = ALIGNERS.create("as-is").fit(sets)
    return {m: EmbeddingSet(m, ids, ids, model.transform(s), "as-is") for m, s in sets.items()}


def measured(spaces: list[Space], correction: str = "none", matcher: str = "argmax", **parts: Any) -> dict[str, Any]:
    """The report; `similarity` is a name, `params` the matcher's, `banks` as evaluation takes them."""
    similarity = SIMILARITIES.create(parts.get("similarity", "cosine"))
    decision = MATCHERS.create(matcher, **parts.get("params", {}))
    scoring = Scoring(similarity, CORRECTIONS.create(correction), decision)
    return evaluation(spaces, PAIR, scoring, banks=parts.get("banks")).report()


def corrections(space: Space) -> None:
    """Recall of every correction in the whole space, beside its reference where there is one."""
    header("n = 500, nothing held out", "recall@1 / 5 / 10 %", "reference")
    for name in CORRECTIONS.names():
        report = measured([space], name)
        for at, way in enumerate(WAYS):
            ours = [100 * report["metrics"][way][f"recall@{k}"] for k in (1, 5, 10)]
            row(f"{name} {way}", numbers(ours), numbers(REFERENCE.get(name, ((), ()))[at]))
    row("modality gap", f"{measured([space])['space']['gap']:.3f}", f"{GAP:.3f}")


def held_out(space: Space) -> None:
    """The same over five folds, 100 candidates each, the other 400 items being the query bank."""
    header("5 folds, bank of 400", "recall@1 / 5 / 10 %", "transductive")
    parts = folds(space, 5)
    spaces, banks = (
        [{m: s.of_items(ids) for m, s in space.items()} for ids in side] for side in zip(*map(sides, parts))
    )
    for name in CORRECTIONS.names():
        report = measured(spaces, name, banks=banks)
        for way in WAYS:
            ours = [100 * report["metrics"][way][f"recall@{k}"] for k in (1, 5, 10)]
            row(f"{name} {way}", numbers(ours), "yes" if CORRECTIONS.create(name).is_transductive(True) else "no")


def sides(part: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Items measured, items known."""
    return part.test, part.train


def matchers(space: Space) -> None:
    """Right pairs that each matcher takes, as a share of all right pairs and of all that it takes."""
    header("matcher, n = 500", "recall / precision %", "reference")
    chosen = [(name, {}) for name in MATCHERS.names() if name != "threshold"]
    for name, params in [*chosen, ("threshold", {"threshold": 0.3}), ("sinkhorn", {"tau": 0.01})]:
        for source, target in (PAIR, PAIR[::-1]):
            scores = Scores(SIMILARITIES.create("cosine"), space[source].vectors, space[target].vectors)
            found = MATCHERS.create(name, **params).match(scores)
            right = np.count_nonzero(found.sources == found.targets)
            ours = (100 * right / len(scores.sources), 100 * right / max(1, len(found.sources)))
            known = numbers([HUNGARIAN]) if name == "hungarian" else ""
            row(f"{found.rule} {source}->{target}", numbers(ours), known)


def similarities(space: Space) -> None:
    """Recall@1 under every similarity, uncorrected."""
    header("similarity", "recall@1 % both ways", "")
    for name in SIMILARITIES.names():
        found = measured([space], similarity=name)["metrics"]
        row(name, numbers([100 * found[way]["recall@1"] for way in WAYS]), "")


def header(what: str, ours: str, reference: str) -> None:
    """A table's first line."""
    print(f"\n{what:60}{ours:>28}{reference:>24}")


def row(what: str, ours: str, reference: str) -> None:
    """One row of a table."""
    print(f"{what:60}{ours:>28}{reference:>24}")


def numbers(values: Any) -> str:
    """Numbers side by side."""
    return " / ".join(f"{value:.1f}" for value in values)


def main(folder: str = str(DATA / "clip_embeddings_coco500")) -> None:
    """Print every table, ours beside the reference."""
    space = aligned(Path(folder))
    corrections(space)
    held_out(space)
    matchers(space)
    similarities(space)


if __name__ == "__main__":
    main(*sys.argv[1:])
