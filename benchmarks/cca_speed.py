"""Regularised CCA of 10,000 pairs of 1280 and 512 dimensions: ours and cca-zoo's, side by side in one run.

python benchmarks/cca_speed.py [pairs]

Wants cca-zoo (pip install cca-zoo), which the product itself does not need; without it only ours is timed. Data: 100
latent factors of falling strength, seen through random maps with noise; the mean correlation of the 128 components is
measured on as many rows that neither was fitted on. Both use the same ridge; the best of three alternating runs counts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners.linear.canonical import regularised_cca

WIDTHS, FACTORS, DIMS, REG, RUNS = (1280, 512), 100, 128, 0.1, 3
Views = tuple[np.ndarray, np.ndarray]
Placer = Callable[[Views], Views]


def made(pairs: int) -> tuple[Views, Views]:
    """Paired rows (pairs, 1280) and (pairs, 512) to fit on, and as many to measure on."""
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((2 * pairs, FACTORS)) / np.sqrt(np.arange(1, FACTORS + 1))
    x, y = (latent @ rng.standard_normal((FACTORS, d)) + rng.standard_normal((2 * pairs, d)) for d in WIDTHS)
    return (x[:pairs], y[:pairs]), (x[pairs:], y[pairs:])


def ours(views: Views) -> Placer:
    """This core's."""
    found = regularised_cca(*views, dims=DIMS, reg=REG)
    (a, b), (left, right) = found.centres, found.maps
    return lambda new: ((new[0] - a) @ left, (new[1] - b) @ right)


def cca_zoo(views: Views) -> Placer:
    """cca-zoo's; its shrinkage c blends (1 - c) C + c I, hence is a ridge of c / (1 - c)."""
    from cca_zoo.linear import RidgeCCA  # pyright: ignore[reportMissingImports]

    ridges = [REG * v.var(0).mean() for v in views]
    model = RidgeCCA(n_components=DIMS, shrinkage=[r / (1 + r) for r in ridges]).fit(list(views))
    return lambda new: tuple(model.transform(list(new)))


def mean_correlation(placed: Views) -> float:
    """Mean over components of the correlation between the two views' scores."""
    x, y = ((v - v.mean(0)) / v.std(0) for v in placed)
    return float((x * y).mean())


def main(pairs: int = 10_000) -> None:
    """Seconds, held-out correlations, and their ratios."""
    fitted_on, held_out = made(pairs)
    rivals = {"ours": ours} | ({"cca-zoo": cca_zoo} if find_spec("cca_zoo") else {})
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    quality = {}
    for _ in range(RUNS):
        for name, fit in rivals.items():
            start = time.perf_counter()
            place = fit(fitted_on)
            seconds[name].append(time.perf_counter() - start)
            quality[name] = mean_correlation(place(held_out))
    for name in rivals:
        runs = ", ".join(f"{s:.2f}" for s in seconds[name])
        print(f"{name:10} {min(seconds[name]):6.2f} s (runs {runs}), mean held-out correlation {quality[name]:.6f}")
    if "cca-zoo" in rivals:
        ratio = min(seconds["ours"]) / min(seconds["cca-zoo"])
        print(f"ours / cca-zoo: time {ratio:.2f}, correlation {quality['ours'] / quality['cca-zoo']:.6f}")
    else:
        print("cca-zoo is not installed (pip install cca-zoo): nothing to compare with")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
