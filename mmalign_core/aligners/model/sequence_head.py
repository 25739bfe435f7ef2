"""Base of the heads that read sequences; a subclass says how steps are read, the rest is here."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np

from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.pairs import Pairs, Sets, paired_rows
from mmalign_core.aligners.training import (
    LOSSES,
    Contrast,
    Holdout,
    Plan,
    arrays_of,
    hold_out,
    load_arrays,
    mean_reciprocal_rank,
    seeded,
    train,
)
from mmalign_core.aligners.training.start import linear_start
from mmalign_core.aligners.training.steps import ROWS_AT_ONCE, Reader, Rows, learn_reader, sequences_of
from mmalign_core.aligners.training.tower import sequence_tower, start_linear
from mmalign_core.params import param
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.vectors import unit_rows

if TYPE_CHECKING:
    import torch


class SequenceHead(Aligner):
    """f_m = unit(W_m (v - centre_m) + U_m g_m(steps)), v the encoder's pooled vector.

    W_m starts as regularised CCA and U_m as zero, and early stopping keeps the best of all weights it checked, the
    start included: on held-out pairs the head is never behind the linear map it starts from.
    """

    needs_sequences = True
    multiway = True
    dims: int = param(128, 2, 1024, help="most dimensions of the shared space")
    width: int = param(64, 1, 512, help="numbers a step has inside the head, divided by 8 and times 8")
    longest: int = param(64, 1, 2048, help="steps read of a sequence; what comes later is cut")
    loss: str = param("infonce", choices=LOSSES, help="infonce: one right among many; sigmoid: each pair for itself")
    dropout: float = param(0.2, 0, 0.9, help="share of the inner numbers left out in training")
    steps: int = param(300, 1, 20_000, help="most training steps; early stopping may end sooner")
    batch: int = param(256, 2, 8192, help="pairs in a training step")
    learning_rate: float = param(1e-3, 1e-6, 1, help="the highest learning rate, after the warm-up")

    @abstractmethod
    def body(self, width: int, side: int) -> torch.nn.Module:
        """g: steps (b, t, width) and which are there (b, t) -> (b, `features`); side > 0: cells of a square."""

    def fit(self, sets: Sets, *, seed: int = 0, progress: Progress = no_progress) -> Self:
        """Train on the items that have two or more of the modalities; BadInput before the training starts."""
        self.history = ()
        for rows in sets.values():
            sequences_of(self.name, rows)
        pairs = paired_rows(sets, self.name)
        parts = hold_out(pairs, seed=seed)
        progress(0.0, "linear start")
        start = linear_start(self.name, sets, parts, self.dims)
        self._readers, self._towers, generator = {}, {}, seeded(seed)
        for m, rows in sets.items():
            used = pairs.rows[m][pairs.rows[m] >= 0]
            self._readers[m] = learn_reader(rows, used, start.centres[m], self.width, self.longest, seed)
            self._towers[m] = start_linear(
                self._tower(self._readers[m], start.maps[m].shape[1]), start.maps[m], generator
            )
        self._train({m: self._readers[m].read(self.name, s) for m, s in sets.items()}, parts, seed, progress)
        return self

    def _tower(self, reader: Reader, dims: int) -> torch.nn.Module:
        inputs, step_width = len(reader.centre), reader.step_map.shape[1]
        return sequence_tower(self.body(self.width, reader.side), inputs, dims, step_width, self.width)

    def _train(self, rows: Mapping[str, Rows], parts: Holdout, seed: int, progress: Progress) -> None:
        import torch

        contrast = Contrast(self.loss)

        def loss_of(chosen: np.ndarray, generator: torch.Generator) -> torch.Tensor:
            batch = parts.kept.take(chosen)
            places = self._places(rows, batch, generator)
            present = {m: torch.from_numpy(batch.rows[m] >= 0) for m in places}
            return contrast(places, present, torch.from_numpy(batch.groups))

        def validate() -> float | None:
            if not len(parts.held):
                return None
            with torch.no_grad():
                blocks = np.array_split(np.arange(len(parts.held)), -(-len(parts.held) // ROWS_AT_ONCE))
                found = [self._places(rows, parts.held.take(block), None) for block in blocks]
            places = {m: torch.cat([each[m] for each in found]).numpy() for m in found[0]}
            return mean_reciprocal_rank(places, parts.held)

        weights = [w for tower in self._towers.values() for w in tower.parameters()]
        plan = Plan(self.steps, self.batch, self.learning_rate)
        train(
            [*weights, *contrast.parameters],
            loss_of,
            len(parts.kept),
            plan,
            validate=validate,
            seed=seed,
            progress=progress,
            record=self.record,
        )

    def _places(
        self, rows: Mapping[str, Rows], pairs: Pairs, generator: torch.Generator | None
    ) -> dict[str, torch.Tensor]:
        """Modality -> (b, dims) unit rows of the examples, zero where the item lacks it."""
        import torch

        found = {}
        for m, tower in self._towers.items():
            there = np.flatnonzero(pairs.rows[m] >= 0)
            batch = rows[m].batch(pairs.rows[m][there], self.longest)
            places = tower(*batch, self.dropout, generator)
            found[m] = places.new_zeros(len(pairs), places.shape[1]).index_copy(0, torch.from_numpy(there), places)
        return found

    def transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Unit rows (n, dims)."""
        import torch

        modality = embeddings.modality
        if modality not in self._towers:
            raise BadInput(f"{self.name} was fitted without {modality}; fit it with that modality to place it")
        rows, tower = self._readers[modality].read(self.name, embeddings), self._towers[modality]
        blocks = [np.arange(i, min(i + ROWS_AT_ONCE, len(rows))) for i in range(0, len(rows), ROWS_AT_ONCE)]
        with torch.no_grad():
            places = [tower(*rows.batch(block, self.longest)).numpy() for block in blocks]
        return unit_rows(np.concatenate([np.zeros((0, tower.linear.out_features), np.float32), *places]))

    def state(self) -> Mapping[str, np.ndarray]:
        """<modality>.reader.* and <modality>.tower.*."""
        found: dict[str, np.ndarray] = {}
        for m, tower in self._towers.items():
            found |= self._readers[m].arrays(f"{m}.reader.") | arrays_of(tower, f"{m}.tower.")
        return found

    def load_state(self, state: Mapping[str, np.ndarray]) -> Self:
        """Take over what `state` gave."""
        fitted = [name.removesuffix(".reader.side") for name in state if name.endswith(".reader.side")]
        self._readers = {m: Reader.of_arrays(state, f"{m}.reader.") for m in fitted}
        self._towers = {}
        for m, reader in self._readers.items():
            dims = len(state[f"{m}.tower.linear.weight"])
            self._towers[m] = load_arrays(self._tower(reader, dims), state, f"{m}.tower.")
        return self
