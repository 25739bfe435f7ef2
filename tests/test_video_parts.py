"""Masked stretches of a video: frames blurred, sound silent there alone, also with no sound or one that ends early."""

import numpy as np
import pytest

from mmalign_core.data.media.videos import Video
from mmalign_core.explain.parts import video_parts

RATE = 16_000


def video(sounding: float) -> Video:
    """Eight seconds of eight frames, of which the first `sounding` seconds have a sound."""
    pixels = np.random.default_rng(0).integers(0, 256, (8, 32, 48, 3), dtype=np.uint8)
    sound = np.ones(round(sounding * RATE), np.float32)
    return Video(pixels, np.arange(8.0) + 0.5, 8.0, 48, 32, sound, RATE)


@pytest.mark.parametrize("sounding", [0.0, 2.5, 8.0])
@pytest.mark.parametrize("hidden", range(8))
def test_one_stretch_is_masked_and_nothing_else(sounding: float, hidden: int) -> None:
    whole = video(sounding)
    parts = video_parts(whole)
    mask = np.arange(8) != hidden
    seen = parts.masked(np.tile(mask, 2 if sounding else 1))
    changed = (seen.pixels != whole.pixels).any(axis=(1, 2, 3))
    assert changed.tolist() == (~mask).tolist() and len(seen.sound) == len(whole.sound)
    start, end = (round(second * RATE) for second in parts.parts[hidden].place)
    assert not seen.sound[start:end].any()
    far = np.r_[seen.sound[: max(start - RATE // 2, 0)], seen.sound[end + RATE // 2 :]]
    assert (far == 1).all()
