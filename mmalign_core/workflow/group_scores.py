"""Use case: the similarity matrix at any size, as mean scores of groups of items against groups of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmalign_core.scoring.corrections import Scores
from mmalign_core.triage.judgements import Judgements
from mmalign_core.types import Collection, EmbeddingSet, Progress, no_progress
from mmalign_core.wording import say

MOST_GROUPS = 30
"""Groups of one side; our choice: cells of 20 pixels can still be clicked. Smaller groups are drawn as one."""
_OTHERS, _NONE = "others", say("no value")
_PARTS = 5
"""Groups of equal size that a column of numbers is cut into; our choice: enough to show a trend."""


@dataclass(frozen=True)
class GroupMatrix:
    """Groups of queries against groups of candidates, the largest first.

    `means` (a, b): mean score of all pairs. `chosen` (a, b): queries of the row's group that choose a candidate of the
    column's group. `queries` (a,) and `candidates` (b,): sizes of the groups. `query_group` (m,): the group of each
    judged query; `chosen_group` (m,): that of its chosen candidate.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    means: np.ndarray
    chosen: np.ndarray
    queries: np.ndarray
    candidates: np.ndarray
    query_group: np.ndarray
    chosen_group: np.ndarray


def group_matrix(
    judged: Judgements,
    scores: Scores,
    query_labels: Sequence[str],
    candidate_labels: Sequence[str],
    *,
    progress: Progress = no_progress,
) -> GroupMatrix:
    """Return the mean scores of groups. `scores`: those of the judged queries (m) against all candidates (n).

    `query_labels` (m,) and `candidate_labels` (n,) name the groups. The scores are summed in blocks, so the memory
    does not grow with m · n.
    """
    rows, query_group = _grouped(query_labels)
    columns, candidate_group = _grouped(candidate_labels)
    order = np.argsort(candidate_group, kind="stable")
    starts = np.searchsorted(candidate_group[order], np.arange(len(columns)))
    sums = np.zeros((len(rows), len(columns)))
    for part, block in scores.iter_blocks():
        across = np.add.reduceat(block[:, order], starts, axis=1, dtype=np.float64)
        np.add.at(sums, query_group[part], across)
        progress(part.stop / max(len(judged), 1), say("adding up scores of groups"))
    queries, candidates = np.bincount(query_group), np.bincount(candidate_group)
    chosen = np.zeros(sums.shape, int)
    chosen_group = candidate_group[judged.chosen]
    np.add.at(chosen, (query_group, chosen_group), 1)
    means = sums / np.outer(queries, candidates)
    return GroupMatrix(rows, columns, means, chosen, queries, candidates, query_group, chosen_group)


def groupings(collection: Collection) -> list[str]:
    """Return the metadata columns that group the items: at least two values, and more items than values.

    Columns of numbers with many values count too: they are cut into parts of equal size.
    """
    frame = collection.items
    return [str(name) for name in frame if _is_grouping(pd.Series(frame[name]))]


def item_groups(collection: Collection, column: str) -> Mapping[str, str]:
    """Return item -> its group by this metadata column. Items without a value form a group of their own."""
    values = pd.Series(collection.items[column])
    if _many(values):
        parts = pd.Series(pd.qcut(values, _PARTS, duplicates="drop"))
        words = parts.map(lambda cut: f"{cut.left:g} to {cut.right:g}").astype(object)
        return dict(zip(collection.ids, words.where(values.notna(), _NONE)))
    words = values.astype(object).where(values.notna(), _NONE).astype(str)
    return dict(zip(collection.ids, words.where(words.str.strip() != "", _NONE)))


def row_groups(rows: EmbeddingSet, groups: Mapping[str, str]) -> list[str]:
    """Return the group of each row's item."""
    return [groups[item] for item in rows.ids]


def _is_grouping(values: pd.Series) -> bool:
    """Whether the column groups the items: its values repeat, or it holds many numbers."""
    return 1 < values.astype(str).nunique() < len(values) or _many(values)


def _many(values: pd.Series) -> bool:
    """Whether the column holds numbers of more values than there can be groups."""
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return bool(numeric and values.nunique() > MOST_GROUPS)


def _grouped(labels: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the groups, the largest first, and the number of each label's group."""
    counts = pd.Series(list(labels), dtype=object).value_counts(sort=True)
    names = [str(name) for name in counts.index]
    if len(names) > MOST_GROUPS:
        names = [*names[: MOST_GROUPS - 1], _OTHERS]
    places = {name: place for place, name in enumerate(names)}
    return tuple(names), np.array([places.get(label, len(names) - 1) for label in labels], int)
