"""Ranks of the right answers in bins that grow with the rank, beside what random order would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.triage.judgements import Judgements

_EDGES = (1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 1_000_000)
"""Last ranks of the bins. The first three are the cuts of recall@1, @5 and @10; the rest grow with the rank."""


@dataclass(frozen=True)
class RankBin:
    """The queries whose right answer ranks from `low` to `high`.

    `items`: their items, each once. `n`: the queries. `chance`: the queries expected here if every order of the
    candidates were equally likely and each query had one right answer.
    """

    low: int
    high: int
    n: int
    items: tuple[str, ...]
    chance: float

    @property
    def words(self) -> str:
        """'1', '2–5'."""
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,}–{self.high:,}"

    @property
    def address(self) -> str:
        """'2-5', as a link writes the range."""
        return f"{self.low}-{self.high}"


def measured_queries(judgements: Judgements) -> Judgements:
    """Return the queries that the report measured: the held-out ones if the run holds items out, else all."""
    return judgements.take(judgements.held_out) if judgements.held_out.any() else judgements


def rank_bins(judgements: Judgements) -> tuple[RankBin, ...]:
    """Return the bins of all queries, from rank 1 to the largest number of candidates. () without queries."""
    if not len(judgements):
        return ()
    last = int(judgements.n_candidates.max())
    ends = [edge for edge in _EDGES if edge < last] + [last]
    starts = [1, *(end + 1 for end in ends[:-1])]
    return tuple(_bin(judgements, low, high) for low, high in zip(starts, ends))


def _bin(judgements: Judgements, low: int, high: int) -> RankBin:
    inside = np.flatnonzero((judgements.rank >= low) & (judgements.rank <= high))
    sizes = judgements.n_candidates
    chance = float((np.clip(sizes - (low - 1), 0, high - low + 1) / sizes).sum())
    ids = judgements.queries.ids
    items = tuple(dict.fromkeys(ids[int(row)] for row in inside))
    return RankBin(low, high, len(inside), items, chance)
