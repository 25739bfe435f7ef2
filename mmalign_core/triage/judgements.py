"""Judgements: what each query of one direction was answered with, and where its right answer ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.types import EmbeddingSet


@dataclass(frozen=True)
class Judgements:
    """Columns over the m answerable queries of one direction.

    `queries` (m rows) and `candidates` (n rows) are placed in the run's space. `rank` (m,) is the rank of the best
    right answer, from 1. `chosen` and `right` (m,) are rows of `candidates`: the decision, or the best candidate where
    the matcher left the query undecided, and the best right answer; `chosen_score` and `right_score` (m,) are their
    scores. `correct`, `decided` and `held_out` (m,) are bool; `n_candidates` (m,) is the number of candidates that the
    query was ranked among: held-out queries meet the held-out candidates of their fold alone, as in the report.
    """

    direction: tuple[str, str]
    queries: EmbeddingSet
    candidates: EmbeddingSet
    rank: np.ndarray
    chosen: np.ndarray
    right: np.ndarray
    chosen_score: np.ndarray
    right_score: np.ndarray
    correct: np.ndarray
    decided: np.ndarray
    held_out: np.ndarray
    n_candidates: np.ndarray

    def __len__(self) -> int:
        return len(self.rank)

    @property
    def way(self) -> str:
        """The direction as reports write it: "image->text"."""
        return "->".join(self.direction)

    @property
    def margin(self) -> np.ndarray:
        """Score of the right answer less that of the chosen one (m,): below 0 where another candidate won."""
        return self.right_score - self.chosen_score

    def take(self, rows: np.ndarray) -> Judgements:
        """Only these queries, in this order; `rows` are row numbers or a bool mask."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, int)
        columns = ("rank", "chosen", "right", "chosen_score", "right_score", "correct", "decided", "held_out")
        taken = {name: getattr(self, name)[rows] for name in (*columns, "n_candidates")}
        return replace(self, queries=self.queries.take(rows), **taken)

    def worst_first(self) -> np.ndarray:
        """Row numbers (m,) by falling rank, then by rising margin, then by item."""
        return np.lexsort((np.array(self.queries.ids, dtype=str), self.margin, -self.rank))
