"""Sounds as cepstral coefficients, the shape of the spectrum and its change; nothing is learned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder, register
from mmalign_core.encoders.embedded.log_mel import PATCH_FRAMES, PATCH_HOP, RATE, log_mel_frames
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say

COEFFICIENTS = 20
"""Cepstral coefficients per frame. Chosen: the default of librosa; speech alone needs 13."""


@register("mfcc")
class Mfcc(Encoder):
    """Mel-frequency cepstral coefficients (Davis & Mermelstein 1980), 20 of each frame of 10 ms.

    A vector holds their mean, their standard deviation, and the deviation of their change from frame to frame.
    """

    version = "1"
    modality = "audio"
    dim = 3 * COEFFICIENTS
    space = "mfcc"
    summary = say("Cepstral coefficients of sounds, 60-d; classic, nothing learned")
    licence = "Apache-2.0"
    batch_size = 64
    rate = RATE
    frames = (0.96, 0.48)

    def load(self) -> None:
        """Do nothing, since there are no weights."""

    def view(self, media: Media) -> np.ndarray:
        """Mono samples (n,) float32 at 16 kHz."""
        from mmalign_core.data.media.sounds import decode_audio

        if media.path is None:
            raise BadInput(f"item '{media.item}': the sound has no file; give its path")
        return decode_audio(media.path, RATE, self.settings)

    def from_view(self, view: np.ndarray) -> np.ndarray:
        """The coefficients (frames, 20) of the sound."""
        return cepstra(view)

    def encode(self, prepared: Sequence[np.ndarray]) -> Encoded:
        """Vectors (n, 60)."""
        return Encoded(np.stack([_summary(frames) for frames in prepared]))

    def sequences(self, prepared: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each sound (windows, 60): the vector of each window of 0.96 s, one every 0.48 s."""
        return [np.stack([_summary(window) for window in _windows(frames)]) for frames in prepared]


def cepstra(waveform: np.ndarray) -> np.ndarray:
    """Coefficients (frames, 20) float32 of mono samples at 16 kHz: cosine transform of the log-mel spectrum."""
    from scipy.fft import dct

    return np.asarray(dct(log_mel_frames(waveform), norm="ortho", axis=1), np.float32)[:, :COEFFICIENTS]


def _summary(frames: np.ndarray) -> np.ndarray:
    moments = frames.mean(0, dtype=np.float64), frames.std(0, dtype=np.float64)
    return np.concatenate([*moments, np.diff(frames, axis=0).std(0, dtype=np.float64)]).astype(np.float32)


def _windows(frames: np.ndarray) -> list[np.ndarray]:
    starts = range(0, len(frames) - PATCH_FRAMES + 1, PATCH_HOP)
    return [frames[start : start + PATCH_FRAMES] for start in starts]
