"""Sounds and texts in one space: any CLAP model of transformers (Wu et al., 2023), by name or folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from mmalign_core.encoders.attribution import WATCHED, Attribution
from mmalign_core.encoders.base import Encoded, register
from mmalign_core.encoders.clap.attribution import sound_input, text_attribution
from mmalign_core.encoders.clap.towers import ClapTowers, Windows, open_towers
from mmalign_core.encoders.explainable import DifferentiableInput
from mmalign_core.encoders.text_input import usable_text
from mmalign_core.encoders.torch_models.encoder import PASSES, SAMPLE, FolderEncoder, longest_first
from mmalign_core.encoders.torch_models.model_files import check_clap_files
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say

_SOUNDS = 32
"""Most sounds per batch. Chosen: ten minutes of sound are sixty windows, or 15 MB."""


@register("clap")
class Clap(FolderEncoder):
    """Unit vectors. For a sound longer than the model's window (10 s): the mean over windows, weighted by seconds."""

    modality = "audio"
    modalities = ("audio", "text")
    space = "clap"
    summary = say("Sounds and texts in one space through any CLAP model: clap:NAME_OR_FOLDER")
    on_cpu = 8
    packages = (("transformers", "transformers"),)
    rate = 48_000

    @classmethod
    def check_files(cls, folder: Path) -> None:
        """Raise BadInput if the folder does not hold a complete CLAP model."""
        check_clap_files(folder)

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for the model and modality. Raises BadInput with the fetch command if the model is missing."""
        instance: Any = super().of_model(model, modality)
        instance.rate = cls.rate if modality == "audio" else 0
        return instance

    @cached_property
    def _towers(self) -> ClapTowers:
        return open_towers(self.space, self.folder, self.version, self.settings.device)

    @cached_property
    def dim(self) -> int:  # pyright: ignore - known once the model is loaded
        """Dimension of the vectors."""
        return self._towers.dim

    def load(self) -> None:
        """Load the weights, which both modalities share."""
        towers = self._towers
        if self.modality == "audio":
            self.rate = towers.rate  # pyright: ignore[reportAttributeAccessIssue]
        else:
            _ = towers.limit

    def view(self, media: Media) -> Any:
        """A text up to the last token that the model reads, or mono samples (n,) float32 at `rate`."""
        if self.modality == "text":
            return self._towers.limit.cut(usable_text(media, self.settings))
        from mmalign_core.data.media.sounds import decode_audio

        if media.path is None:
            raise BadInput(f"item '{media.item}': the sound has no file; give its path")
        return decode_audio(media.path, self._towers.rate, self.settings)

    def from_view(self, view: Any) -> Any:
        """The text itself, or the spectrograms of the windows."""
        return view if self.modality == "text" else self._towers.windows(view)

    @property
    def batch_size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Media per batch: texts for several passes, sorted by length; few sounds, since some have many windows."""
        return PASSES * self.at_once if self.modality == "text" else min(self.at_once, _SOUNDS)

    def run_at(self, batch: Sequence[Any], dtype: str) -> np.ndarray:
        """Unit vectors (n, dim) of texts, or of windows."""
        return (self._towers.texts if self.modality == "text" else self._towers.sounds)(batch, dtype)

    def sample(self) -> list[Any]:
        """Three texts, or three windows: a tone, noise and a sweep."""
        if self.modality == "text":
            return list(SAMPLE)
        time = np.arange(self._towers.window) / self._towers.rate
        noise = np.random.default_rng(0).standard_normal(len(time)) / 4
        sounds = (np.sin(2 * np.pi * 440 * time), noise, np.sin(2 * np.pi * 300 * time * time))
        return [self._towers.windows(sound.astype(np.float32)).features[0] for sound in sounds]

    def encode(self, prepared: Sequence[Any]) -> Encoded:
        """Unit vectors (n, dim)."""
        if self.modality == "text":
            texts, place = longest_first(prepared)
            return Encoded(self.vectors(texts)[place])
        vectors = _split(self.vectors(_windows(prepared)), prepared)
        return Encoded(np.stack([_mean(sound.seconds, rows) for sound, rows in zip(prepared, vectors)]))

    def sequences(self, prepared: Sequence[Any]) -> list[np.ndarray]:
        """Unit vectors: for a text (tokens, dim) with both special tokens; for a sound (t, dim), 32 steps per 10 s.

        A step of a sound is the model's output for an interval of time before pooling over time, projected into the
        space of its vectors. Steps that only repeat a short sound are left out.
        """
        if self.modality == "text":
            texts, place = longest_first(prepared)
            rows = [steps for part in self.in_turn(self._towers.text_steps, texts) for steps in part]
            return [rows[i] for i in place]
        steps = np.concatenate(self.in_turn(self._towers.sound_steps, _windows(prepared)))
        return [self._unrepeated(sound.seconds, rows) for sound, rows in zip(prepared, _split(steps, prepared))]

    def differentiable_input(self, view: Any) -> DifferentiableInput | None:
        """The frames of a sound's spectrogram; None for texts."""
        return sound_input(self._towers, self.from_view(view)) if self.modality == "audio" else None

    @property
    def attends(self) -> bool:
        """True for texts if attention can be recorded. For sounds it stays within squares of the spectrogram."""
        return self.modality == "text" and self._towers.model.text_model.config._attn_implementation in WATCHED

    def attribution(self, view: Any, direction: np.ndarray, rule: str) -> Attribution:
        """The attribution to the tokens of a text."""
        if not self.attends:
            return super().attribution(view, direction, rule)
        return text_attribution(self._towers, view, direction, rule)

    def _unrepeated(self, seconds: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """The steps (t, dim) of the sound itself, without repetitions, from those of its windows (w, t, dim)."""
        whole = self._towers.window / self._towers.rate
        counts = np.maximum(1, np.ceil(steps.shape[1] * seconds / whole - 1e-9)).astype(int)
        return np.concatenate([part[:count] for part, count in zip(steps, counts)])


def _windows(prepared: Sequence[Windows]) -> list[np.ndarray]:
    """The windows of all sounds, in order."""
    return [window for sound in prepared for window in sound.features]


def _split(rows: np.ndarray, prepared: Sequence[Windows]) -> list[np.ndarray]:
    """Rows of windows, split by sound."""
    return np.split(rows, np.cumsum([len(sound.seconds) for sound in prepared])[:-1])


def _mean(seconds: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """A sound's unit vector (dim,) float32: the mean of its windows' vectors (w, dim), weighted by seconds."""
    mean = seconds @ vectors
    length = np.linalg.norm(mean)
    return (mean / length if length > 0 else vectors[0]).astype(np.float32)
