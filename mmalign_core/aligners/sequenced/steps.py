"""Vectors and steps (tokens, cells, frames) as inputs of a trained aligner: centred, few dimensions, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mmalign_core.aligners.linear.spectral import whitener
from mmalign_core.aligners.training.weights import add_noise
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.sequences import Sequences

if TYPE_CHECKING:
    import torch

MOST_STEPS = 5_000
"""Steps from which the main directions are computed. Chosen: several times the width of any encoder's steps."""
RIDGE = 0.1
"""Ridge of the whitening of steps, relative to their mean variance. Chosen: directions of noise stay small."""
ROWS_AT_ONCE = 512
"""Rows per block. Chosen for memory: 64 steps of 64 numbers take 8 MB; it changes no result."""


@dataclass(frozen=True)
class Reader:
    """The input transformation of one modality.

    Vectors (d,) become (v - `centre`) / `scale`, one scale for all columns. Steps (s,) become
    (s - `step_centre`) @ `step_map` (s, w), their main directions with equal variance. They are fixed before the
    training, so that each step then has only w numbers. `side` > 0 if the steps are the cells of a square, row by row.
    """

    centre: np.ndarray
    scale: np.ndarray
    step_centre: np.ndarray
    step_map: np.ndarray
    side: int

    def read(self, aligner: str, rows: EmbeddingSet) -> Rows:
        """Return the rows. BadInput if widths differ from the fit, the steps are no such square, or there are none."""
        modality, steps = rows.modality, sequences_of(aligner, rows)
        for what, width, known in (
            (f"vectors of {modality}", rows.vectors.shape[1], len(self.centre)),
            (f"steps of {modality}", steps.values.shape[1], len(self.step_centre)),
        ):
            if width != known:
                raise BadInput(f"{what} have {width} dimensions, {aligner} was fitted on {known}; use the same encoder")
        if self.side and (steps.lengths != self.side**2).any():
            raise BadInput(
                f"{aligner} was fitted on {modality} of {self.side} x {self.side} cells; use the same encoder"
            )
        vectors = ((rows.vectors - self.centre) / self.scale).astype(np.float32)
        return Rows(vectors, Sequences(self._mapped(steps.values), steps.lengths))

    def tensors(self, vectors: torch.Tensor, steps: torch.Tensor, longest: int) -> Batch:
        """Return vectors (b, d) and steps (b, t, s) of the encoder, without missing steps, with gradients."""
        import torch

        centre, scale, step_centre, step_map = (
            torch.tensor(a) for a in (self.centre, self.scale, self.step_centre, self.step_map)
        )
        mapped = (steps[:, :longest] - step_centre) @ step_map
        return Batch((vectors - centre) / scale, mapped, torch.ones(mapped.shape[:2], dtype=torch.bool))

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Return everything as named arrays."""
        return {prefix + name: np.asarray(value) for name, value in vars(self).items()}

    @staticmethod
    def of_arrays(arrays: Mapping[str, np.ndarray], prefix: str) -> Reader:
        """Rebuild it from the arrays that `arrays` returned under this prefix."""
        own = {f.name: arrays[prefix + f.name] for f in fields(Reader)}
        return Reader(own["centre"], own["scale"], own["step_centre"], own["step_map"], int(own["side"]))

    def _mapped(self, steps: np.ndarray) -> np.ndarray:
        many = 8 * ROWS_AT_ONCE
        parts = [steps[i : i + many].astype(np.float32) for i in range(0, len(steps), many)]
        mapped = [((part - self.step_centre) @ self.step_map) for part in parts]
        return np.concatenate([np.zeros((0, self.step_map.shape[1]), np.float32), *mapped])


@dataclass(frozen=True)
class Rows:
    """A transformed set: centred `vectors` (n, d) float32 and `steps` of w dimensions."""

    vectors: np.ndarray
    steps: Sequences

    def __len__(self) -> int:
        return len(self.vectors)

    def batch(self, rows: np.ndarray, longest: int) -> Batch:
        """Return these rows, with the first `longest` steps of each."""
        import torch

        steps, present = self.steps.padded(rows, longest)
        return Batch(torch.from_numpy(self.vectors[rows]), torch.from_numpy(steps), torch.from_numpy(present))

    def blocks(self, rows: np.ndarray, longest: int) -> Iterator[Batch]:
        """Yield these rows in order, ROWS_AT_ONCE at a time."""
        for first in range(0, len(rows), ROWS_AT_ONCE):
            yield self.batch(rows[first : first + ROWS_AT_ONCE], longest)


class Batch(NamedTuple):
    """Vectors (b, d), steps (b, t, w), zero where absent, and the presence of each step: (b, t) bool."""

    vectors: torch.Tensor
    steps: torch.Tensor
    present: torch.Tensor

    def add_noise(self, deviation: float, generator: torch.Generator | None) -> Batch:
        """Return the batch with normal noise on vectors and steps, relative to their deviation."""
        return Batch(
            add_noise(self.vectors, deviation, generator), add_noise(self.steps, deviation, generator), self.present
        )


def learn_reader(rows: EmbeddingSet, used: np.ndarray, width: int, longest: int, seed: int) -> Reader:
    """Return the reader of a modality to at most `width` dimensions per step, from vectors and steps of `used` rows.

    Rows are used in the given order, so the order of the set's rows does not matter.
    """
    sequences = sequences_of("", rows)
    used = used[np.sort(np.unique(used, return_index=True)[1])]
    vectors = rows.vectors[used].astype(np.float64)
    scale = np.sqrt(vectors.var(0).mean(keepdims=True)) or np.ones(1)
    lengths = sequences.lengths[used]
    ends = np.cumsum(sequences.lengths)[used]
    places = np.concatenate([np.arange(end - length, end) for end, length in zip(ends, lengths)])
    picked = np.random.default_rng(seed).permutation(len(places))[:MOST_STEPS]
    steps = sequences.values[places[np.sort(picked)]].astype(np.float64)
    step_map = whitener(steps - steps.mean(0), RIDGE)[:, ::-1][:, :width]
    side = _side(rows.modality, lengths, longest)
    plain = [np.ascontiguousarray(a, np.float32) for a in (vectors.mean(0), scale, steps.mean(0), step_map)]
    return Reader(*plain, side=side)


def sequences_of(aligner: str, rows: EmbeddingSet) -> Sequences:
    """Return the set's sequences. BadInput if it has none."""
    if rows.sequences is None:
        raise BadInput(
            f"{aligner} reads sequences, and the {rows.modality} has none; encode the {rows.modality} itself, "
            "or choose an aligner that reads vectors"
        )
    return rows.sequences


def _side(modality: str, lengths: np.ndarray, longest: int) -> int:
    """Return 7 for pictures of 49 cells each, 0 for anything that is no square of cells."""
    many = int(lengths[0]) if len(lengths) else 0
    square = isqrt(many) ** 2 == many and many > 1 and bool((lengths == many).all())
    return isqrt(many) if modality == "image" and square and many <= longest else 0
