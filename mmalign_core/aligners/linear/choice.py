"""Which ridge and weighting of CCA retrieve held-out pairs best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.linear.base import Examples
from mmalign_core.aligners.linear.canonical import Axes, principal_axes
from mmalign_core.aligners.pairs import Pairs
from mmalign_core.aligners.training.holdout import Holdout, hold_out, mean_reciprocal_rank

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Relative to a modality's mean variance, two steps a decade."""
WEIGHTINGS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Powers of the correlations, each twice the one before."""
UNTRIED = (3.0, 2.0)
"""Ridge and weighting where no held-out pair can be ranked: there are too few, or all have the same content."""
ENOUGH_HELD = 300
"""Held-out examples that make one split enough; of fewer, up to MOST_SPLITS are averaged."""
MOST_SPLITS = 5
"""Splits at most. Chosen: each costs one CCA more, and five halve the error of a single one."""


@dataclass(frozen=True)
class Choice:
    """A ridge, a weighting, and the mean reciprocal rank of held-out pairs under them (0 if none could be ranked)."""

    reg: float
    weighting: float
    quality: float = 0.0


def choose(
    examples: Examples,
    dims: int,
    regs: Sequence[float] = RIDGES,
    weightings: Sequence[float] = WEIGHTINGS,
    *,
    seed: int = 0,
    tried: Callable[[Choice], None] = lambda choice: None,
) -> Choice:
    """The combination with the highest mean reciprocal rank; `tried` is told each ridge with its best weighting.

    The examples need their pairs. Principal axes are found once a split, so that a further ridge costs little. A split
    whose held-out pairs cannot be ranked says nothing and is left out; with no split left the untried default wins.
    """
    ranked = (_quality(examples, split, dims, regs, weightings) for split in _splits(examples.pairs, seed))
    qualities = [quality for quality in ranked if quality is not None]
    if not qualities:
        return Choice(*(given[0] if len(given) == 1 else u for given, u in zip((regs, weightings), UNTRIED)))
    quality = np.mean(qualities, axis=0)
    best = [Choice(reg, weightings[int(row.argmax())], float(row.max())) for reg, row in zip(regs, quality)]
    for choice in best:
        tried(choice)
    return max(best, key=lambda choice: choice.quality)


def _splits(pairs: Pairs | None, seed: int) -> list[Holdout]:
    if pairs is None:
        raise ValueError("a choice needs to know which examples are pairs")
    first = hold_out(pairs, seed=seed)
    if not len(first.held):
        return []
    more = min(MOST_SPLITS, -(-ENOUGH_HELD // len(first.held))) - 1
    return [first, *(hold_out(pairs, seed=seed + i) for i in range(1, more + 1))]


def _quality(
    examples: Examples, split: Holdout, dims: int, regs: Sequence[float], weightings: Sequence[float]
) -> np.ndarray | None:
    """Mean reciprocal ranks (regs, weightings) of what this split holds out, None where it cannot be ranked."""
    axes, asked = principal_axes(examples.take(_places(split.kept))), _places(split.held)
    return retrieval(axes, {m: rows[asked] for m, rows in examples.rows.items()}, split.held, dims, regs, weightings)


def retrieval(
    axes: Axes,
    rows: Mapping[str, np.ndarray],
    held: Pairs,
    dims: int,
    regs: Sequence[float],
    weightings: Sequence[float] = (1.0,),
) -> np.ndarray | None:
    """Mean reciprocal ranks (regs, weightings) among held-out examples; `rows`: their centred rows (p, d_m).

    None where there is nothing to rank: no two modalities share two examples of distinct contents.
    """
    scores = {m: x @ axes.directions[m] for m, x in rows.items()}
    found = []
    for reg in regs:
        solved = axes.canonical(dims, reg)
        placed = {m: x @ solved.maps[m] for m, x in scores.items()}
        weighted = ({m: x * solved.weight ** (w / 2) for m, x in placed.items()} for w in weightings)
        found.append([mean_reciprocal_rank(places, held) for places in weighted])
    return None if found[0][0] is None else np.array(found)


def _places(part: Pairs) -> np.ndarray:
    """Which examples these are."""
    return np.max(list(part.rows.values()), axis=0)
