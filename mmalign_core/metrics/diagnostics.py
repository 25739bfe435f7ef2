"""Diagnostics of two modalities in one shared space, as the report's `space` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.corrections.base import Correction
from mmalign_core.metrics.direction import bank_vectors, distinct_vectors
from mmalign_core.metrics.space import alignment, hubness, modality_gap, uniformity
from mmalign_core.similarities.base import Similarity
from mmalign_core.types import EmbeddingSet


def diagnostics(
    a: EmbeddingSet,
    b: EmbeddingSet,
    similarity: Similarity,
    correction: Correction,
    *,
    bank: Mapping[str, EmbeddingSet] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Gap, hubness, alignment and uniformity of two modalities in one space.

    Identical contents count once as targets: among equal scores the lower index would look like a hub.
    """
    hubs = {}
    for sources, targets in ((a, b), (b, a)):
        known = bank_vectors((bank or {}).get(sources.modality))
        scores = correction.scores(similarity, sources.vectors, distinct_vectors(targets), known)
        hubs[f"{sources.modality}->{targets.modality}"] = hubness(scores)
    return {
        "gap": modality_gap(a.vectors, b.vectors),
        "hubness": max(hubs.values()),
        "hubness_by_direction": hubs,
        "alignment": alignment(a, b, seed=seed),
        "uniformity": (uniformity(a, seed=seed) + uniformity(b, seed=seed)) / 2,
    }
