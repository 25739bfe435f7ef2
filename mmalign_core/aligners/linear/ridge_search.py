"""The ridge and weighting of CCA that retrieve held-out pairs best, and the CCA start of trained aligners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.linear.base import Examples, centred_examples
from mmalign_core.aligners.linear.canonical import Axes, principal_axes
from mmalign_core.aligners.linear.stored_rows import held as dense
from mmalign_core.aligners.linear.stored_rows import mean_length, taken
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.training.holdout import Holdout, hold_out, mean_reciprocal_rank

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Ridges tried, relative to a modality's mean variance. Chosen: two steps per decade."""
WEIGHTINGS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Powers of the correlations that are tried. Chosen: each doubles the one before."""
DEFAULT_CHOICE = (3.0, 2.0)
"""Ridge and weighting used if no held-out pair can be ranked, because pairs are too few or have the same content.
Chosen: a strong ridge and a moderate weighting, which are safe with few pairs."""
ENOUGH_HELD = 300
"""With so many held-out examples one split is enough. With fewer, up to MOST_SPLITS splits are averaged. Chosen: the
standard error of a mean reciprocal rank is then about 0.3 / sqrt(300) = 0.017."""
MOST_SPLITS = 5
"""Splits at most. Chosen: each costs one CCA more, and five halve the error of a single one."""


@dataclass(frozen=True)
class RidgeChoice:
    """A ridge, a weighting, and the mean reciprocal rank of held-out pairs under them (0 if none could be ranked)."""

    reg: float
    weighting: float
    quality: float = 0.0


def search_ridge(
    examples: Examples,
    dims: int,
    regs: Sequence[float] = RIDGES,
    weightings: Sequence[float] = WEIGHTINGS,
    *,
    seed: int = 0,
    tried: Callable[[RidgeChoice], None] = lambda choice: None,
) -> RidgeChoice:
    """Return the ridge and weighting with the highest mean reciprocal rank on held-out pairs.

    `tried` is called with each ridge and its best weighting. The examples need `pairs`. Principal axes are computed
    once per split, so further ridges are cheap. Splits whose held-out pairs cannot be ranked are ignored. If no split
    is left, DEFAULT_CHOICE is returned. Raises ValueError if the examples have no pairs.
    """
    ranked = (_quality(examples, split, dims, regs, weightings) for split in choice_splits(examples.pairs, seed))
    qualities = [quality for quality in ranked if quality is not None]
    if not qualities:
        return RidgeChoice(
            *(given[0] if len(given) == 1 else u for given, u in zip((regs, weightings), DEFAULT_CHOICE))
        )
    quality = np.mean(qualities, axis=0)
    best = [RidgeChoice(reg, weightings[int(row.argmax())], float(row.max())) for reg, row in zip(regs, quality)]
    for choice in best:
        tried(choice)
    return max(best, key=lambda choice: choice.quality)


def choice_splits(pairs: Pairs | None, seed: int) -> list[Holdout]:
    """Return the splits on which settings are chosen: fewer the more each holds out, none if there are too few pairs.

    Raises ValueError without pairs.
    """
    if pairs is None:
        raise ValueError("the examples have no pairs, which the search needs")
    first = hold_out(pairs, seed=seed)
    if not len(first.held):
        return []
    more = min(MOST_SPLITS, -(-ENOUGH_HELD // len(first.held))) - 1
    return [first, *(hold_out(pairs, seed=seed + i) for i in range(1, more + 1))]


def _quality(
    examples: Examples, split: Holdout, dims: int, regs: Sequence[float], weightings: Sequence[float]
) -> np.ndarray | None:
    """Return mean reciprocal ranks (regs, weightings) on the held-out pairs of this split, or None."""
    axes, held = principal_axes(examples.take(example_numbers(split.kept))), example_numbers(split.held)
    return retrieval_quality(
        axes, {m: dense(taken(rows, held)) for m, rows in examples.rows.items()}, split.held, dims, regs, weightings
    )


def retrieval_quality(
    axes: Axes,
    rows: Mapping[str, np.ndarray],
    held: Pairs,
    dims: int,
    regs: Sequence[float],
    weightings: Sequence[float] = (1.0,),
) -> np.ndarray | None:
    """Return mean reciprocal ranks (regs, weightings) of held-out examples with centred `rows` (p, d_m).

    None if nothing can be ranked: no two modalities share two examples of different content.
    """
    scores = {m: x @ axes.directions[m] for m, x in rows.items()}
    found = []
    for reg in regs:
        solved = axes.canonical(dims, reg)
        placed = {m: x @ solved.maps[m] for m, x in scores.items()}
        weighted = ({m: x * solved.weight ** (w / 2) for m, x in placed.items()} for w in weightings)
        found.append([mean_reciprocal_rank(places, held) for places in weighted])
    return None if found[0][0] is None else np.array(found)


def example_numbers(part: Pairs) -> np.ndarray:
    """Return the numbers (p,) of these examples, whose rows are numbered like the examples of a fit."""
    return np.max(list(part.rows.values()), axis=0)


START_RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0)
"""Ridges tried for a start, relative to a modality's mean variance. The middle one is used if no held-out pair can be
ranked. Chosen: the middle of RIDGES, since training corrects the rest."""


def start_from_cca(
    aligner: str, sets: Sets, parts: Holdout, dims: int, ridge: float | None = None
) -> tuple[dict[str, np.ndarray], float]:
    """Return modality -> map (d_m, k), and the ridge. A training row (x - centre) @ map has about unit length.

    The maps are canonical components weighted by correlation, computed on the kept examples. Without a `ridge`, the one
    of START_RIDGES that retrieves the held-out examples best is used. Raises BadInput like CCA.
    """
    examples, centres = centred_examples(aligner, sets, parts.kept, stored=True)
    axes = principal_axes(examples)
    if ridge is None and len(parts.held):
        rows = {m: _centred_rows(sets[m].vectors, held, centres[m]) for m, held in parts.held.rows.items()}
        quality = retrieval_quality(axes, rows, parts.held, dims, START_RIDGES)
        ridge = None if quality is None else START_RIDGES[int(quality.argmax())]
    ridge = START_RIDGES[len(START_RIDGES) // 2] if ridge is None else ridge
    found, maps = axes.canonical(dims, ridge), {}
    for m, each in found.maps.items():
        linear = axes.directions[m] @ each * np.sqrt(found.weight)
        size = mean_length(taken(examples.rows[m], examples.present[m]), linear)
        maps[m] = linear / (size or 1.0)
    return maps, ridge


def _centred_rows(vectors: np.ndarray, rows: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return these rows (p, d) minus the centre, zero if the row number is -1."""
    return np.where(rows[:, None] >= 0, vectors[rows] - centre, 0.0)
