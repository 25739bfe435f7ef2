"""Diagnostics of two modalities in one shared space, as the report's `space` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.metrics.mutual_knn import mutual_knn
from mmalign_core.metrics.space import alignment, modality_gap, occurrences, skewness, uniformity
from mmalign_core.scoring.decision import Scoring, bank_vectors, distinct_vectors
from mmalign_core.types import EmbeddingSet


def diagnostics(
    a: EmbeddingSet,
    b: EmbeddingSet,
    scoring: Scoring,
    *,
    bank: Mapping[str, EmbeddingSet] | None = None,
) -> dict[str, Any]:
    """Gap, hubness, alignment, uniformity and shared neighbourhoods of two modalities in one space.

    `hubness` and `largest_hub` (share of the queries that have the most frequent target among their 10 best; 10 / n
    is even) are the worse direction's. Identical contents count once as targets: among equal scores the lower index
    would look like a hub. `mutual_knn` is calibrated, see there.
    """
    hubs, largest, seed = {}, {}, scoring.seed
    for sources, targets in ((a, b), (b, a)):
        known = bank_vectors((bank or {}).get(sources.modality))
        scores = scoring.correction.scores(scoring.similarity, sources.vectors, distinct_vectors(targets), known)
        occurrence, way = occurrences(scores), f"{sources.modality}->{targets.modality}"
        hubs[way], largest[way] = skewness(occurrence), float(occurrence.max(initial=0) / max(1, len(sources)))
    spread = {rows.modality: uniformity(rows, seed=seed) for rows in (a, b)}
    neighbours = mutual_knn(a, b, seed=seed)
    return {
        "gap": modality_gap(a.vectors, b.vectors),
        "hubness": max(hubs.values()),
        "hubness_by_direction": hubs,
        "largest_hub": max(largest.values()),
        "largest_hub_by_direction": largest,
        "alignment": alignment(a, b, seed=seed),
        "uniformity": sum(spread.values()) / 2,
        "uniformity_by_modality": spread,
        "mutual_knn": neighbours.calibrated,
        "mutual_knn_raw": neighbours.observed,
        "mutual_knn_p": neighbours.p,
    }
