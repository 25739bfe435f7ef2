"""Base class of the aligners that are trained on sequences: readers, linear start, training, refit, state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.linear.ridge_search import start_from_cca
from mmalign_core.aligners.pairs import Pairs, Sets, paired_rows
from mmalign_core.aligners.sequenced.nets import initialise
from mmalign_core.aligners.sequenced.steps import Batch, Reader, Rows, learn_reader, sequences_of
from mmalign_core.aligners.training.holdout import Holdout, hold_out, keep_all, mean_reciprocal_rank
from mmalign_core.aligners.training.loop import Plan, Trained, train
from mmalign_core.aligners.training.losses import LOSSES, Contrast
from mmalign_core.aligners.training.weights import arrays_of, load_arrays, seeded_generator
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import BadInput, EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows

if TYPE_CHECKING:
    import torch

    from mmalign_core.aligners.explainable import Differentiable

    Views = dict[str, tuple[torch.Tensor, torch.Tensor]]
    """Name of a view -> (b, dims) unit places of the batch's examples, and which examples have it: (b,) bool."""


class SequencedAligner(Aligner):
    """Starts at regularised CCA of the pooled vectors. A network over the steps then adds to the linear places.

    Early stopping keeps the best weights of all checks, including the start, so on held-out pairs it is never worse
    than the linear maps. Then it is trained for as many steps on all pairs. If too few pairs can be held out, the
    result is the start.
    """

    needs_sequences = True
    multiway = True
    trained = True
    begins_at = "infonce-linear"
    dims: int = param(128, 2, 1024, help="most dimensions of the shared space")
    width: int = param(64, 8, 512, help="width of a step inside the network; a multiple of 4")
    longest: int = param(64, 1, 2048, help="most steps of a sequence; later ones are cut")
    loss: str = param("infonce", choices=LOSSES, help="infonce: one right among many; sigmoid: each pair for itself")
    noise: float = param(0.5, 0, 10, help="noise on vectors and steps in training, relative to their deviation")
    dropout: float = param(0.2, 0, 0.9, help="share of the hidden values left out in training")
    steps: int = param(300, 1, 20_000, help="most training steps; early stopping may end sooner")
    batch: int = param(256, 2, 8192, help="pairs in a training step")
    learning_rate: float = param(1e-3, 1e-6, 1, help="the highest learning rate, after the warm-up")

    @abstractmethod
    def network(self, readers: Mapping[str, Reader], dims: int) -> torch.nn.Module:
        """Return net({modality: batch}, dropout, generator) -> (b, dims) unit rows, with parts `linear` and `leave`."""

    def views(
        self, batches: Mapping[str, tuple[Batch, np.ndarray]], examples: int, generator: torch.Generator
    ) -> Views:
        """Return the views that a step contrasts: each modality alone. `batches`: rows and places in the batch."""
        return {m: self._spread({m: batch}, places, examples, generator) for m, (batch, places) in batches.items()}

    def _fit(self, sets: Sets, seed: int, progress: Progress) -> None:
        """Train on the items that have two or more of the modalities. Raises BadInput before the training starts."""
        self.history = ()
        if self.width % 4:
            raise BadInput(f"width: {self.width} is no multiple of 4")
        for rows in sets.values():
            sequences_of(self.name, rows)
        pairs = paired_rows(sets, self.name)
        parts = hold_out(pairs, seed=seed)
        progress(0.0, "linear start")
        ridge, found = self._train(sets, parts, None, None, seed, within(progress, 0.0, 0.7))
        self.start_kept = found.step == 0
        self.use_held_out(sets, parts, seed)
        if parts.refits:
            self._train(sets, keep_all(pairs), ridge, found.step, seed, within(progress, 0.7, 1.0, "all pairs, "))
        progress(1.0, "fitted")

    def use_held_out(self, sets: Sets, parts: Holdout, seed: int) -> None:
        """Called once after the training without the held-out examples, which may be none."""

    def _train(
        self, sets: Sets, parts: Holdout, ridge: float | None, until: int | None, seed: int, progress: Progress
    ) -> tuple[float, Trained]:
        """Return the start's ridge, and the result of the training. `until` None: held-out examples choose the end."""
        import torch

        start, ridge = start_from_cca(self.name, sets, parts, self.dims, ridge)
        used = {m: rows[rows >= 0] for m, rows in parts.kept.rows.items()}
        self._readers = {m: learn_reader(s, used[m], self.width, self.longest, seed) for m, s in sets.items()}
        maps = {m: a * self._readers[m].scale * np.sqrt(a.shape[1]) for m, a in start.items()}
        self._net = initialise(
            self.network(self._readers, next(iter(maps.values())).shape[1]), maps, seeded_generator(seed)
        )
        read = {m: self._readers[m].read(self.name, s) for m, s in sets.items()}
        contrast = Contrast(self.loss)

        def loss_of(chosen: np.ndarray, generator: torch.Generator) -> torch.Tensor:
            examples, batches = parts.kept.take(chosen), {}
            for m, rows in examples.rows.items():
                there = np.flatnonzero(rows >= 0)
                batches[m] = (read[m].batch(rows[there], self.longest).add_noise(self.noise, generator), there)
            views = self.views({m: b for m, b in batches.items() if len(b[1])}, len(examples), generator)
            groups = torch.from_numpy(examples.groups)
            return contrast({v: p for v, (p, _) in views.items()}, {v: h for v, (_, h) in views.items()}, groups)

        if until is None and not len(parts.held):
            until = 0
        found = train(
            [*self._net.parameters(), *contrast.parameters],
            loss_of,
            len(parts.kept),
            Plan(self.steps, self.batch, self.learning_rate, patience=4, until=until),
            validate=lambda: self._quality(read, parts.held),
            seed=seed,
            progress=progress,
            record=self.record if len(parts.held) else lambda **values: None,
        )
        return ridge, found

    def _spread(
        self, batches: Mapping[str, Batch], places: np.ndarray, examples: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the net's places of these rows at the places of their examples, and which examples these are."""
        import torch

        placed, where = self._net(batches, self.dropout, generator), torch.from_numpy(places)
        there = torch.zeros(examples, dtype=torch.bool).index_fill(0, where, True)
        return placed.new_zeros(examples, placed.shape[1]).index_copy(0, where, placed), there

    def _quality(self, read: Mapping[str, Rows], held: Pairs) -> float | None:
        if not len(held):
            return None
        return mean_reciprocal_rank({m: self._placed(m, read[m], rows) for m, rows in held.rows.items()}, held)

    def _placed(self, modality: str, read: Rows, rows: np.ndarray) -> np.ndarray:
        """Return unit places of these rows. Those of row number -1 are arbitrary and must be ignored."""
        import torch

        with torch.no_grad():
            blocks = read.blocks(np.maximum(rows, 0), self.longest)
            places = [self._net({modality: batch}).numpy() for batch in blocks]
        dims = self._net.get_parameter(f"linear.{modality}.weight").shape[0]
        return unit_rows(np.concatenate([np.zeros((0, dims), np.float32), *places]))

    def _read(self, embeddings: EmbeddingSet) -> Rows:
        modality = embeddings.modality
        if modality not in self._readers:
            raise BadInput(f"{self.name} was fitted without {modality}; fit it with that modality to place it")
        return self._readers[modality].read(self.name, embeddings)

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, dims)."""
        return self._placed(embeddings.modality, self._read(embeddings), np.arange(len(embeddings)))

    def _differentiable(self, modality: str) -> Differentiable | None:
        """Return the net over vectors and steps of one modality, or None for a modality that the fit did not see."""
        if modality not in self._readers:
            return None
        reader = self._readers[modality]
        return lambda vectors, steps: self._net({modality: reader.tensors(vectors, steps, self.longest)})

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return reader.<modality>.* and net.*."""
        readers = [reader.arrays(f"reader.{m}.") for m, reader in self._readers.items()]
        return {name: array for part in readers for name, array in part.items()} | arrays_of(self._net, "net.")

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        fitted = [name.split(".")[1] for name in state if name.startswith("reader.") and name.endswith(".side")]
        self._readers = {m: Reader.of_arrays(state, f"reader.{m}.") for m in fitted}
        dims = len(state[f"net.linear.{fitted[0]}.weight"])
        self._net = load_arrays(self.network(self._readers, dims), state, "net.")
