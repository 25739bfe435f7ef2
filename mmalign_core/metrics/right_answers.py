"""Which candidates are right answers to which queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mmalign_core.types import EmbeddingSet


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
