"""Use case: the clusters of a run's items in its space, named by keywords of their texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mmalign_core.triage.clusters import cluster_items
from mmalign_core.triage.keywords import describe, keywords_of_texts
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run

_KEYWORDS = 3
"""Keywords of a cluster; our choice: as many as fit on a label of the map."""
NO_CLUSTER = say("no cluster")


@dataclass(frozen=True)
class NamedClusters:
    """`by_item`: item -> the number of its cluster, from 1. `names` and `keywords`: number -> what it is called."""

    by_item: Mapping[str, int]
    names: Mapping[int, str]
    keywords: Mapping[int, tuple[str, ...]]

    def groups(self, items: tuple[str, ...] | list[str]) -> dict[str, str]:
        """Return item -> the name of its cluster; NO_CLUSTER without one."""
        return {item: self.names.get(self.by_item.get(item, 0), NO_CLUSTER) for item in items}


def named_clusters(run: Run, *, seed: int = 0) -> NamedClusters:
    """Return the clusters of the run's items (see `cluster_items`), named by keywords of their texts.

    Items that lack a modality of the run's pair have no cluster, and fewer than 40 items have none.
    """
    found = cluster_items({modality: run.result.space[modality] for modality in run.choices.pair}, seed=seed)
    by_item = found.by_item()
    texts: list[list[str]] = [[] for _ in range(found.count)]
    for medium in run.collection.media_of("text"):
        if medium.item in by_item and medium.text:
            texts[by_item[medium.item] - 1].append(medium.text)
    keywords = dict(enumerate(keywords_of_texts(texts, _KEYWORDS), 1))
    return NamedClusters(by_item, {number: describe(number, words) for number, words in keywords.items()}, keywords)
