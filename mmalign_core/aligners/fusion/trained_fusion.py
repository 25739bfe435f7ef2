"""Base class of the fusions trained by gradient descent from a linear start."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mmalign_core.aligners.fusion.batches import Inputs, Scales, inputs_of, scales_of
from mmalign_core.aligners.fusion.linear_start import LinearStartAligner
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.training import (
    Plan,
    arrays_of,
    hold_out,
    load_arrays,
    mean_reciprocal_rank,
    seeded_generator,
    train,
)
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import EmbeddingSet, Progress

if TYPE_CHECKING:
    import torch


class TrainedFusion(LinearStartAligner):
    """Trains `network` twice: without the held-out examples to find the number of steps, then so long on all of them.

    Each training fits its own linear start, so the validation uses no held-out examples. The network adds zero before
    the first step. If training does not help, the result is the start.
    """

    trained = True
    _net: Any
    """The torch module; its layers go by name."""
    steps: int = param(200, 0, 100_000, help="most training steps; the best number is found on held-out pairs")
    batch: int = param(512, 2, 65_536, help="number of items that a step compares with one another")
    learning_rate: float = param(3e-4, 1e-6, 1, help="size of the steps")
    dropout: float = param(0.2, 0, 0.9, help="share of the input values left out in each step")

    @abstractmethod
    def network(self, widths: Mapping[str, int], dims: int, generator: torch.Generator) -> torch.nn.Module:
        """Return the module to train, for vectors of these widths and places of `dims`."""

    @abstractmethod
    def loss(self, inputs: Inputs, generator: torch.Generator) -> torch.Tensor:
        """Return the mean loss of a batch. Random numbers come from the generator."""

    @abstractmethod
    def places(self, inputs: Inputs) -> Mapping[str, torch.Tensor]:
        """Return modality -> (b, k) unit places of each example by that modality alone."""

    def learn(self, sets: Sets, pairs: Pairs, seed: int, progress: Progress) -> None:
        """Train from the start. The history is that of the first training, which is validated."""
        parts, whole = hold_out(pairs, seed=seed), self._start
        self._scales = scales_of(sets, pairs)
        unseen = set(parts.held.items)
        seen = tuple(set(parts.kept.items) - unseen)
        steps = self.steps
        if unseen and len(seen) > 1:
            self._start = self.restart({m: s.of_items(seen) for m, s in sets.items()})
            steps = self._train(sets, parts.kept, parts.held, steps, seed, within(progress, 0.0, 0.5))
            self.start_kept = steps == 0
            self.calibrate(inputs_of(sets, parts.held, self._start, self._scales))
        if parts.refits or not unseen:
            self._start = whole
            self._train(sets, pairs, None, steps, seed, within(progress, 0.5, 1.0))
            if not unseen:
                self.calibrate(inputs_of(sets, pairs, self._start, self._scales))

    def calibrate(self, inputs: Inputs) -> None:
        """Called once with examples to calibrate on: held-out ones if there are any."""

    def _train(self, sets: Sets, pairs: Pairs, held: Pairs | None, steps: int, seed: int, progress: Progress) -> int:
        """Train, and return the best number of steps."""
        import torch

        known = inputs_of(sets, pairs, self._start, self._scales)
        self._net = self.network(self._start.widths, known.dims, seeded_generator(seed))
        validation = inputs_of(sets, held, self._start, self._scales) if held is not None else None

        def validate() -> float | None:
            if validation is None or held is None:
                return None
            with torch.no_grad():
                return mean_reciprocal_rank({m: p.numpy() for m, p in self.places(validation).items()}, held)

        plan = Plan(steps=steps, batch=self.batch, learning_rate=self.learning_rate, patience=4)
        parameters = [p for p in self._net.parameters() if p.requires_grad]
        found = train(
            parameters,
            lambda rows, generator: self.loss(known.take(rows), generator),
            len(pairs),
            plan,
            validate=validate,
            seed=seed,
            progress=progress,
            record=self.record if held is not None else _unseen,
        )
        return found.step

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k)."""
        import torch

        with torch.no_grad():
            inputs = self._scales.inputs(embeddings, self.linear_places(embeddings))
            return self.places(inputs)[embeddings.modality].numpy()

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return start.*, scale.* and net.*: the network's weights."""
        return {**super()._state(), **self._scales.arrays(), **arrays_of(self._net, "net.")}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        super()._load_state(state)
        self._scales = Scales.from_arrays(state)
        self._net = self.network(self._start.widths, self._start.width, seeded_generator(0))
        load_arrays(self._net, state, "net.")


def _unseen(**values: float) -> None:
    """Record nothing: the loss of the second training is not comparable with the first's."""
