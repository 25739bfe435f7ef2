"""Keywords of clusters: words that the texts of one cluster use more than those of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from mmalign_core.explain.words import common_words, is_descriptive, word_spans

_READ = 2000
"""Characters of a text that are used. Our choice: about 300 words."""


def cluster_keywords(texts: Sequence[str], clusters: Sequence[int], *, most: int = 3) -> dict[int, tuple[str, ...]]:
    """Return cluster -> its keywords, at most `most`, the strongest first; () for a cluster without any.

    `texts` and `clusters` have one entry per text. The weight of a word t in a cluster c is c-TF-IDF (Grootendorst
    2022, BERTopic): tf(t, c) · log(1 + A / f(t)), where tf is the word's share of the cluster's words, f its count
    over all clusters, and A the mean number of words of a cluster. English function words and numbers are left out, and
    words that are no more frequent in the cluster than elsewhere. A word must stand in two texts of its cluster,
    unless the cluster has one text alone.
    """
    words = [_words(text) for text in texts]
    common = common_words({}, 0)
    counts: dict[int, Counter[str]] = {int(cluster): Counter() for cluster in sorted(set(clusters))}
    holding: dict[int, Counter[str]] = {cluster: Counter() for cluster in counts}
    sizes = Counter(int(cluster) for cluster in clusters)
    for held, cluster in zip(words, clusters, strict=True):
        kept = [word for word in held if word not in common]
        counts[int(cluster)].update(kept)
        holding[int(cluster)].update(set(kept))
    total = Counter[str]()
    for counted in counts.values():
        total.update(counted)
    every = total.total()
    mean = every / max(len(counts), 1)
    found = {}
    for cluster, counted in counts.items():
        least = min(2, sizes[cluster])
        weights = {
            word: count / counted.total() * float(np.log1p(mean / total[word]))
            for word, count in counted.items()
            if holding[cluster][word] >= least and (len(counts) == 1 or count * every > total[word] * counted.total())
        }
        found[cluster] = tuple(sorted(weights, key=lambda word: (-weights[word], word))[:most])
    return found


def _words(text: str) -> list[str]:
    read = text[:_READ]
    spans = (read[start:end].casefold() for start, end in word_spans(read))
    return [word for word in spans if is_descriptive(word)]
