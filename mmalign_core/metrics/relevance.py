"""Which candidates are right answers to which queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mmalign_core.types import EmbeddingSet


@dataclass(frozen=True)
class Relevance:
    """Right answers by item and content, kept factored: `queries` (m, c) and `candidates` (c, n) over c contents.

    A candidate is right for a query when it belongs to the query's item, or when its content key equals that of a
    candidate which does (two photos titled "A cat." both count).
    """

    queries: sparse.csr_array
    candidates: sparse.csr_array

    def pairs(self, part: slice) -> tuple[np.ndarray, np.ndarray]:
        """(row within `part`, candidate column) of every right pair, by rising row."""
        right = sparse.csr_array(self.queries[part] @ self.candidates)
        return np.repeat(np.arange(len(right.indptr) - 1), np.diff(right.indptr)), right.indices

    @property
    def answerable(self) -> np.ndarray:
        """Queries (m,) bool that have at least one right candidate."""
        return np.diff(self.queries.indptr) > 0


def relevance(query_ids: Sequence[str], candidates: EmbeddingSet, owners: Sequence[str] | None = None) -> Relevance:
    """Right answers of queries that belong to `query_ids` among `candidates`.

    `owners` (n,) says whom each candidate belongs to where that is not its own item (the shuffled baseline).
    """
    owners = candidates.ids if owners is None else owners
    items = {item: i for i, item in enumerate(dict.fromkeys([*query_ids, *owners]))}
    contents = {key: i for i, key in enumerate(dict.fromkeys(candidates.keys))}
    content = np.array([contents[key] for key in candidates.keys], dtype=int)
    owner = np.array([items[item] for item in owners], dtype=int)
    owned = _incidence(owner, content, (len(items), len(contents)))
    asked = np.array([items[item] for item in query_ids], dtype=int)
    return Relevance(owned[asked], _incidence(content, np.arange(len(content)), (len(contents), len(content))))


def shuffled_owners(candidates: EmbeddingSet, seed: int) -> list[str]:
    """The owner of each candidate (n,) after a seeded permutation of the items: pairs by chance alone."""
    items = sorted(set(candidates.ids))
    order = np.random.default_rng(seed).permutation(len(items))
    moved = {item: items[i] for item, i in zip(items, order)}
    return [moved[item] for item in candidates.ids]


def _incidence(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    matrix = sparse.csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
