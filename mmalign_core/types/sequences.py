"""Sequences: the vectors of an encoder before pooling, of all media end to end in one array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sequences:
    """Tokens of a text, cells of a picture (row by row) or frames of a sound, for every row of an embedding set.

    `values` (sum of lengths, d) float16, read-only; `lengths` (n,) int64: row i owns the next `lengths[i]` of them.
    """

    values: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, row: int) -> np.ndarray:
        """The (t, d) vectors of one row."""
        end = int(self.lengths[: row + 1].sum())
        return self.values[end - int(self.lengths[row]) : end]

    def take(self, rows: np.ndarray) -> Sequences:
        """The same with only these rows, in this order."""
        ends = np.cumsum(self.lengths)
        places = [np.arange(int(ends[row] - self.lengths[row]), int(ends[row])) for row in rows]
        picked = np.concatenate(places) if places else np.zeros(0, np.int64)
        return _frozen(self.values[picked], self.lengths[rows])

    def padded(self, rows: np.ndarray, longest: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """These rows as (b, t, d) float32, zero where they have ended, and where they have not: (b, t) bool.

        `longest` cuts what comes after so many steps.
        """
        lengths = self.lengths[rows] if longest is None else np.minimum(self.lengths[rows], longest)
        width = int(lengths.max(initial=1))
        steps = np.arange(width)
        present = steps < lengths[:, None]
        starts = (np.cumsum(self.lengths) - self.lengths)[rows]
        places = np.where(present, starts[:, None] + steps, 0)
        return np.where(present[..., None], self.values[places], 0).astype(np.float32), present


def as_sequences(parts: Sequence[np.ndarray]) -> Sequences:
    """Join sequences (t_i, d). At least one is required."""
    return gathered(parts, np.array([len(part) for part in parts]), parts[0].shape[1])


def gathered(parts: Iterable[np.ndarray], lengths: np.ndarray, width: int) -> Sequences:
    """Join an iterable of sequences of known lengths. Memory holds only one of them beside the result."""
    values = np.empty((int(lengths.sum()), width), np.float16)
    end = 0
    for part, length in zip(parts, lengths, strict=True):
        values[end : end + length] = part
        end += length
    return _frozen(values, lengths)


def _frozen(values: np.ndarray, lengths: np.ndarray) -> Sequences:
    values, lengths = np.ascontiguousarray(values, np.float16), np.ascontiguousarray(lengths, np.int64)
    values.flags.writeable = lengths.flags.writeable = False
    return Sequences(values, lengths)
