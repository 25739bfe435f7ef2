"""What a map's verdict is worth, on scores whose truth is known: how often a drawn map passes, how often a good one.

python benchmarks/explain_calibration.py [--draws 1000]

Reference: at most 2.5% of drawn maps may be called better than a random order. Beside it how often a noisy but good map
is, at how many scored masks (what a map's check costs with an encoder), and how many of planted concept words are found
by us and by the paper's solver, a non-negative lasso (the least penalty that leaves at most eight words).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.explain.concepts import concept_words
from mmalign_core.explain.faithfulness import faithfulness
from mmalign_core.vectors import unit_rows

SETTINGS = ((10, 20, 64), (49, 8, 8), (49, 20, 8), (49, 20, 64), (196, 20, 8))
NOISE = 1.5
"""Standard deviations of noise on the good map's values, in those of the true ones."""
WORDS, WIDTH, PLANTED, MOST = 2000, 384, 3, 8


def calibration(parts: int, orders: int, steps: int, draws: int) -> tuple[float, float, float]:
    """Shares of drawn and of good maps called better, and masks a map; a few parts matter much, the score saturates."""
    rng = np.random.default_rng(0)
    called, masks_scored = np.zeros(2), 0

    def scores(masks: np.ndarray) -> np.ndarray:
        nonlocal masks_scored
        masks_scored += len(masks)
        return np.tanh(masks @ weights / np.linalg.norm(weights))

    for seed in range(draws):
        weights = rng.normal(size=parts) ** 3
        noise = rng.normal(size=parts)
        for kind, values in enumerate((noise, weights / weights.std() + NOISE * noise)):
            called[kind] += faithfulness(values, scores, seed, orders, steps=steps).better
    return called[0] / draws, called[1] / draws, masks_scored / draws / 2


def planted_words(noise: float, draws: int) -> list[tuple[str, float, float]]:
    """(solver, share of its words that were planted, share of the planted ones it found), noise relative to them."""
    rng = np.random.default_rng(0)
    vocabulary = rng.normal(size=(WORDS, WIDTH))
    atoms, labels = unit_rows(vocabulary - vocabulary.mean(axis=0)), [str(k) for k in range(WORDS)]
    right = {"ours": np.zeros(2), "ours, no chance rule": np.zeros(2), "lasso": np.zeros(2)}
    for _ in range(draws):
        truth = rng.choice(WORDS, PLANTED, replace=False)
        clean = rng.uniform(0.4, 1.0, PLANTED) @ atoms[truth]
        target = clean + noise * np.linalg.norm(clean) * rng.normal(size=WIDTH) / np.sqrt(WIDTH)
        vector = vocabulary.mean(axis=0) + target
        found = {
            "ours": {int(word) for word, _ in concept_words(vector, vocabulary, labels, MOST).words},
            "ours, no chance rule": {
                int(word) for word, _ in concept_words(vector, vocabulary, labels, MOST, chance=0).words
            },
            "lasso": lasso_words(atoms, target / np.linalg.norm(target)),
        }
        for solver, words in found.items():
            hits = len(words & set(truth.tolist()))
            right[solver] += hits / max(len(words), 1), hits / PLANTED
    return [(solver, *(shares / draws)) for solver, shares in right.items()]


def lasso_words(atoms: np.ndarray, target: np.ndarray) -> set[int]:
    """Words with weight under the least penalty that leaves at most MOST."""
    from sklearn.linear_model import lars_path

    _, _, weights = lars_path(atoms.T.astype(np.float64), target, method="lasso", positive=True, max_iter=4 * MOST)
    few = [column for column in weights.T if np.count_nonzero(column) <= MOST]
    return set(np.flatnonzero(few[-1]).tolist())


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    print(f"{draws} maps of each kind a row\n")
    print("parts orders steps | drawn map passes (at most 2.5%) | good map passes | masks")
    for parts, orders, steps in SETTINGS:
        drawn, good, masks = calibration(parts, orders, steps, draws)
        print(f"{parts:5d} {orders:6d} {steps:5d} | {drawn:30.1%} | {good:15.1%} | {masks:5.0f}")
    few = max(1, draws // 10)
    print(
        f"\n{PLANTED} of {WORDS} words planted in {WIDTH} dimensions, {few} vectors a row\nnoise | precision | recall"
    )
    for noise in (0.0, 0.5, 1.0):
        for solver, precision, recall in planted_words(noise, few):
            print(f"{noise:5.1f} | {precision:9.2f} | {recall:6.2f} | {solver}")


if __name__ == "__main__":
    main()
