"""Metrics of selected items beside those of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection as Items
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.bootstrap import RESAMPLES, bootstrap_intervals, interval, share_interval
from mmalign_core.metrics.retrieval import Outcome
from mmalign_core.triage.judgements import Judgements
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

Interval = tuple[float, float]
_AT_ONCE = 50
"""Resamples in memory at a time: 40 MB of counts for 100,000 items."""


@dataclass(frozen=True)
class PartMetrics:
    """A measure of the selected items or of the rest: `value` over `n` queries or items, with its 95% interval.

    `interval` is None for fewer than two.
    """

    value: float
    n: int
    interval: Interval | None


@dataclass(frozen=True)
class Contrast:
    """One measure of the selected items and of the rest. `split`: "held out" or "all", or "" for the space."""

    name: str
    direction: str
    split: str
    selected: PartMetrics | None
    rest: PartMetrics | None


def selection_contrasts(
    judged: Mapping[str, Judgements], space: Mapping[str, EmbeddingSet], items: Items[str], *, seed: int = 0
) -> tuple[Contrast, ...]:
    """Return recall@1, recall@10 and the share of the largest hub in each direction, then the modality gap.

    `judged`: direction -> its queries. Where some were held out, only they count, because the fit has seen the
    others. `space`: the two modalities of the run. A part without queries is None.
    """
    chosen, found = set(items), []
    for way, every in judged.items():
        held = bool(every.held_out.any())
        queries = every.take(every.held_out) if held else every
        inside = np.array([item in chosen for item in queries.queries.ids], bool)
        split = "held out" if held else "all"
        parts = [queries.take(inside), queries.take(~inside)]
        for name in ("recall@1", "recall@10"):
            found.append(Contrast(name, way, split, *(_recall(part, name, seed) for part in parts)))
        found.append(Contrast("largest hub", way, split, *(_largest_hub(part) for part in parts)))
    a, b = space.values()
    held = [item for item in dict.fromkeys(a.ids) if item in set(b.ids)]
    sides = [[item for item in held if (item in chosen) == wanted] for wanted in (True, False)]
    found.append(Contrast("modality gap", "", "", *(_gap(a, b, side, seed) for side in sides)))
    return tuple(found)


def _recall(judged: Judgements, name: str, seed: int) -> PartMetrics | None:
    if not len(judged):
        return None
    outcome, ids = Outcome(judged.rank, judged.correct), judged.queries.ids
    value, items = outcome.metrics()[name], len(set(ids))
    if items < 2:
        return PartMetrics(value, len(judged), None)
    if value in (0.0, 1.0):  # resamples of equal values do not differ, and their interval would have no width
        return PartMetrics(value, len(judged), share_interval(round(value * items), items))
    low, high = bootstrap_intervals(outcome, ids, seed=seed)[name]
    return PartMetrics(value, len(judged), (low, high))


def _largest_hub(judged: Judgements) -> PartMetrics | None:
    """The share of the queries that choose the content which most of them choose."""
    n = len(judged)
    if not n:
        return None
    k = Counter(judged.candidates.keys[row] for row in judged.chosen).most_common(1)[0][1]
    return PartMetrics(k / n, n, share_interval(k, n) if n > 1 else None)


def _gap(a: EmbeddingSet, b: EmbeddingSet, items: list[str], seed: int) -> PartMetrics | None:
    """The distance between the mean unit vectors of both modalities of these items (Liang et al. 2022).

    The interval is the basic bootstrap over items, because a resampled distance is too long on average.
    """
    if not items:
        return None
    first = [{item: row for row, item in reversed(list(enumerate(rows.ids)))} for rows in (a, b)]
    left, right = (
        unit_rows(rows.vectors[[at[item] for item in items]]).astype(np.float64) for rows, at in zip((a, b), first)
    )
    apart, n = left - right, len(items)
    value = float(np.linalg.norm(apart.mean(axis=0)))
    if n < 2:
        return PartMetrics(value, n, None)
    rng, shares, steps = np.random.default_rng(seed), np.full(n, 1 / n), RESAMPLES // _AT_ONCE
    drawn = [rng.multinomial(n, shares, _AT_ONCE) @ apart / n for _ in range(steps)]
    low, high = interval(np.linalg.norm(np.concatenate(drawn), axis=1))
    return PartMetrics(value, n, (max(0.0, 2 * value - high), max(0.0, 2 * value - low)))
