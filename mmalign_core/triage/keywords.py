"""Keywords of groups of items: c-TF-IDF over their texts, or over the concepts that an encoder saw in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from mmalign_core.explain.words import common_words, is_descriptive, word_spans
from mmalign_core.types import BadInput
from mmalign_core.wording import say

MOST = 5
"""Keywords of one group; our choice: as many as fit on a label."""
_LIFT = 1.5
"""A keyword is this many times as frequent in its group as in the others. Our choice: what every group holds alike,
such as function words of any language, describes none."""


def c_tf_idf(counts: np.ndarray) -> np.ndarray:
    """Return (g, t) weights of t terms in g groups, from their numbers (g, t): c-TF-IDF (Grootendorst 2022, BERTopic).

    weight = share of the group's terms x log(1 + mean number of terms of a group / number of the term in all groups).
    Terms that no group holds, and groups without terms, have weight 0. BadInput for numbers below 0 or not finite.
    """
    counts = np.asarray(counts, float)
    if counts.ndim != 2 or not np.isfinite(counts).all() or (counts < 0).any():
        raise BadInput(f"terms of shape {counts.shape}; give one row of numbers from 0 for each group")
    held, everywhere = counts.sum(axis=1, keepdims=True), counts.sum(axis=0)
    share = np.divide(counts, held, out=np.zeros_like(counts), where=held > 0)
    rare = np.divide(held.mean() if held.size else 0.0, everywhere, out=np.zeros_like(everywhere), where=everywhere > 0)
    return share * np.log1p(rare)


def keywords_of_texts(texts: Sequence[Sequence[str]], most: int = MOST) -> tuple[tuple[str, ...], ...]:
    """Return the keywords of each group of texts, best first; () where nothing sets its words apart.

    Words are compared without case and shown as most texts write them. Words that stand in one text of the group alone
    come last.
    """
    written: dict[str, Counter[str]] = {}
    held = [Counter(word for text in group for word in _words(text, written)) for group in texts]
    everywhere = sum(held, Counter[str]())
    usual = common_words(everywhere, sum(map(len, texts)))
    terms = sorted(word for word in everywhere if is_descriptive(word) and word not in usual)
    counts = np.array([[group[term] for term in terms] for group in held], float).reshape(len(texts), len(terms))
    shown = [written[term].most_common(1)[0][0] for term in terms]
    return tuple(_best(row, counts, place, shown, most) for place, row in enumerate(c_tf_idf(counts)))


def keywords_of_concepts(
    labels: Sequence[str], seen: Sequence[np.ndarray], most: int = MOST
) -> tuple[tuple[str, ...], ...]:
    """Return the keywords of each group, best first, from `seen`: per group the posterior (n, c) of its items over the
    c labels."""
    counts = np.stack([posterior.sum(axis=0, dtype=float) for posterior in seen]) if len(seen) else np.zeros((0, 0))
    return tuple(_best(row, counts, place, labels, most) for place, row in enumerate(c_tf_idf(counts)))


def _words(text: str, written: dict[str, Counter[str]]) -> set[str]:
    """The distinct words of a text, case-folded; how each is written is noted."""
    found = set()
    for start, end in word_spans(text):
        word = text[start:end]
        written.setdefault(word.casefold(), Counter())[word] += 1
        found.add(word.casefold())
    return found


def _best(weights: np.ndarray, counts: np.ndarray, place: int, names: Sequence[str], most: int) -> tuple[str, ...]:
    """The heaviest terms that this group holds more often than the others; terms that occur again come first."""
    own, others = counts[place], counts.sum(axis=0) - counts[place]
    inside, outside = own / max(own.sum(), 1e-12), others / max(others.sum(), 1e-12)
    apart = (own > 0) & (inside >= _LIFT * outside)
    order = sorted(np.flatnonzero(apart).tolist(), key=lambda term: (own[term] == 1, -weights[term], names[term]))
    return tuple(dict.fromkeys(names[term] for term in order))[:most]


def describe(number: int, keywords: Sequence[str]) -> str:
    """What a person reads for a cluster: its number and its keywords."""
    if keywords:
        return say("cluster {number}: {keywords}", number=number, keywords=", ".join(keywords))
    return say("cluster {number}", number=number)
