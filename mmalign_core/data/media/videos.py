"""Videos: frames chosen by time and by change of the picture, and the sound track, decoded within limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmalign_core.data.media.frame_choice import PLAIN, candidates, chosen, frames_to_keep
from mmalign_core.data.media.sounds import decode_soundtrack
from mmalign_core.data.media.video_frames import frames_at, scanned
from mmalign_core.data.names import file_words
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

SOUND_SECONDS = 600.0
"""Seconds of a sound track that are read, from its start; our choice. Frames come from the whole video."""
_SILENCE = 1e-4
"""Peak below which a sound counts as inaudible: -80 dB of full scale, our choice."""
_DAMAGE = (ValueError, LookupError, EOFError, OSError, ArithmeticError, RuntimeError, MemoryError)
"""What PyAV raises on damaged files beside its own FFmpegError, some of whose kinds are none of these."""


@dataclass(frozen=True)
class Video:
    """Frames of a video and its sound.

    `pixels` (n, h, w, 3): upright uint8 RGB; `times` (n,): seconds from the first frame, rising; `seconds`: the length;
    `width`, `height`: pixels as it is shown, before scaling; `sound` (m,): float32 mono at `rate` Hz, empty if the
    video has none or `rate` is 0.
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
        """Whether its sound exceeds -80 dB of full scale anywhere."""
        return bool(np.abs(self.sound).max(initial=0.0) > _SILENCE)

    @property
    def edges(self) -> np.ndarray:
        """Seconds (n + 1,): frame i represents the interval from edge i to edge i + 1, half way to its neighbours."""
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
    """The video at the path `source`: `per_second` frames a second, at most `most`, and its sound at `rate` Hz.

    Frames are upright by the rotation in the file, with square pixels and transparency on white. Without a `rate` no
    sound is decoded; of several sound tracks the first is used. Only the frames needed are decoded: of a video of more
    than `plain` frames key frames, if there are enough. Damaged stretches are skipped. Raises BadInput if the file is
    missing, no frame can be decoded, the video is longer than `settings.max_video_seconds`, or a frame has more than
    `settings.max_image_pixels`.
    """
    from av.error import FFmpegError

    settings = settings or Settings()
    name = file_words(source, "video")
    if not Path(source).is_file():
        raise BadInput(f"{name} cannot be opened: there is no such file")
    try:
        track = scanned(str(source), name, settings)
        count = frames_to_keep(len(track.starts), track.end, most, per_second)
        starts = candidates(track.starts, track.keys, track.end, count, plain)
        seen = frames_at(str(source), track, starts, settings)
    except BadInput:
        raise
    except (FFmpegError, *_DAMAGE) as error:
        raise BadInput(f"{name} is not a video that can be decoded; save it as MP4, WebM, MKV or MOV") from error
    if not seen.times:
        raise BadInput(f"{name} is damaged: none of its frames can be decoded; replace the file")
    pixels, times = np.stack(seen.pixels), np.array(seen.times)
    kept = chosen(pixels, times, count)
    heard = rate and track.has_sound
    sound = decode_soundtrack(source, rate, SOUND_SECONDS, settings) if heard else np.zeros(0, np.float32)
    return Video(pixels[kept], times[kept], max(track.end, float(times[-1])), seen.width, seen.height, sound, rate)
