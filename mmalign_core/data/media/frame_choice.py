"""Frame choice: which frames of a video are kept, half by time and half by how much the picture changes."""

from __future__ import annotations

import numpy as np

FEWEST = 8
"""Frames kept of a short video that has as many; our choice, since a second of a clip is more than one picture."""
CANDIDATES_PER_FRAME = 4
"""Candidates for each frame that is kept; our choice, so that scenes shorter than the usual step are found."""
_MOST_CANDIDATES = 128
"""Most candidates of one video, unless more frames are requested; our choice, which bounds the decoding time."""
PLAIN = 1500
"""Frames up to which candidates may be any frames; of a longer video they are key frames. Our choice: a minute at 25
a second."""
_NOISE = 2.0
"""Levels of 255 by which two frames of a still scene may differ after coding; our choice."""
_CELLS = 16
"""Cells to a side in which frames are compared; our choice."""
_NEAR = 1.1
"""Ratio of distances to the other frames up to which contrast decides; our choice."""
_TINY = 1e-9
"""Lowest divisor, which keeps 0 / 0 at 0."""


def frames_to_keep(frames: int, seconds: float, most: int, per_second: float) -> int:
    """How many frames to keep: `per_second` of the `seconds`, from FEWEST to `most`, at most all `frames`."""
    return max(1, min(frames, most, max(FEWEST, round(seconds * per_second))))


def candidates(starts: np.ndarray, keys: np.ndarray, end: float, keep: int, plain: int = PLAIN) -> np.ndarray:
    """Start times in seconds (m,), rising, of the frames among which is chosen, evenly spread over the video.

    `starts` (p,): seconds at which the frame of each packet starts, NaN if unknown; `keys` (p,): whether it is a key
    frame, which decodes without others; `end`: seconds; `keep`: frames to keep. In videos of more than `plain` frames
    the candidates are key frames, which encoders set where scenes change, if there are at least `keep`.
    """
    frames = np.unique(starts[~np.isnan(starts)])
    count = min(len(frames), max(keep, min(CANDIDATES_PER_FRAME * keep, _MOST_CANDIDATES)))
    spread = (np.arange(count) + 0.5) * end / count
    if len(frames) > plain:
        own = np.unique(starts[keys & ~np.isnan(starts)])
        nearest = np.unique(own[np.abs(own[None] - spread[:, None]).argmin(axis=1)]) if len(own) >= keep else own
        if len(nearest) >= keep:
            return nearest
    shown = np.maximum(np.searchsorted(frames, spread, side="right") - 1, 0)
    return frames[_filled(shown, count, len(frames))]


def chosen(pixels: np.ndarray, times: np.ndarray, keep: int) -> np.ndarray:
    """Rising indices of the `keep` frames to keep of m; `pixels` (m, h, w, 3), `times` (m,) in seconds.

    The frames lie at even steps along a path on which each step from frame to frame is its share of the time plus its
    share of the change of the picture. A still video is thus sampled evenly by time, and after a cut that makes up much
    of the change a frame is always kept, however short the scene.
    """
    if len(times) <= keep:
        return np.arange(len(times))
    looks = np.stack([_look(frame) for frame in pixels])
    change = np.maximum(np.abs(np.diff(looks, axis=0)).mean(axis=(1, 2, 3)) - _NOISE, 0)
    passed = np.diff(times)
    path = passed / max(float(passed.sum()), _TINY) + change / max(float(change.sum()), _TINY)
    along = np.concatenate([[0.0], np.cumsum(path)])
    steps = (np.arange(keep) + 0.5) / keep * along[-1]
    return _filled(np.minimum(np.searchsorted(along, steps), len(times) - 1), keep, len(times))


def representative(pixels: np.ndarray, seconds: np.ndarray) -> int:
    """Index of the frame that represents the frames (m, h, w, 3), which stand for `seconds` (m,) of the video each.

    It is the medoid weighted by time, so that it lies in a long scene and not in a fade or a flash. Among frames about
    as near to all others as the medoid, it is the one with most contrast.
    """
    looks = np.stack([_look(frame) for frame in pixels]).reshape(len(pixels), -1)
    apart = np.abs(looks[:, None] - looks[None]).mean(axis=2) @ (seconds / max(float(np.sum(seconds)), _TINY))
    near = apart <= apart.min() * _NEAR + _NOISE
    return int(np.where(near, [frame.std() for frame in pixels], -1.0).argmax())


def _filled(places: np.ndarray, keep: int, count: int) -> np.ndarray:
    """(keep,) rising indices below `count`: each of `places` once, and others spread evenly over the rest."""
    taken = np.unique(places)
    others = np.setdiff1d(np.arange(count), taken)
    missing = keep - len(taken)
    spread = others[((np.arange(missing) + 0.5) * len(others) / max(missing, 1)).astype(int)]
    return np.sort(np.concatenate([taken, spread]))


def _look(pixels: np.ndarray) -> np.ndarray:
    """A frame (h, w, 3) as the means (16, 16, 3) float32 of its cells."""
    from PIL import Image

    small = Image.fromarray(pixels).resize((_CELLS, _CELLS), Image.Resampling.BOX)
    return np.asarray(small, np.float32)
