"""Use case: the clusters of a run's shared space, each with the keywords that set it apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.triage.clusters import Clusters, cluster_items
from mmalign_core.triage.keywords import describe, keywords_of_concepts, keywords_of_texts
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.run_vectors import encoded_again


@dataclass(frozen=True)
class SpaceClusters:
    """The clusters of the items with both sides of the pair, and the keywords of each, best first, by its number."""

    clusters: Clusters
    keywords: Mapping[int, tuple[str, ...]]

    def label(self, number: int) -> str:
        """What a person reads for this cluster."""
        return describe(number, self.keywords.get(number, ()))


def find_clusters(run: Run, *, store: Store, settings: Settings | None = None) -> SpaceClusters:
    """Cluster the run's space, by the same seed always alike; no clusters where fewer than 40 items hold both sides.

    Keywords are the words of the items' texts, or what a classifying encoder saw where no item has a text. There are
    none where both are gone.
    """
    clusters = cluster_items({modality: run.result.space[modality] for modality in run.choices.pair})
    numbers = range(1, clusters.count + 1)
    words = (
        _of_texts(run, clusters) if run.collection.media_of("text") else _of_concepts(run, clusters, store, settings)
    )
    return SpaceClusters(clusters, dict(zip(numbers, words)))


def _of_texts(run: Run, clusters: Clusters) -> Sequence[tuple[str, ...]]:
    texts: list[list[str]] = [[] for _ in range(clusters.count)]
    number = clusters.by_item()
    for medium in run.collection.media_of("text"):
        if medium.text and medium.item in number:
            texts[number[medium.item] - 1].append(medium.text)
    return keywords_of_texts(texts)


def _of_concepts(run: Run, clusters: Clusters, store: Store, settings: Settings | None) -> Sequence[tuple[str, ...]]:
    if not clusters.count:
        return ()
    try:
        sets = encoded_again(run, store=store, settings=settings).sets
    except BadInput:
        return ()  # the clusters keep their numbers alone
    seen = next((sets[m] for m in run.choices.pair if sets[m].concepts is not None), None)
    return () if seen is None else _seen(seen, clusters)


def _seen(rows: EmbeddingSet, clusters: Clusters) -> Sequence[tuple[str, ...]]:
    assert rows.concepts is not None
    number = clusters.by_item()
    owners = np.array([number.get(item, 0) for item in rows.ids])
    parts = [rows.concepts.posterior[owners == place] for place in range(1, clusters.count + 1)]
    return keywords_of_concepts(rows.concepts.labels, parts)
