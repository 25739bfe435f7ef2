"""Retrieval from one modality to another: right answers, and the metrics of ranks and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from mmalign_core.splits import numbered_items
from mmalign_core.types import EmbeddingSet, Matches
from mmalign_core.types.strings import Strings, joined_strings


@dataclass(frozen=True)
class RightAnswers:
    """Right answers by item and content, in factored form: the content of each query, `contents` (m,), the contents
    that are right for each of them, `answers` (k, c), and who has them, `candidates` (c, n).

    A candidate is right for a query if it belongs to the query's item, or to an item with the same content as the
    query (for the text "A cat." both photos with this title), or if its content equals that of such a candidate (for a
    photo titled "A cat." also the title of the other photo).
    """

    contents: np.ndarray
    answers: sparse.csr_array
    candidates: sparse.csr_array
    answerable: np.ndarray
    """Queries (m,) bool whose own item has a candidate. The others are left out."""

    def pairs(self, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return (row within `part`, candidate column) of every right pair, in ascending order of rows."""
        right = sparse.csr_array(self.answers[self.contents[part]] @ self.candidates)
        return np.repeat(np.arange(len(right.indptr) - 1), np.diff(right.indptr)), right.indices

    @property
    def count(self) -> int:
        """The number of right pairs, without making them."""
        return int((self.answers @ np.diff(self.candidates.indptr).astype(np.int64))[self.contents].sum())

    def holds(self, chosen: np.ndarray) -> np.ndarray:
        """Whether the candidate column that each query chose, `chosen` (m,), is a right answer: (m,) bool."""
        taken = sparse.csr_array(self.candidates.T).indices[chosen]
        rows, columns = (places.astype(np.int64) for places in self.answers.nonzero())
        width = len(self.candidates.indptr) - 1
        return np.isin(self.contents.astype(np.int64) * width + taken, rows * width + columns)

    def take(self, rows: np.ndarray) -> RightAnswers:
        """Those of some queries alone. What the others share with them stays known, so their right answers do not
        change."""
        return replace(self, contents=self.contents[rows], answerable=self.answerable[rows])

    def grid(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Whether these candidate columns (b,) are right for these queries (a,): (a, b) bool."""
        return (self.answers[self.contents[rows]] @ self.candidates[:, columns]).toarray() > 0


def right_answers(queries: EmbeddingSet, candidates: EmbeddingSet, owners: Sequence[str] | None = None) -> RightAnswers:
    """Return the right answers to each query (row) among `candidates`.

    `owners` (n,): the item of each candidate, if it is not its own (the shuffled baseline).
    """
    owners = Strings.of(candidates.ids if owners is None else owners)
    both, items = joined_strings([Strings.of(queries.ids), owners]).numbered()
    query_items, owner = both[: len(queries)], both[len(queries) :]
    query_keys, known = Strings.of(queries.keys).numbered()
    content, contents = Strings.of(candidates.keys).numbered()
    holders = _incidence(query_keys, query_items, (len(known), len(items)))
    owned = _incidence(owner, content, (len(items), len(contents)))
    rows = _incidence(np.arange(len(content)), content, (len(content), len(contents)))
    answerable = np.diff(owned.indptr)[query_items] > 0
    return RightAnswers(query_keys, _binary(holders @ owned), sparse.csr_array(rows.T), answerable)


def shuffled_owners(candidates: EmbeddingSet, seed: int) -> Strings:
    """Return the item of each candidate (n,) after a seeded permutation of the items: pairs by chance."""
    items, numbers = numbered_items({candidates.modality: candidates})
    order = np.random.default_rng(seed).permutation(len(items))
    return items.take(order[numbers[candidates.modality]])


def _incidence(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    return _binary(sparse.csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape))


def _binary(matrix: sparse.csr_array) -> sparse.csr_array:
    matrix = sparse.csr_array(matrix)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


RECALL_AT = (1, 5, 10)
"""The cut-offs reported in papers on cross-modal retrieval."""


@dataclass(frozen=True)
class Outcome:
    """Per query: `ranks` (m,) from 1 of its best right answer, and whether its decision was `correct` (m,) bool."""

    ranks: np.ndarray
    correct: np.ndarray

    def per_query(self) -> dict[str, np.ndarray]:
        """Return metric name -> (m,) values whose mean is the metric."""
        values = {"accuracy": self.correct.astype(float)}
        values |= {f"recall@{k}": (self.ranks <= k).astype(float) for k in RECALL_AT}
        return values | {"mrr": 1.0 / self.ranks}

    def metrics(self) -> dict[str, float]:
        """Return accuracy, recall@1/5/10 and mrr in 0..1, median_rank from 1. All are 0 if there are no queries."""
        if not len(self.ranks):
            return dict.fromkeys([*self.per_query(), "median_rank"], 0.0)
        means = {name: float(values.mean()) for name, values in self.per_query().items()}
        return means | {"median_rank": float(np.median(self.ranks))}


def best_chosen(matches: Matches, queries: int) -> np.ndarray:
    """Return (queries,): the highest-scoring target that each query chose, -1 for undecided ones."""
    order = np.lexsort((matches.targets, -matches.scores, matches.sources))
    sources, first = np.unique(matches.sources[order], return_index=True)
    chosen = np.full(queries, -1)
    chosen[sources] = matches.targets[order][first]
    return chosen


@dataclass(frozen=True)
class Direction:
    """Per query (m,): its item and content key, its outcome, its outcome by chance; and the numbers of both sides.

    `sampled_of`: the number of answerable queries that these are a random sample of; 0 where they are all of them.
    """

    items: Sequence[str]
    keys: Sequence[str]
    outcome: Outcome
    shuffled: Outcome
    candidates: int
    unanswerable: int
    sampled_of: int = 0

    def metrics(self, outcome: Outcome) -> dict[str, float | int]:
        """Return the metrics of an outcome with the numbers of queries and candidates."""
        sizes = {"n": len(self.items), "candidates": self.candidates, "unanswerable": self.unanswerable}
        drawn = {"sampled_of": self.sampled_of} if self.sampled_of else {}
        return {**outcome.metrics(), **sizes, **drawn}


def pooled(parts: Sequence[Direction]) -> Direction:
    """Return the queries of several folds as one direction. `candidates` is their mean."""
    outcome, shuffled = (
        Outcome(*(np.concatenate([getattr(getattr(p, which), what) for p in parts]) for what in ("ranks", "correct")))
        for which in ("outcome", "shuffled")
    )
    items, keys = (joined_strings([Strings.of(getattr(p, what)) for p in parts]) for what in ("items", "keys"))
    candidates = round(float(np.mean([part.candidates for part in parts])))
    unanswerable, drawn = (sum(getattr(part, what) for part in parts) for what in ("unanswerable", "sampled_of"))
    return Direction(items, keys, outcome, shuffled, candidates, unanswerable, drawn)
