"""The log-mel spectrograms of CLAP's feature extractor, computed for chunks of frames at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

_CHUNK_FRAMES = 64
"""Frames per chunk. Chosen: the data of a chunk fit the processor's cache."""
_FLOOR = 1e-10
"""Lowest power before the logarithm (-100 dB), as in the published feature extractor."""


class ClapMel:
    """Spectrograms (c, frames, mels) float32 in dB, equal to those of `ClapFeatureExtractor` for sounds of one window.

    That class computes each frame in Python, which takes three times as long and blocks all other threads.
    """

    def __init__(self, extractor: Any) -> None:
        """Take sizes, filters and padding from `extractor`. Extractors of fused models give four equal channels."""
        from scipy.sparse import csr_array

        self._samples, self._padding = int(extractor.nb_max_samples), extractor.padding
        self._size, self._hop = extractor.fft_window_size, extractor.hop_length
        self._channels = 4 if extractor.truncation == "fusion" else 1
        filters = extractor.mel_filters if self._channels == 4 else extractor.mel_filters_slaney
        self._filters: Any = csr_array(np.asarray(filters, np.float64).T)  # a dense product would start BLAS threads
        self._window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self._size) / self._size)

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """The spectrogram of mono samples (n,), at least 1 and at most the length of the window."""
        from scipy.fft import rfft

        padded = np.pad(self._filled(np.asarray(samples, np.float64)), self._size // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, self._size)[:: self._hop]
        power = np.empty((len(frames), self._filters.shape[0]))
        for start in range(0, len(frames), _CHUNK_FRAMES):
            spectrum: Any = rfft(frames[start : start + _CHUNK_FRAMES] * self._window)
            power[start : start + _CHUNK_FRAMES] = (self._filters @ (spectrum.real**2 + spectrum.imag**2).T).T
        decibels = (10 * np.log10(np.maximum(power, _FLOOR))).astype(np.float32)
        return np.repeat(decibels[None], self._channels, axis=0)

    def _filled(self, samples: np.ndarray) -> np.ndarray:
        """The samples, repeated as the extractor's settings say, with zeros up to the window's length."""
        times = self._samples // len(samples)
        if self._padding == "repeat" and len(samples) < self._samples:
            return np.tile(samples, times + 1)[: self._samples]
        filled = np.tile(samples, times) if self._padding == "repeatpad" else samples
        return np.pad(filled, (0, self._samples - len(filled)))
