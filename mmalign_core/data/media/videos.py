"""Decoding videos: frames chosen by time and by change of scene, and the sound, or BadInput says why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmalign_core.data.media.frame_choice import PLAIN, candidates, chosen, frames_wanted
from mmalign_core.data.media.sounds import decode_soundtrack
from mmalign_core.data.media.video_frames import frames_at, scanned
from mmalign_core.data.names import file_words
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

SOUND_SECONDS = 600.0
"""How much of a sound track is read, from its start; the frames still come from the whole video."""
_SILENCE = 1e-4
"""Peak of a sound that nobody hears (-80 dB of full scale): such a video counts as one without sound."""
_DAMAGE = (ValueError, LookupError, EOFError, OSError, ArithmeticError, RuntimeError, MemoryError)
"""What FFmpeg raises through PyAV on damaged files."""


@dataclass(frozen=True)
class Video:
    """Frames of a video, upright, and its sound.

    `pixels` (n, h, w, 3) uint8; `times` (n,) seconds from the first frame, rising; `seconds`: how long it lasts;
    `width`, `height`: as it is shown, before scaling; `sound` (m,) float32 mono at `rate` Hz, empty where there is
    none or none was asked for.
    """

    pixels: np.ndarray
    times: np.ndarray
    seconds: float
    width: int
    height: int
    sound: np.ndarray
    rate: int

    @property
    def audible(self) -> bool:
        """Whether it has a sound that anybody would hear."""
        return bool(np.abs(self.sound).max(initial=0.0) > _SILENCE)

    @property
    def edges(self) -> np.ndarray:
        """(n + 1,) seconds: frame i stands for what lies between edges i and i + 1, half way to its neighbours."""
        return np.concatenate([[0.0], (self.times[:-1] + self.times[1:]) / 2, [self.seconds]])


def decode_video(
    source: str | Path,
    settings: Settings | None = None,
    *,
    most: int = 32,
    per_second: float = 1.0,
    rate: int = 0,
    plain: int = PLAIN,
) -> Video:
    """Up to `most` frames, `per_second` of them where it is short enough, and its sound at `rate` Hz if that is given.

    Rotation in the file's metadata is applied, pixels that are not square are made so, transparency is laid on white.
    The first sound track is used. Stretches between frames that are wanted are not decoded; of a video of more than
    `plain` frames only key frames are, if there are enough. A damaged stretch is passed over. Raises BadInput if no
    frame can be decoded, or the video is longer than `settings.max_video_seconds` or larger than
    `settings.max_image_pixels` a frame.
    """
    settings = settings or Settings()
    name = file_words(source, "video")
    if not Path(source).is_file():
        raise BadInput(f"{name} cannot be opened: there is no such file")
    try:
        track = scanned(str(source), name, settings)
        wanted = frames_wanted(len(track.starts), track.end, most, per_second)
        looked = candidates(track.starts, track.keys, track.end, wanted, plain)
        seen = frames_at(str(source), track, looked, settings)
    except BadInput:
        raise
    except _DAMAGE as error:
        raise BadInput(f"{name} is not a video that can be decoded; save it as MP4, WebM, MKV or MOV") from error
    if not seen.times:
        raise BadInput(f"{name} is damaged: none of its frames can be decoded; replace the file")
    pixels, times = np.stack(seen.pixels), np.array(seen.times)
    kept = chosen(pixels, times, wanted)
    heard = rate and track.has_sound
    sound = decode_soundtrack(source, rate, SOUND_SECONDS, settings) if heard else np.zeros(0, np.float32)
    return Video(pixels[kept], times[kept], max(track.end, float(times[-1])), seen.width, seen.height, sound, rate)
