"""Metrics of selected items beside those of the rest. All work is on columns, so that 50,000 items take no longer."""

from __future__ import annotations

from collections.abc import Collection as Items
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.bootstrap import RESAMPLES, interval, share_interval
from mmalign_core.triage.judgements import Judgements
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.strings import Strings
from mmalign_core.vectors import ROWS_AT_ONCE, unit_rows

Interval = tuple[float, float]
_AT_ONCE = 50
"""Resamples in memory at a time: 40 MB of counts for 100,000 items."""
_DRAWN = 2000
"""Most items that are drawn one by one for the interval of the gap. The mean of more is normal to within a hundredth of
its deviation, and its spread is that of as many random ones. Our choice."""


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
    chosen, found = items if isinstance(items, Strings) else Strings(list(items)), []
    for way, every in judged.items():
        ids = Strings.of(every.queries.ids)
        inside, counted = ids.among(chosen), every.held_out if every.held_out.any() else np.ones(len(every), bool)
        split = "held out" if every.held_out.any() else "all"
        parts, owners = [np.flatnonzero(side & counted) for side in (inside, ~inside)], ids.numbered()[0]
        for k in (1, 10):
            hits = every.rank <= k
            found.append(Contrast(f"recall@{k}", way, split, *(_share(hits[p], owners[p], seed) for p in parts)))
        found.append(Contrast("largest hub", way, split, *(_largest_hub(every, part) for part in parts)))
    a, b = space.values()
    first, second = _partners(a, b)
    inside = Strings.of(a.ids).among(chosen)[first]
    gaps = (_gap((a.vectors, first[side]), (b.vectors, second[side]), seed) for side in (inside, ~inside))
    found.append(Contrast("modality gap", "", "", *gaps))
    return tuple(found)


def _share(hits: np.ndarray, owners: np.ndarray, seed: int) -> PartMetrics | None:
    """The share of queries that hit (m,), with its percentile interval over resampled items, `owners` (m,).

    Items with equally many queries and hits are alike, so how often each sort is drawn says how often all are.
    """
    if not len(hits):
        return None
    value, every = float(hits.mean()), np.bincount(owners)
    held = np.flatnonzero(every)
    many, right = every[held], np.bincount(owners[hits], minlength=len(every))[held]
    if len(many) < 2:
        return PartMetrics(value, len(hits), None)
    if value in (0.0, 1.0):  # resamples of equal values do not differ, and their interval would have no width
        return PartMetrics(value, len(hits), share_interval(round(value * len(many)), len(many)))
    sorts, counts = np.unique(many * (many.max() + 1) + right, return_counts=True)
    asked, found = np.divmod(sorts, many.max() + 1)
    drawn = np.random.default_rng(seed).multinomial(len(many), counts / len(many), RESAMPLES)
    low, high = interval(drawn @ found / (drawn @ asked))
    return PartMetrics(value, len(hits), (low, high))


def _largest_hub(judged: Judgements, part: np.ndarray) -> PartMetrics | None:
    """The share of the queries `part` (m,) that choose the content which most of them choose."""
    n = len(part)
    if not n:
        return None
    rows, times = np.unique(judged.chosen[part], return_counts=True)
    contents = Strings.of(judged.candidates.keys).take(rows).numbered()[0]
    k = int(np.bincount(contents, times).max())
    return PartMetrics(k / n, n, share_interval(k, n) if n > 1 else None)


def _partners(a: EmbeddingSet, b: EmbeddingSet) -> tuple[np.ndarray, np.ndarray]:
    """The first rows (p,) in a and in b of every item that both hold, in the order of a."""
    ids, others = Strings.of(a.ids), Strings.of(b.ids)
    first = np.flatnonzero(ids.firsts() == np.arange(len(ids)))
    second = first if ids == others else others.places_of(ids.take(first))
    return first[second >= 0], second[second >= 0]


def _gap(a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray], seed: int) -> PartMetrics | None:
    """The distance between the mean unit vectors of both modalities (Liang et al. 2022), each given as vectors and the
    rows (n,) of the same items.

    The interval is the basic bootstrap over items, because a resampled distance is too long on average.
    """
    n = len(a[1])
    if not n:
        return None
    centre = _mean(*a) - _mean(*b)
    value = float(np.linalg.norm(centre))
    if n < 2:
        return PartMetrics(value, n, None)
    rng = np.random.default_rng(seed)
    some = np.arange(n) if n <= _DRAWN else np.sort(rng.choice(n, _DRAWN, replace=False))
    left, right = (unit_rows(vectors[rows[some]]).astype(np.float64) for vectors, rows in (a, b))
    apart = left - right
    if n <= _DRAWN:
        steps, shares = RESAMPLES // _AT_ONCE, np.full(n, 1 / n)
        drawn = np.concatenate([rng.multinomial(n, shares, _AT_ONCE) @ apart / n for _ in range(steps)])
    else:
        spread = (apart - apart.mean(axis=0)) / np.sqrt(_DRAWN * n)
        drawn = centre + rng.standard_normal((RESAMPLES, _DRAWN)) @ spread
    low, high = interval(np.linalg.norm(drawn, axis=1))
    return PartMetrics(value, n, (max(0.0, 2 * value - high), max(0.0, 2 * value - low)))


def _mean(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The mean (d,) of these rows of the vectors, each scaled to unit length."""
    total = np.zeros(vectors.shape[1])
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = vectors[rows[start : start + ROWS_AT_ONCE]]
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block))
        total += (1 / np.where(lengths > 0, lengths, 1)).astype(np.float32) @ block
    return total / len(rows)
