"""Hubs of one direction: how many queries choose each candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.bootstrap import share_interval
from mmalign_core.triage.judgements import Judgements


@dataclass(frozen=True)
class CandidateUse:
    """A content that `k` of `n` queries choose, `right` of them rightly.

    `row` is the first candidate that holds it. `copies` are the candidates that hold it. n are the queries that were
    ranked among it. `expected` is k by chance, where each query chooses any of its candidates. `interval` is the 95%
    interval of k / n.
    """

    row: int
    id: str
    copies: int
    k: int
    n: int
    right: int
    expected: float
    interval: tuple[float, float]


def most_chosen(judged: Judgements, most: int = 10) -> tuple[CandidateUse, ...]:
    """Return the contents that most queries choose, the most frequent first. Contents chosen once are left out."""
    if not len(judged):
        return ()
    contents = np.unique(np.array(judged.candidates.keys), return_inverse=True)[1].ravel()
    chosen, copies = contents[judged.chosen], np.bincount(contents)
    counts = np.bincount(chosen, minlength=len(copies))
    order = np.argsort(-counts, kind="stable")[:most]
    return tuple(_use(judged, contents, chosen, int(content)) for content in order if counts[content] > 1)


def choosers(judged: Judgements, row: int) -> Sequence[int]:
    """Return the query rows that choose the content of this candidate row."""
    keys = judged.candidates.keys
    return [query for query, chosen in enumerate(judged.chosen) if keys[chosen] == keys[row]]


def _use(judged: Judgements, contents: np.ndarray, chosen: np.ndarray, content: int) -> CandidateUse:
    holders, takers = np.flatnonzero(contents == content), chosen == content
    asked = (judged.fold == 0) | np.isin(judged.fold, judged.fold[takers])
    k, n = int(takers.sum()), int(asked.sum())
    return CandidateUse(
        row=int(holders[0]),
        id=judged.candidates.ids[int(holders[0])],
        copies=len(holders),
        k=k,
        n=n,
        right=int((takers & ~judged.missed).sum()),
        expected=float((len(holders) / judged.n_candidates[asked]).sum()),
        interval=share_interval(k, n),
    )
