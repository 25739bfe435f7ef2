"""What a model of several modalities reads of a medium: text, pixels, samples or frames, decoded within limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmalign_core.data.media.videos import Video
from mmalign_core.encoders.text_input import usable_text
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media

FRAMES = 32
"""Most frames of a video. Chosen: as many as `video-frames` reads."""
_WORDS = {"image": "picture", "audio": "sound", "video": "video"}


def media_view(media: Media, settings: Settings, *, rate: int = 0, frames: int = FRAMES) -> Any:
    """A text as str, upright pixels (h, w, 3) uint8, mono samples (n,) float32 at `rate` Hz, or a soundless `Video`.

    A video is read by a frame a second, at most `frames`. Raises BadInput if the medium cannot be decoded.
    """
    if media.modality == "text":
        return usable_text(media, settings)
    if media.path is None:
        raise BadInput(f"item '{media.item}': the {_WORDS[media.modality]} has no file; give its path")
    if media.modality == "image":
        from mmalign_core.data.media.images import decode_image

        return np.asarray(decode_image(media.path, settings))
    if media.modality == "audio":
        from mmalign_core.data.media.sounds import decode_audio

        return decode_audio(media.path, rate, settings)
    from mmalign_core.data.media.videos import decode_video

    return decode_video(media.path, settings, most=frames, per_second=1.0)


def sample_pixels() -> list[np.ndarray]:
    """Three pictures (256, 320, 3) uint8 for the choice of dtype and batch size: a gradient, stripes and noise."""
    across = np.broadcast_to(np.linspace(0, 255, 320)[None, :, None], (256, 320, 3))
    noise = np.random.default_rng(0).integers(0, 256, (256, 320, 3))
    return [pixels.astype(np.uint8) for pixels in (across, np.where(across % 32 < 16, 0, 255), noise)]


def sample_sounds(rate: int, seconds: float) -> list[np.ndarray]:
    """Three sounds float32: a tone, noise and a sweep."""
    time = np.arange(max(1, int(seconds * rate))) / rate
    noise = np.random.default_rng(0).standard_normal(len(time)) / 4
    sounds = (np.sin(2 * np.pi * 440 * time), noise, np.sin(2 * np.pi * 300 * time * time))
    return [sound.astype(np.float32) for sound in sounds]


def sample_videos() -> list[Video]:
    """Two videos of a few frames, the last of the most frames."""
    still, _, noise = sample_pixels()
    return [_video(still, 2), _video(noise, FRAMES)]


def _video(pixels: np.ndarray, count: int) -> Video:
    times, silence = np.arange(count, dtype=np.float64), np.zeros(0, np.float32)
    return Video(np.stack([pixels] * count), times, float(count), pixels.shape[1], pixels.shape[0], silence, 0)


def sound_windows(samples: np.ndarray, window: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Consecutive windows of at most `window` samples (0: the whole), one at least, and the share (w,) of each."""
    samples = samples if len(samples) else np.zeros(1, np.float32)
    step = window or len(samples)
    parts = [samples[start : start + step] for start in range(0, len(samples), step)]
    shares = np.array([len(part) for part in parts], np.float64)
    return parts, shares / shares.sum()


def mean_of_windows(vectors: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """A sound's vector (dim,) float32: the mean of its windows' (w, dim), of their mean length."""
    if len(vectors) == 1:
        return vectors[0]
    mean, lengths = shares @ vectors, np.linalg.norm(vectors, axis=1)
    length = float(np.linalg.norm(mean))
    return (mean * (float(shares @ lengths) / length) if length > 0 else vectors[0]).astype(np.float32)
