"""Attribution in CLAP's towers by gradients: to moments of a sound and tokens of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mmalign_core.encoders.attribution import Attribution, attention_attribution
from mmalign_core.encoders.clap.towers import ClapTowers, Windows
from mmalign_core.encoders.explainable import DifferentiableInput

if TYPE_CHECKING:
    import torch


def sound_input(towers: ClapTowers, sound: Windows) -> DifferentiableInput:
    """The frames of a sound's spectrogram, window after window, with the seconds (start, end) of each.

    A short sound is repeated to fill a window, so that several frames have the same seconds. The spans of padding
    frames are empty.
    """
    windows, channels, frames, mels = sound.features.shape
    whole = towers.window / towers.rate
    places = [_seconds(number, frames, whole, length) for number, length in enumerate(sound.seconds)]

    def vectors(inputs: torch.Tensor) -> torch.Tensor:
        spectrograms = inputs.unflatten(1, (windows, frames)).transpose(2, 3)
        return _vectors(towers, spectrograms, sound.seconds)

    inputs = sound.features.transpose(0, 2, 1, 3).reshape(windows * frames, channels, mels)
    return DifferentiableInput(inputs, np.concatenate(places), vectors)


def text_attribution(towers: ClapTowers, text: str, direction: np.ndarray, rule: str) -> Attribution:
    """The attribution to the tokens of one text."""
    tokens = towers.tokens([text])
    length = tokens["input_ids"].shape[1]

    def run() -> Any:
        return towers.model.text_projection(towers.model.text_model(**tokens).pooler_output)

    values = attention_attribution(run, direction, lambda keys: keys == length, rule)
    return Attribution(values, towers.limit.places(text))


def _vectors(towers: ClapTowers, windows: torch.Tensor, seconds: np.ndarray) -> torch.Tensor:
    """Unit vectors (n, dim) of sounds in windows (n, w, c, frames, mels): the mean over windows, by their seconds."""
    import torch
    from torch.nn.functional import normalize

    longer = torch.zeros(windows.shape[0] * windows.shape[1], 1, dtype=torch.bool, device=towers.device)
    heard = towers.model.audio_model(input_features=windows.flatten(0, 1).to(towers.device), is_longer=longer)
    each = normalize(towers.model.audio_projection(heard.pooler_output), dim=-1).unflatten(0, windows.shape[:2])
    weights = torch.as_tensor(seconds, dtype=each.dtype, device=each.device)
    return normalize(torch.einsum("w,nwd->nd", weights, each), dim=-1)


def _seconds(number: int, frames: int, whole: float, length: float) -> np.ndarray:
    """Seconds (frames, 2) of the frames of window `number`, of `whole` seconds, of which the sound fills `length`."""
    starts = np.arange(frames) * whole / frames
    repeats = max(1, int(whole / max(length, 1e-9)))
    inside = starts % length if length > 0 else np.zeros(frames)
    heard = starts < repeats * length
    ends = np.where(heard, np.minimum(inside + whole / frames, length), inside)
    return number * whole + np.stack([np.where(heard, inside, 0), np.where(heard, ends, 0)], axis=1)
