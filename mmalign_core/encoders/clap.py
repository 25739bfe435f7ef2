"""Sounds and texts in one space: any CLAP model of transformers (Wu et al., 2023), by name or folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder, register
from mmalign_core.encoders.clap_towers import ClapTowers, Windows, check_config, open_towers
from mmalign_core.encoders.devices import in_batches
from mmalign_core.encoders.texts import usable_text
from mmalign_core.models import check_weights, model_folder, weights_version
from mmalign_core.types import BadInput, Media


@register("clap")
class Clap(Encoder):
    """Unit vectors. A sound longer than the model's window (10 s) is the mean of its windows', by their seconds."""

    version = "none"
    modality = "audio"
    modalities = ("audio", "text")
    space = "clap"
    summary = "Sounds and texts in one space through any CLAP model: clap:NAME_OR_FOLDER"
    licence = "the model's own"
    batch_size = 8
    packages = (("transformers", "transformers"),)
    rate = 48_000

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for that model and modality; BadInput with the command that fetches it if it is not here."""
        cls.folders()
        folder = model_folder(cls.name, model)
        check_config(folder)
        check_weights(folder)
        made = cls()
        made.model, made.folder = model, folder
        made.modality = modality  # pyright: ignore[reportAttributeAccessIssue] - one class, two modalities
        made.space = f"{cls.name}:{model}"  # pyright: ignore[reportAttributeAccessIssue]
        made.version = f"1-{weights_version(folder)}"  # pyright: ignore[reportAttributeAccessIssue]
        made.rate = cls.rate if modality == "audio" else 0  # pyright: ignore[reportAttributeAccessIssue]
        return made

    folder: Path | None = None
    """Where the model's files lie; None for an encoder that was given no model."""

    @cached_property
    def _towers(self) -> ClapTowers:
        self.folders()
        folder = self.folder or model_folder(self.name, self.model)
        return open_towers(self.space, folder, self.version, self.settings.device)

    @cached_property
    def dim(self) -> int:  # pyright: ignore - known once the model is loaded
        """Length of a vector."""
        return self._towers.dim

    def load(self) -> None:
        """Read the weights; both modalities share them."""
        towers = self._towers
        if self.modality == "audio":
            self.rate = towers.rate  # pyright: ignore[reportAttributeAccessIssue]
        else:
            _ = towers.limit

    def view(self, media: Media) -> Any:
        """A text up to the model's last token, or mono samples (n,) float32 at `rate`."""
        if self.modality == "text":
            return self._towers.limit.cut(usable_text(media, self.settings))
        from mmalign_core.data.sounds import decode_audio

        if media.path is None:
            raise BadInput(f"item '{media.item}': the sound has no file; give its path")
        return decode_audio(media.path, self._towers.rate, self.settings)

    def from_view(self, view: Any) -> Any:
        """The text itself, or the windows' spectrograms."""
        return view if self.modality == "text" else self._towers.windows(view)

    def encode(self, prepared: Sequence[Any]) -> Encoded:
        """(n, dim) unit vectors."""
        return Encoded(np.stack([vector for vector, _ in self._run(prepared)]).astype(np.float32))

    def sequences(self, prepared: Sequence[Any]) -> list[np.ndarray]:
        """Unit vectors: per text (tokens, dim) with both marks; per sound (t, dim), 32 steps to a window of 10 s.

        A step of a sound is what the model sees in a stretch of time before it pools over time, in the space of its
        vectors; steps that only repeat a short sound are left out.
        """
        return [np.ascontiguousarray(steps, np.float32) for _, steps in self._run(prepared)]

    def _run(self, prepared: Sequence[Any]) -> list[tuple[np.ndarray, np.ndarray]]:
        if self.modality == "text":
            parts = in_batches(self._towers.texts, prepared, self.batch_size)
            return [pair for vectors, steps in parts for pair in zip(vectors, steps)]
        return self._sounds(prepared)

    def _sounds(self, prepared: Sequence[Windows]) -> list[tuple[np.ndarray, np.ndarray]]:
        windows = [window for sound in prepared for window in sound.features]
        parts = in_batches(lambda some: self._towers.sounds(np.stack(some)), windows, self.batch_size)
        vectors, steps = (np.concatenate(part) for part in zip(*parts))
        ends = np.cumsum([len(sound.seconds) for sound in prepared])[:-1]
        pooled = zip(prepared, np.split(vectors, ends), np.split(steps, ends))
        return [self._joined(sound.seconds, found, over) for sound, found, over in pooled]

    def _joined(self, seconds: np.ndarray, vectors: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One vector of a sound's windows, and the steps (t, dim) of what was really heard."""
        mean = seconds @ vectors
        length = np.linalg.norm(mean)
        whole = self._towers.window / self._towers.rate
        heard = np.maximum(1, np.ceil(steps.shape[1] * seconds / whole - 1e-9)).astype(int)
        kept = np.concatenate([part[:count] for part, count in zip(steps, heard)])
        return (mean / length if length > 0 else vectors[0]), kept
