"""Levels of a picture and of a sound: how much of it is one colour, or silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

_CELLS = (64, 64)
"""Cells that a picture is averaged to, so that noise and JPEG's rings count little. Our choice."""
_SAME = 8.0
"""Levels of 255 by which a cell may differ from the main colour: 60 x 60 pixels of noise with a standard deviation of
8 levels, saved as JPEG, keep 96% of their cells within it. Measured."""
_BLANK_SHARE = 0.95
_BLANK_SPREAD = 5.0
"""A picture is blank from this share of one colour if its lightness spreads no further. Of 1,996 drawings and
photographs the plainest has a share of 0.82, the flattest a spread of 15.8; planted blanks have 0.96 and 3.4."""
_SPECK_SHARE = 0.995
"""A picture with a lightness of any spread is nearly blank from here: 20 of its cells differ. Our choice."""
_FRAME = 0.02
"""Seconds over which loudness is measured, usual in speech processing (Rabiner & Schafer, 1978)."""
_SILENT_LEVEL = -60.0
"""Loudness in dB of full scale below which a stretch is silent: the definition of the reverberation time (ISO 3382)."""
_SILENT_SHARE = 0.99
"""A sound is silent from this share of silent stretches. Of 512 clean sounds the most silent has 0.94."""
_FLOOR = 1e-6
"""Amplitude that stands for digital silence: -120 dB of full scale, below the last bit of 16. Our choice."""
_LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in lightness (ITU-R BT.601)."""


@dataclass(frozen=True)
class PictureLevels:
    """`share`: of the picture in its main colour, `colour` as #rrggbb; `spread`: of its lightness, levels of 255."""

    share: float
    spread: float
    colour: str

    @property
    def blank(self) -> bool:
        """Whether nothing, or no more than a speck, is to be seen."""
        plain = self.share >= _BLANK_SHARE and self.spread <= _BLANK_SPREAD
        return plain or self.share >= _SPECK_SHARE


@dataclass(frozen=True)
class SoundLevels:
    """`rms` and `peak` in dB of full scale; `silent`: the share of its stretches below -60 dB."""

    rms: float
    peak: float
    silent: float

    @property
    def inaudible(self) -> bool:
        """Whether nothing is to be heard."""
        return self.silent >= _SILENT_SHARE


def picture_levels(image: Image.Image) -> PictureLevels:
    """The levels of an RGB image. The main colour is the median of its cells, channel by channel."""
    cells = np.asarray(image.resize(_CELLS, Image.Resampling.BOX), np.float64).reshape(-1, 3)
    main = np.median(cells, axis=0)
    share = float((np.abs(cells - main).max(axis=1) <= _SAME).mean())
    red, green, blue = (round(float(level)) for level in main)
    return PictureLevels(share, float((cells @ _LUMA).std()), f"#{red:02x}{green:02x}{blue:02x}")


def sound_levels(samples: np.ndarray, rate: int) -> SoundLevels:
    """The levels of mono samples (n,) in -1..1 at `rate` Hz, without their mean. No samples are silence."""
    if not len(samples):
        return SoundLevels(_decibels(0.0), _decibels(0.0), 1.0)
    wave = samples.astype(np.float64) - samples.mean(dtype=np.float64)
    length = min(len(wave), max(1, round(_FRAME * rate)))
    frames = wave[: len(wave) // length * length].reshape(-1, length)
    silent = np.sqrt((frames**2).mean(axis=1)) < 10 ** (_SILENT_LEVEL / 20)
    return SoundLevels(_decibels(np.sqrt((wave**2).mean())), _decibels(np.abs(wave).max()), float(silent.mean()))


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(max(amplitude, _FLOOR)))
