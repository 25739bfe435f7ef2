"""Retrieval from one modality to another: right answers, ranks, decisions, and their metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.scoring.decision import Scoring
from mmalign_core.types import EmbeddingSet, Matches


@dataclass(frozen=True)
class RightAnswers:
    """Right answers by item and content, kept factored: `queries` (m, c) and `candidates` (c, n) over c contents.

    A candidate is right for a query when it belongs to the query's item, or to an item that holds the same content as
    the query (for the text "A cat." both photos titled so count), or when its content equals that of such a candidate
    (for a photo titled "A cat." the other photo's title counts as well).
    """

    queries: sparse.csr_array
    candidates: sparse.csr_array
    answerable: np.ndarray
    """Queries (m,) bool whose own item has a candidate; the others are not asked."""

    def pairs(self, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """(row within `part`, candidate column) of every right pair, by rising row."""
        right = sparse.csr_array(self.queries[part] @ self.candidates)
        return np.repeat(np.arange(len(right.indptr) - 1), np.diff(right.indptr)), right.indices

    def holds(self, chosen: np.ndarray) -> np.ndarray:
        """Whether the candidate column that each query chose, `chosen` (m,), is a right answer: (m,) bool."""
        contents = sparse.csr_array(self.candidates.T).indices[chosen]
        return np.asarray(self.queries[np.arange(len(chosen)), contents] > 0).ravel()


def right_answers(queries: EmbeddingSet, candidates: EmbeddingSet, owners: Sequence[str] | None = None) -> RightAnswers:
    """Right answers to each query (row) among `candidates`.

    `owners` (n,) says whom each candidate belongs to where that is not its own item (the shuffled baseline).
    """
    owners = candidates.ids if owners is None else owners
    items = _numbered([*queries.ids, *owners])
    asked, contents = _numbered(queries.keys), _numbered(candidates.keys)
    asked_key, asked_item = _places(queries.keys, asked), _places(queries.ids, items)
    content, owner = _places(candidates.keys, contents), _places(owners, items)
    holders = _incidence(asked_key, asked_item, (len(asked), len(items)))
    owned = _incidence(owner, content, (len(items), len(contents)))
    rows = _incidence(np.arange(len(content)), content, (len(content), len(contents)))
    answerable = np.diff(owned.indptr)[asked_item] > 0
    return RightAnswers(_binary(holders @ owned)[asked_key], sparse.csr_array(rows.T), answerable)


def shuffled_owners(candidates: EmbeddingSet, seed: int) -> list[str]:
    """The owner of each candidate (n,) after a seeded permutation of the items: pairs by chance alone."""
    items = sorted(set(candidates.ids))
    order = np.random.default_rng(seed).permutation(len(items))
    moved = {item: items[i] for item, i in zip(items, order)}
    return [moved[item] for item in candidates.ids]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(dict.fromkeys(names))}


def _places(names: Sequence[str], numbers: Mapping[str, int]) -> np.ndarray:
    return np.array([numbers[name] for name in names], dtype=int)


def _incidence(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    return _binary(sparse.csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape))


def _binary(matrix: sparse.csr_array) -> sparse.csr_array:
    matrix = sparse.csr_array(matrix)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


RECALL_AT = (1, 5, 10)
"""The cut-offs that papers on cross-modal retrieval report."""


@dataclass(frozen=True)
class Outcome:
    """Per query: `ranks` (m,) of its best right answer, from 1, and whether its decision was `correct` (m,) bool."""

    ranks: np.ndarray
    correct: np.ndarray

    def per_query(self) -> dict[str, np.ndarray]:
        """Metric name -> (m,) values whose mean is the metric."""
        values = {"accuracy": self.correct.astype(float)}
        values |= {f"recall@{k}": (self.ranks <= k).astype(float) for k in RECALL_AT}
        return values | {"mrr": 1.0 / self.ranks}

    def metrics(self) -> dict[str, float]:
        """accuracy, recall@1/5/10 and mrr in 0..1, median_rank from 1. All 0 when there are no queries."""
        if not len(self.ranks):
            return dict.fromkeys([*self.per_query(), "median_rank"], 0.0)
        means = {name: float(values.mean()) for name, values in self.per_query().items()}
        return means | {"median_rank": float(np.median(self.ranks))}


def outcomes(scores: Scores, matches: Matches, truths: Sequence[RightAnswers]) -> list[Outcome]:
    """Ranks and decisions of every query (row of the scores' sources) under each truth, in one pass over the scores.

    rank = 1 + number of wrong candidates that score at least as high as the best right one: ties never help. A
    decision is right when the best target it chose is right and no wrong candidate has the same score; undecided
    queries are wrong. Scores closer than `Scores.rounding` are the same. Every query must be answerable.
    """
    queries = len(scores.sources)
    chosen = best_chosen(matches, queries)
    found = [Outcome(np.zeros(queries, int), np.zeros(queries, bool)) for _ in truths]
    rounding = scores.rounding
    for part, block in scores.iter_blocks():
        for truth, outcome in zip(truths, found):
            right = truth.pairs(part)
            outcome.ranks[part] = _ranks(block, right, rounding[part])
            outcome.correct[part] = _correct(block, right, rounding[part], chosen[part])
    return found


def best_chosen(matches: Matches, queries: int) -> np.ndarray:
    """The highest-scoring target that each query chose: (queries,) target rows, -1 for undecided ones."""
    order = np.lexsort((matches.targets, -matches.scores, matches.sources))
    sources, first = np.unique(matches.sources[order], return_index=True)
    chosen = np.full(queries, -1)
    chosen[sources] = matches.targets[order][first]
    return chosen


def _ranks(block: np.ndarray, right: tuple[np.ndarray, np.ndarray], rounding: np.ndarray) -> np.ndarray:
    rows, columns = right
    values = block[rows, columns]
    best = np.full(len(block), -np.inf, np.float32)
    np.maximum.at(best, rows, values)
    bar = best - rounding
    above = np.count_nonzero(block >= bar[:, None], axis=1)
    return 1 + above - np.bincount(rows, weights=values >= bar[rows], minlength=len(block)).astype(int)


def _correct(
    block: np.ndarray, right: tuple[np.ndarray, np.ndarray], rounding: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    rows, columns = right
    hit = np.zeros(len(block), bool)
    hit[rows[columns == chosen[rows]]] = True
    score = block[np.arange(len(block)), chosen]
    low, high = score - rounding, score + rounding
    tied = np.count_nonzero((block >= low[:, None]) & (block <= high[:, None]), axis=1)
    values = block[rows, columns]
    tied_right = np.bincount(rows, weights=(values >= low[rows]) & (values <= high[rows]), minlength=len(block))
    return hit & (tied == tied_right)


@dataclass(frozen=True)
class Direction:
    """Per query (m,): its item and content key, its outcome, its outcome by chance; and the sizes behind them."""

    items: tuple[str, ...]
    keys: tuple[str, ...]
    outcome: Outcome
    shuffled: Outcome
    candidates: int
    unanswerable: int

    def metrics(self, outcome: Outcome) -> dict[str, float | int]:
        """The metrics of an outcome with the sizes behind them."""
        sizes = {"n": len(self.items), "candidates": self.candidates, "unanswerable": self.unanswerable}
        return {**outcome.metrics(), **sizes}


def measure_direction(
    sources: EmbeddingSet,
    targets: EmbeddingSet,
    scoring: Scoring,
    *,
    bank: EmbeddingSet | None = None,
) -> Direction:
    """Every source row is a query over all target rows; the scoring's seed permutes the items of the baseline.

    `bank`: rows of the sources' modality that were known beforehand, for corrections that look at queries.
    """
    answerable = np.flatnonzero(right_answers(sources, targets).answerable)
    queries = sources.take(answerable)
    scores = scoring.scores(queries, targets, bank)
    truths = [right_answers(queries, targets), right_answers(queries, targets, shuffled_owners(targets, scoring.seed))]
    outcome, shuffled = outcomes(scores, scoring.match(scores), truths)
    return Direction(queries.ids, queries.keys, outcome, shuffled, len(targets), len(sources) - len(queries))


def pooled(parts: Sequence[Direction]) -> Direction:
    """The queries of several folds as one direction; `candidates` is their mean."""
    outcome, shuffled = (
        Outcome(*(np.concatenate([getattr(getattr(p, which), what) for p in parts]) for what in ("ranks", "correct")))
        for which in ("outcome", "shuffled")
    )
    items, keys = (tuple(x for part in parts for x in getattr(part, what)) for what in ("items", "keys"))
    candidates = round(float(np.mean([part.candidates for part in parts])))
    return Direction(items, keys, outcome, shuffled, candidates, sum(part.unanswerable for part in parts))
