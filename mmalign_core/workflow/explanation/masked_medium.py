"""A medium of a run with some of its parts masked, and its place in the shared space."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from mmalign_core.data.media.references import check_unchanged
from mmalign_core.encoders import Encoder
from mmalign_core.encoders.batched.instances import encoder_of
from mmalign_core.explain.masks import Scores
from mmalign_core.explain.parts import MediumParts, medium_parts
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Concepts, EmbeddingSet, Media, Progress, no_progress
from mmalign_core.types.sequences import as_sequences
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say, say_list, say_word
from mmalign_core.workflow.alignment.inputs import prepared, text_encoder
from mmalign_core.workflow.alignment.run import Run


class MaskedMedium:
    """Places of one text, picture, sound or video with any of its `parts` masked, as a new medium of this run.

    `view`: the encoder's input. Only the vectors of concepts' names are written to the store. `progress` is called
    before each batch and may raise `Cancelled`. BadInput if the run cannot place the modality, its vectors were given
    ready-made, or the medium cannot be decoded or has changed since it was encoded.
    """

    def __init__(
        self,
        run: Run,
        medium: Media,
        *,
        store: Store,
        settings: Settings | None = None,
        grid: int = 7,
        progress: Progress = no_progress,
    ) -> None:
        self.run, self.medium, self.store, self.progress = run, medium, store, progress
        self.encoder = run_encoder(run, medium.modality)
        if settings is not None:
            self.encoder = self.encoder.under(settings)
        self.encoder.load()
        check_unchanged(medium)
        view = self.encoder.view(medium)
        self._divided: MediumParts = medium_parts(medium.modality, view, rate=self.encoder.rate, grid=grid)
        self.view, self.parts = view, self._divided.parts
        self._expected, self._placed = 0, 0
        self._label_vectors: np.ndarray | None = None

    def masked_view(self, mask: np.ndarray) -> Any:
        """Return the view with only the parts that the mask (p,) bool keeps."""
        return self._divided.masked(mask)

    def expect(self, masks: int) -> None:
        """Add `masks` to the expected total of the progress."""
        self._expected = self._placed + masks

    @property
    def modality(self) -> str:
        """Modality of the medium."""
        return self.medium.modality

    def places(self, masks: np.ndarray) -> np.ndarray:
        """Return unit rows (b, k) float32 (zero for a zero place) of masks (b, p) bool, True for a kept part."""
        rows = self._embedded(self._views(masks), len(masks))
        return unit_rows(self.run.aligner.transform(rows))

    @cached_property
    def row(self) -> EmbeddingSet:
        """The whole medium as one row for the aligner."""
        whole = np.ones((1, len(self.parts)), bool)
        return self._embedded(self._views(whole), 1)

    @cached_property
    def place(self) -> np.ndarray:
        """(k,) unit place of the whole medium; zero if its length is 0."""
        return unit_rows(self.run.aligner.transform(self.row))[0]

    def scores(self, target: np.ndarray) -> Scores:
        """Return masks -> cosine of the place with the target (k,)."""
        direction = unit_rows(target[None])[0].astype(np.float64)
        return lambda masks: self.places(masks) @ direction

    def sequence(self, mask: np.ndarray | None = None) -> np.ndarray:
        """Return (t, d) steps before pooling, of the view with the parts that the mask keeps; None keeps all."""
        if mask is None:
            return self._whole_sequence
        return self.encoder.sequences([self.encoder.from_view(self.masked_view(mask))])[0]

    @cached_property
    def _whole_sequence(self) -> np.ndarray:
        return self.encoder.sequences([self.encoder.from_view(self.view)])[0]

    def _views(self, masks: np.ndarray) -> Iterator[Any]:
        return (self.encoder.from_view(self.masked_view(mask)) for mask in masks)

    def _embedded(self, views: Iterator[Any], count: int) -> EmbeddingSet:
        """Return the views as one set, batch by batch, so that masked copies of a large picture fit in memory."""
        model, vectors, posteriors, steps = self.encoder, [], [], []
        for first in range(0, count, model.batch_size):
            done = self._placed + first
            self.progress(
                done / max(self._expected, done + 1),
                say("masking the {modality}: {done:,} ways", modality=say_word(self.modality), done=done),
            )
            batch = list(islice(views, model.batch_size))
            seen = model.encode(batch)
            vectors.append(seen.vectors)
            posteriors += [] if seen.posterior is None else [seen.posterior]
            steps += model.sequences(batch) if self.run.aligner.needs_sequences else []
        self._placed += count
        names = tuple(f"{self.medium.digest}:{i}" for i in range(count))
        concepts = Concepts(model.labels, np.concatenate(posteriors), self._label_vectors) if posteriors else None
        sequences = as_sequences(steps) if steps else None
        ids = (self.medium.item,) * count
        found = EmbeddingSet(
            self.modality, ids, names, np.concatenate(vectors), model.key, concepts, sequences=sequences
        )
        return self._named(found)

    def _named(self, rows: EmbeddingSet) -> EmbeddingSet:
        """Return the rows with concepts placed in text space, looked up on the first call only."""
        if rows.concepts is None or rows.concepts.vectors is not None:
            return rows
        named = prepared(self.run.aligner, rows, text_encoder(self.run.encoders), self.store)
        self._label_vectors = named.concepts.vectors if named.concepts else None
        return EmbeddingSet(
            rows.modality, rows.ids, rows.keys, rows.vectors, rows.encoder, named.concepts, sequences=rows.sequences
        )


def run_encoder(run: Run, modality: str) -> Encoder:
    """Return the encoder of this run's vectors of the modality. BadInput if there is none or they were given."""
    if modality not in run.result.space:
        raise BadInput(
            say(
                "this run holds no {modality}; it holds: {space}",
                modality=say_word(modality),
                space=say_list(run.result.space),
            )
        )
    source = run.encoders.get(modality, "")
    if not is_known(reference_of(source)):
        raise BadInput(
            say(
                "this run's {modality} vectors were given ready-made, so there is no {modality} to take apart; "
                "give the {modality} itself to encode",
                modality=say_word(modality),
            )
        )
    return encoder_of(source, modality)
