"""Diagnostics of the shared space: modality gap, hubness, alignment, uniformity and shared neighbourhoods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.metrics.hubs import Hubs, hubs_of
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.splits import numbered_items
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.strings import Strings
from mmalign_core.vectors import unit_rows

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them


def diagnostics(
    a: EmbeddingSet,
    b: EmbeddingSet,
    scoring: Scoring,
    *,
    bank: Mapping[str, EmbeddingSet] | None = None,
    hubs: Mapping[str, Hubs] | None = None,
) -> dict[str, Any]:
    """Return gap, hubness, alignment, uniformity and shared neighbourhoods of two modalities in one space.

    `hubness` and `largest_hub` are those of the worse direction. `largest_hub` is the share of queries that have the
    most frequent target among their 10 best; 10 / n means no hub. Identical contents count once as targets, because
    among equal scores the lower index would look like a hub. `mutual_knn` is calibrated, see there. `hubs`: those of
    the directions ("image->text") that were counted before.
    """
    known, seed = dict(hubs or {}), scoring.seed
    for sources, targets in ((a, b), (b, a)):
        way = f"{sources.modality}->{targets.modality}"
        if way not in known:
            known[way] = hubs_of(sources, targets, scoring, (bank or {}).get(sources.modality))
    found = {f"{x.modality}->{y.modality}": known[f"{x.modality}->{y.modality}"] for x, y in ((a, b), (b, a))}
    skewed, largest = ({way: getattr(one, what) for way, one in found.items()} for what in ("skewness", "largest"))
    spread = {rows.modality: uniformity(rows, seed=seed) for rows in (a, b)}
    neighbours = mutual_knn(a, b, seed=seed)
    return {
        "gap": modality_gap(a.vectors, b.vectors),
        "hubness": max(skewed.values()),
        "hubness_by_direction": skewed,
        "largest_hub": max(largest.values()),
        "largest_hub_by_direction": largest,
        "alignment": alignment(a, b, seed=seed),
        "uniformity": sum(spread.values()) / 2,
        "uniformity_by_modality": spread,
        "mutual_knn": neighbours.calibrated,
        "mutual_knn_raw": neighbours.observed,
        "mutual_knn_p": neighbours.p,
    }


SAMPLE = 2000
"""Most rows, or pairs of rows, of a sampled measure."""


def modality_gap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the distance between the mean unit vectors of (n, d) and (m, d): 0 to 2 (Liang et al. 2022)."""
    return float(np.linalg.norm(unit_rows(a).mean(0, dtype=np.float64) - unit_rows(b).mean(0, dtype=np.float64)))


def alignment(a: EmbeddingSet, b: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> float:
    """Return the mean squared distance of unit vectors of one item in two modalities, 0 to 4 (Wang & Isola 2020).

    Over at most `sample` items, the first row of each. 0 if no item has both modalities.
    """
    left, right = partners(a, b, seed=seed, sample=sample)
    return float(((left - right) ** 2).sum(1).mean()) if len(left) else 0.0


def partners(a: EmbeddingSet, b: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> tuple[np.ndarray, np.ndarray]:
    """Return unit rows (n, d), (n, e) of items with both modalities: the first row of each, at most `sample`."""
    items, numbers = numbered_items({"a": a, "b": b})
    first = np.full((2, len(items)), -1)
    for rows, own in zip(first, numbers.values()):
        rows[own[::-1]] = np.arange(len(own))[::-1]
    shared = _sampled(np.flatnonzero((first >= 0).all(axis=0)), sample, seed)
    return unit_rows(a.vectors[first[0, shared]]), unit_rows(b.vectors[first[1, shared]])


def uniformity(embeddings: EmbeddingSet, *, seed: int = 0, sample: int = SAMPLE) -> float:
    """Return log mean exp(-2 |x - y|²) over pairs of unit vectors: 0 if all are equal, lower if they are spread out.

    Wang & Isola (2020), over at most `sample` rows; 0 if there are fewer than two. Rows are scaled to unit length
    first. Zero rows have no direction and are left out.
    """
    directed = np.flatnonzero(embeddings.vectors.any(axis=1))
    columns = (Strings.of(column).take(directed).column for column in (embeddings.ids, embeddings.keys))
    table = pa.table(dict(zip(("id", "key"), columns)))
    by_content = directed[pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names])]
    x = unit_rows(embeddings.vectors[_sampled(by_content, sample, seed)]).astype(np.float64)
    if len(x) < 2:
        return 0.0
    products = (x @ x.T)[np.triu_indices(len(x), 1)]
    return float(np.log(np.exp(-4 * (1 - products)).mean()))


def _sampled(values: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Return at most `size` of the values, drawn without replacement."""
    if len(values) <= size:
        return values
    return values[np.sort(np.random.default_rng(seed).choice(len(values), size, replace=False))]


@dataclass(frozen=True)
class MutualNeighbours:
    """`observed`: mean share of an item's k neighbours that both modalities share. `expected`: the same by chance.

    `calibrated`: (observed - expected) / (1 - expected), 0 at chance and 1 for equal neighbourhoods. `p`: share of
    permutations, including the observed order, that agree at least as much; 1 with fewer than three items.
    """

    observed: float
    expected: float
    calibrated: float
    p: float


def mutual_knn(
    a: EmbeddingSet, b: EmbeddingSet, k: int = 10, *, permutations: int = 200, seed: int = 0, sample: int = SAMPLE
) -> MutualNeighbours:
    """Return the mutual k-nearest-neighbour agreement of two modalities, each in its own vectors.

    Huh et al. (2024), The platonic representation hypothesis, over the items that have both. The raw number grows with
    k / n, so the value by chance is subtracted, from many permutations of the items of b. Cosine; k neighbours, but
    less than half of the items; at most `sample` items, the first row of each. Equal neighbours are in random order, or
    a collapsed space would agree.
    """
    left, right = partners(a, b, seed=seed, sample=sample)
    n, rng = len(left), np.random.default_rng(seed)
    k = min(k, (n - 1) // 2)
    if n < 3:
        return MutualNeighbours(0.0, 0.0, 0.0, 1.0)
    near = np.zeros((n, n), bool)
    near[np.arange(n)[:, None], _neighbours(left, k, rng)] = True
    rows, columns = np.repeat(np.arange(n), k), _neighbours(right, k, rng).ravel()
    orders = (rng.permutation(n) for _ in range(permutations))
    chance = np.array([near[order[rows], order[columns]].mean() for order in orders])
    observed, expected = float(near[rows, columns].mean()), float(chance.mean())
    calibrated = (observed - expected) / (1 - expected) if expected < 1 else 0.0
    p = (1 + np.count_nonzero(chance >= observed)) / (1 + permutations)
    return MutualNeighbours(observed, expected, calibrated, float(p))


def _neighbours(rows: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return the k nearest other rows of each (n, k), equal ones in random order."""
    order = rng.permutation(len(rows))
    found = order[top_k(rows[order], rows[order], k + 1)[1]]
    found = found[np.argsort(order)]
    others = found != np.arange(len(rows))[:, None]
    others[others.all(1), -1] = False
    return found[others].reshape(len(rows), k)
