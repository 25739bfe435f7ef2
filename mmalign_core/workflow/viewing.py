"""Use case: the part of the similarity matrix a person looks at, and the pairs that went best and worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.corrections import CORRECTIONS, Scores
from mmalign_core.matchers import MATCHERS
from mmalign_core.metrics.relevance import Relevance, relevance
from mmalign_core.metrics.retrieval import outcomes
from mmalign_core.similarities import SIMILARITIES
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.workflow.aligning import Run

ORDERINGS = ("similar items together", "collection", "best pairs first", "worst pairs first")


@dataclass(frozen=True)
class SimilarityBlock:
    """`scores` (m, n) of the shown source rows against the shown target rows (row numbers into the sets).

    `right` (m, n) bool: which of them are right answers.
    """

    source: EmbeddingSet
    target: EmbeddingSet
    source_rows: np.ndarray
    target_rows: np.ndarray
    scores: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class JudgedPair:
    """A source row, what was chosen for it, its right answer, their scores, and the right answer's rank."""

    item: str
    source_row: int
    chosen_item: str
    chosen_row: int
    chosen_score: float
    right_row: int
    right_score: float
    rank: int


def similarity_block(
    run: Run, source: str, target: str, *, limit: int = 40, ordering: str = "collection"
) -> SimilarityBlock:
    """One row per item that has both modalities, at most `limit` of them (spread evenly), in the asked order.

    Only this block is computed, never the whole matrix.
    """
    if ordering not in ORDERINGS:
        raise BadInput(f"unknown ordering '{ordering}'; choose one of: {', '.join(ORDERINGS)}")
    left, right = _sets(run, source, target)
    first_left, first_right = _first_rows(left), _first_rows(right)
    shared = [item for item in first_left if item in first_right]
    if not shared:
        raise BadInput(f"no item has both {source} and {target}")
    picked = [shared[i] for i in np.unique(np.linspace(0, len(shared) - 1, min(limit, len(shared))).astype(int))]
    rows = np.array([first_left[item] for item in picked])
    columns = np.array([first_right[item] for item in picked])
    scores = SIMILARITIES.create(run.choices.similarity).block(left.vectors[rows], right.vectors[columns])
    order = _order(scores, ordering)
    rows, columns, scores = rows[order], columns[order], scores[np.ix_(order, order)]
    answers = np.zeros(scores.shape, bool)
    answers[relevance(left.take(rows), right.take(columns)).pairs(slice(None))] = True
    return SimilarityBlock(left, right, rows, columns, scores, answers)


def judged_pairs(run: Run, source: str, target: str) -> list[JudgedPair]:
    """Every source row that has a right answer, worst first: by the right answer's rank, then by its score."""
    sources, targets = _sets(run, source, target)
    kept = np.flatnonzero(relevance(sources, targets).answerable)
    asked = sources.take(kept)
    measure = SIMILARITIES.create(run.choices.similarity)
    scores = CORRECTIONS.create(run.choices.correction).scores(measure, asked.vectors, targets.vectors)
    matches, truth = MATCHERS.create("argmax").match(scores), relevance(asked, targets)
    (outcome,) = outcomes(scores, matches, [truth])
    answers, answer_scores = _best_right(scores, truth)
    pairs = [
        JudgedPair(
            item=asked.ids[i],
            source_row=int(kept[i]),
            chosen_item=targets.ids[matches.targets[i]],
            chosen_row=int(matches.targets[i]),
            chosen_score=float(matches.scores[i]),
            right_row=int(answers[i]),
            right_score=float(answer_scores[i]),
            rank=int(outcome.ranks[i]),
        )
        for i in range(len(asked))
    ]
    return sorted(pairs, key=lambda p: (-p.rank, p.right_score))


def _best_right(scores: Scores, truth: Relevance) -> tuple[np.ndarray, np.ndarray]:
    """Per source: the target row of its best right answer, and its score."""
    answers, best = np.zeros(len(scores.sources), int), np.zeros(len(scores.sources), np.float32)
    for part, block in scores.iter_blocks():
        rows, columns = truth.pairs(part)
        order = np.lexsort((-block[rows, columns], rows))
        first = np.unique(rows[order], return_index=True)[1]
        answers[part] = columns[order][first]
        best[part] = block[np.arange(len(block)), answers[part]]
    return answers, best


def _sets(run: Run, source: str, target: str) -> tuple[EmbeddingSet, EmbeddingSet]:
    for modality in (source, target):
        if modality not in run.result.space:
            raise BadInput(f"this run holds no {modality}; it holds: {', '.join(run.result.space)}")
    return run.result.space[source], run.result.space[target]


def _first_rows(rows: EmbeddingSet) -> dict[str, int]:
    first: dict[str, int] = {}
    for row, item in enumerate(rows.ids):
        first.setdefault(item, row)
    return first


def _order(scores: np.ndarray, ordering: str) -> np.ndarray:
    if ordering == "similar items together" and len(scores) > 2:
        from scipy.cluster.hierarchy import leaves_list, linkage

        return leaves_list(linkage(np.concatenate([scores, scores.T], axis=1), "average", optimal_ordering=True))
    if ordering == "best pairs first":
        return np.argsort(-np.diag(scores), kind="stable")
    if ordering == "worst pairs first":
        return np.argsort(np.diag(scores), kind="stable")
    return np.arange(len(scores))
