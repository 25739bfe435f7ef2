"""Fashion-MNIST as two modalities: the left and the right half of each picture, as raw pixels."""

from __future__ import annotations

import gzip
import sys
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners import Aligner
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.splits import Split
from mmalign_core.types import EmbeddingSet

FOLDERS = (Path("/usr/share/datasets/fashion-mnist"), Path("/usr/share/dataset-fashion-mnist"))
"""Where Debian's package dataset-fashion-mnist puts the files."""
LEFT, RIGHT = "image", "text"
"""The halves under names of modalities that aligners take."""
Part = Literal["train", "t10k"]


@cache
def pictures(part: Part) -> np.ndarray:
    """(60000 or 10000, 28, 28) uint8, in the order of the files. FileNotFoundError says what to install."""
    for folder in FOLDERS:
        file = folder / f"{part}-images-idx3-ubyte.gz"
        if file.exists():
            return np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=16).reshape(-1, 28, 28)
    raise FileNotFoundError("Fashion-MNIST is not installed: apt-get install dataset-fashion-mnist")


def halves(part: Part, rows: np.ndarray | slice) -> dict[str, EmbeddingSet]:
    """Left and right halves (n, 392), pixels in 0..1, of these pictures; every picture counts as content of its own."""
    numbers = np.arange(len(pictures(part)))[rows]
    ids = tuple(f"{part}{i:05d}" for i in numbers)
    pixels = pictures(part)[numbers].astype(np.float32) / 255
    cut = {LEFT: pixels[:, :, :14], RIGHT: pixels[:, :, 14:]}
    return {m: EmbeddingSet(m, ids, ids, x.reshape(len(x), -1), "pixels@1") for m, x in cut.items()}


def pairs(n: int, seed: int | None = None) -> dict[str, EmbeddingSet]:
    """The first n training pictures, or n drawn under a seed."""
    if seed is None:
        return halves("train", slice(n))
    return halves("train", np.sort(np.random.default_rng(seed).permutation(60_000)[:n]))


def split_pairs(n: int) -> tuple[dict[str, EmbeddingSet], Split]:
    """The first n training pictures beside all 10,000 test pictures, and the split into both."""
    parts = {m: (train, test) for (m, train), test in zip(pairs(n).items(), candidates().values())}
    sets = {
        m: EmbeddingSet(m, (*a.ids, *b.ids), (*a.keys, *b.keys), np.concatenate([a.vectors, b.vectors]), a.encoder)
        for m, (a, b) in parts.items()
    }
    train, test = parts[LEFT]
    return sets, Split(train.ids, test.ids)


def candidates(n: int = 10_000) -> dict[str, EmbeddingSet]:
    """The first n test pictures, which are queries (left) and candidates (right)."""
    return halves("t10k", slice(n))


def places(model: Aligner, sets: dict[str, EmbeddingSet]) -> tuple[np.ndarray, np.ndarray]:
    """Where a fitted aligner puts the left and the right halves."""
    return model.transform(sets[LEFT]), model.transform(sets[RIGHT])


def recall_at_1(left: np.ndarray, right: np.ndarray) -> float:
    """Percent of left halves whose nearest right half, by inner product, is their own."""
    return 100 * float((top_k(left, right, 1)[1][:, 0] == np.arange(len(left))).mean())
