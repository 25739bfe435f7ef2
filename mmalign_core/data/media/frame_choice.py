"""Which frames of a video are looked at: half by time, half by how much the picture changes."""

from __future__ import annotations

import numpy as np

FEWEST = 8
"""Frames of a short video, if it has that many: a second of a clip is more than one picture."""
LOOKED_AT = 4
"""Frames looked at for each that is kept, so that scenes shorter than the usual step are found."""
_MOST_LOOKED_AT = 128
PLAIN = 1500
"""A video of no more frames than this is decoded wherever frames are wanted; a longer one at its key frames."""
_NOISE = 2.0
"""Grey levels of 255 by which a still picture may differ from itself after coding."""
_CELLS = 16


def frames_wanted(frames: int, seconds: float, most: int, per_second: float) -> int:
    """How many frames to keep of a video of so many frames and seconds."""
    return max(1, min(frames, most, max(FEWEST, round(seconds * per_second))))


def candidates(starts: np.ndarray, keys: np.ndarray, end: float, wanted: int, plain: int = PLAIN) -> np.ndarray:
    """(m,) rising start times of frames to look at, evenly spread over the video.

    `starts` (p,) seconds at which packets' frames start, NaN where unknown; `keys` (p,) which stand for themselves. In
    videos of more than `plain` frames only key frames are looked at, if there are enough: encoders put them where
    scenes change.
    """
    frames = np.unique(starts[~np.isnan(starts)])
    looked = min(len(frames), max(wanted, min(LOOKED_AT * wanted, _MOST_LOOKED_AT)))
    spread = (np.arange(looked) + 0.5) * end / looked
    if len(frames) > plain:
        own = np.unique(starts[keys & ~np.isnan(starts)])
        nearest = np.unique(own[np.abs(own[None] - spread[:, None]).argmin(axis=1)]) if len(own) >= wanted else own
        if len(nearest) >= wanted:
            return nearest
    shown = np.maximum(np.searchsorted(frames, spread, side="right") - 1, 0)
    return frames[_filled(shown, looked, len(frames))]


def chosen(pixels: np.ndarray, times: np.ndarray, wanted: int) -> np.ndarray:
    """Rising places of `wanted` of the frames (m, h, w, 3) at `times` (m,); all where there are no more.

    Even steps along a path whose length is half the time that passes and half the change between neighbours, as a
    share of all change. A still video is sampled evenly by time; after a cut that makes up much of the change a frame
    is always taken, however short the scene.
    """
    if len(times) <= wanted:
        return np.arange(len(times))
    looks = np.stack([_look(frame) for frame in pixels])
    change = np.maximum(np.abs(np.diff(looks, axis=0)).mean(axis=(1, 2, 3)) - _NOISE, 0)
    passed = np.diff(times)
    path = passed / max(float(passed.sum()), 1e-9) + change / max(float(change.sum()), 1e-9)
    along = np.concatenate([[0.0], np.cumsum(path)])
    steps = (np.arange(wanted) + 0.5) / wanted * along[-1]
    return _filled(np.minimum(np.searchsorted(along, steps), len(times) - 1), wanted, len(times))


def representative(pixels: np.ndarray, seconds: np.ndarray) -> int:
    """Which of the frames (m, h, w, 3), which stand for so many `seconds` (m,), shows best what all show.

    The medoid of the frames, weighted by time: one of the longest scene, and none that a fade or flash passes through;
    of frames about as near to the others the one with most contrast.
    """
    looks = np.stack([_look(frame) for frame in pixels]).reshape(len(pixels), -1)
    apart = np.abs(looks[:, None] - looks[None]).mean(axis=2) @ (seconds / max(float(np.sum(seconds)), 1e-9))
    near = apart <= apart.min() * 1.1 + _NOISE
    return int(np.where(near, [frame.std() for frame in pixels], -1.0).argmax())


def _filled(places: np.ndarray, wanted: int, count: int) -> np.ndarray:
    """(wanted,) rising places below `count`: these, each once, and others spread evenly over the rest."""
    taken = np.unique(places)
    others = np.setdiff1d(np.arange(count), taken)
    missing = wanted - len(taken)
    spread = others[((np.arange(missing) + 0.5) * len(others) / max(missing, 1)).astype(int)]
    return np.sort(np.concatenate([taken, spread]))


def _look(pixels: np.ndarray) -> np.ndarray:
    """(16, 16, 3) float32 means of cells."""
    from PIL import Image

    small = Image.fromarray(pixels).resize((_CELLS, _CELLS), Image.Resampling.BOX)
    return np.asarray(small, np.float32)
