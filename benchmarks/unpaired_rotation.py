"""The same rows, rotated and shuffled: how many find themselves again when nothing says which is which.

python benchmarks/unpaired_rotation.py

Fashion-MNIST left halves in their 64 main directions against a random 64-d rotation of them; and two made collections.
R@1 in percent among all rows, mean and standard deviation over three rotations; the
reference recovered 100% of the first.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.fashion import LEFT, halves, recall_at_1
from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.embedding.unpaired_rows import spectrum
from mmalign_core.types import EmbeddingSet


def fashion(rows: int = 10_000) -> np.ndarray:
    """(rows, 64) coordinates in the main directions."""
    pixels = halves("train", slice(rows))[LEFT].vectors.astype(np.float64)
    return spectrum(pixels - pixels.mean(0)).scores[:, :64]


def groups(rows: int = 5000, width: int = 32) -> np.ndarray:
    """Twenty groups of normal rows."""
    rng = np.random.default_rng(0)
    centres = 2 * rng.standard_normal((20, width))
    return centres[rng.integers(20, size=rows)] + rng.standard_normal((rows, width))


def skew(rows: int = 2000, width: int = 16) -> np.ndarray:
    """Exponential rows, more spread along some axes: no groups at all."""
    return np.random.default_rng(0).exponential(size=(rows, width)) * np.linspace(2, 0.5, width)


def measured(aligner: str, rows: np.ndarray, seed: int) -> tuple[float, float]:
    """R@1 and the seconds of the fit."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((rows.shape[1],) * 2))[0]
    order = rng.permutation(len(rows))
    sets = {"text": embedded("text", rows), "image": embedded("image", (rows @ turn)[order])}
    start = time.perf_counter()
    model = ALIGNERS.create(aligner).fit(sets, seed=seed)
    seconds = time.perf_counter() - start
    left, right = model.transform(sets["text"]), model.transform(sets["image"])
    return recall_at_1(left, right[np.argsort(order)]), seconds


def embedded(modality: str, vectors: np.ndarray) -> EmbeddingSet:
    """Rows whose ids tell nothing."""
    ids = tuple(f"{modality}{i:05d}" for i in range(len(vectors)))
    return EmbeddingSet(modality, ids, ids, vectors, "made@1")


def main() -> None:
    """A line for each collection and aligner."""
    print(f"{'':36}{'n':>7}{'ours':>8}{'±':>6}{'reference':>11}{'fit s':>8}")
    collections = {"fashion, 64-d": fashion(), "groups, 32-d": groups(), "skew, 16-d": skew()}
    for what, rows in collections.items():
        for aligner in ("unpaired", "adversarial"):
            found = np.array([measured(aligner, rows, seed) for seed in range(3)])
            ours = f"{found[:, 0].mean():8.1f}{found[:, 0].std(ddof=1):6.1f}"
            known = "100.0" if what.startswith("fashion") else ""
            print(f"{what + ', ' + aligner:36}{len(rows):7}{ours}{known:>11}{found[:, 1].mean():8.1f}", flush=True)


if __name__ == "__main__":
    main()
