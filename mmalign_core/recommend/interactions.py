"""Interactions of users with items, by number of user and item: the training data of collaborative recommenders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse


@dataclass(frozen=True)
class Interactions:
    """Events in file order: `rows` (e,) user numbers, `columns` (e,) item numbers, `ratings` and `times` (e,), NaN if
    not given. `users`: the users' ids in sorted order. `items`: the number of items, with or without events."""

    users: tuple[str, ...]
    items: int
    rows: np.ndarray
    columns: np.ndarray
    ratings: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """(users, items) float32: 1 if the user has at least one event with the item."""
        ones = np.ones(len(self.rows), np.float32)
        found = sparse.csr_array((ones, (self.rows, self.columns)), shape=(len(self.users), self.items))
        found.sum_duplicates()
        found.data[:] = 1
        return found

    @cached_property
    def popularity(self) -> np.ndarray:
        """(items,) float64: the number of users with at least one event."""
        return np.asarray(self.matrix.sum(axis=0), dtype=np.float64).ravel()

    def history(self, user: int) -> dict[int, float]:
        """Return item number -> 1.0 for each item of this user."""
        return {int(item): 1.0 for item in self.matrix[[user]].indices}

    def liked(self, least: float) -> Interactions:
        """Return the events rated `least` or more, and those without a rating."""
        low = self.ratings < least
        return self.take(~low) if low.any() else self

    def take(self, events: np.ndarray) -> Interactions:
        """Return the same users and items with only these events (numbers or a mask)."""
        columns = (self.rows, self.columns, self.ratings, self.times)
        return Interactions(self.users, self.items, *(column[events] for column in columns))


def no_interactions(items: int) -> Interactions:
    """Return interactions without events for so many items."""
    return Interactions((), items, *np.zeros((2, 0), np.int64), *np.zeros((2, 0)))


def interactions_of(table: pd.DataFrame, ids: Sequence[str]) -> Interactions:
    """Read a table user_id, item_id[, rating, timestamp]. Events with items outside `ids` are left out."""
    position = {item: i for i, item in enumerate(ids)}
    columns = np.array([position.get(str(item), -1) for item in table["item_id"]], np.int64)
    known = columns >= 0
    names, rows = np.unique(np.array([str(user) for user in table["user_id"]], dtype=str)[known], return_inverse=True)
    ratings, times = (
        np.asarray(table[name], np.float64)[known] if name in table else np.full(int(known.sum()), np.nan)
        for name in ("rating", "timestamp")
    )
    return Interactions(tuple(map(str, names)), len(ids), rows.astype(np.int64), columns[known], ratings, times)
