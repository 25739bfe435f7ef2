"""Real collections with folds, encoded once: what benchmarks of trained aligners measure held-out items on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.fashion import pairs as fashion_pairs
from benchmarks.fashion import split_pairs
from mmalign_core.settings import Settings
from mmalign_core.splits import Split, column_folds, content_groups, folds
from mmalign_core.store import Store
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import Choices, encode, open_collection
from mmalign_core.workflow.alignment.inputs import usable_sets
from mmalign_core.workflow.data import open_demo

DATA = Path(__file__).parents[2] / "shared/data"
FILES = {
    "fsa_color": ("fsa_color/manifest.csv", ("image", "text")),
    "esc10": ("esc10/manifest.csv", ("audio", "text")),
    "coco_mini": ("coco_mini_ccby/manifest.jsonl", ("image", "text")),
    "demo": ("", ("image", "text")),
}
"""Collection -> its manifest below DATA ('' for the embedded demo), and the pair of modalities."""
FASHION_SPLITS = {"fashion_1k": 1_000, "fashion_10k": 10_000}
"""Collection -> training pairs of Fashion-MNIST's own split: all 10,000 test pictures are candidates. The numbers are
those of `fashion_trained.py`; among the 200 candidates of a fold of `fashion` the start alone finds nearly all."""
NAMES = (*FILES, "fashion", *FASHION_SPLITS, "clip_coco")
FASHION = 1000
"""Pictures of Fashion-MNIST whose halves are paired."""


@dataclass(frozen=True)
class HeldOut:
    """The sets of a pair of modalities, five splits (two of coco_mini, so that more than ten pictures are candidates;
    Fashion-MNIST's own), and how many first answers count (1 where texts are classes)."""

    pair: tuple[str, str]
    sets: Mapping[str, EmbeddingSet]
    parts: Sequence[Split]
    k: int = 10


def collection(name: str, aligner: str = "bridge") -> HeldOut:
    """A collection of NAMES; vectors, concepts and, if this aligner reads them, sequences come from the store."""
    if name == "fashion":
        sets: Mapping[str, EmbeddingSet] = fashion_pairs(FASHION)
        return HeldOut(("image", "text"), sets, folds(sets, 5))
    if name in FASHION_SPLITS:
        sets, part = split_pairs(FASHION_SPLITS[name])
        return HeldOut(("image", "text"), sets, [part])
    if name == "clip_coco":
        sets = clip_coco()
        return HeldOut(("image", "text"), sets, folds(sets, 5))
    file, pair = FILES[name]
    opened, store = open_collection(DATA / file) if file else open_demo(), Store(Settings().root)
    encoded = encode(opened, store=store)
    ready = usable_sets(encoded.sets, Choices(pair, aligner=aligner), store, opened.media)
    sets = {m: ready[m] for m in pair}
    if name == "esc10":
        return HeldOut(pair, sets, column_folds(sets, opened.items["fold"].to_dict(), "fold"), 1)
    return HeldOut(pair, sets, folds(sets, 2 if name == "coco_mini" else 5))


def clip_coco() -> Mapping[str, EmbeddingSet]:
    """CLIP's vectors of 500 COCO pairs."""
    vectors = np.load(DATA / "clip_embeddings_coco500/features_clip.npy")
    ids = tuple(f"{row:03d}" for row in range(vectors.shape[1]))
    named = zip(("image", "text"), vectors.astype(np.float32))
    return {m: EmbeddingSet(m, ids, ids, x, "clip-vit-b-16@given") for m, x in named}


def recall(places: Mapping[str, np.ndarray], sets: Mapping[str, EmbeddingSet], k: int = 10) -> np.ndarray:
    """Whether a right row is among the first `k`, of every row of both directions: (n + m,) bool.

    Right are the rows of the query's item, and of items that share content with it directly or through others.
    Candidates of equal content count once, and ties count against the right ones.
    """
    group = {item: number for number, items in enumerate(content_groups(sets)) for item in items}
    (a, b), found = places, []
    for source, target in ((a, b), (b, a)):
        first = np.unique(np.asarray(sets[target].keys), return_index=True)[1]
        scores = unit_rows(places[source]) @ unit_rows(places[target][first]).T
        ids = np.asarray(sets[target].ids)[first]
        right = np.equal.outer([group[item] for item in sets[source].ids], [group[item] for item in ids])
        best = np.where(right, scores, -np.inf).max(1, keepdims=True)
        found.append(((scores >= best) & ~right).sum(1)[right.any(1)] < k)
    return np.concatenate(found)
