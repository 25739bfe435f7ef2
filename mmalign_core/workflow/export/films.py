"""A few small frames of a video with their times, shown where a video cannot play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmalign_core.data.media.picture_uris import image_uri, pixels_uri
from mmalign_core.settings import Settings

if TYPE_CHECKING:
    from mmalign_core.data.media.videos import Video

FRAMES, TILES, STRIP_PIXELS = 6, 8, 160
"""Frames of a strip, tiles over a map, and width of a strip's frame. Our choices, by eye."""
SHORT = 20.0
"""Seconds of a video below which times are written in tenths of a second. Our choice."""
_PLAIN = 300
"""Frames of a video above which only key frames are read. Our choice: a card must not wait for a whole film."""


@dataclass(frozen=True)
class Film:
    """`frames` as data URIs, each `width` x `height` pixels, at `times` seconds. `seconds`: length of the video.
    `chosen`: number of the representative frame, from the longest scene."""

    frames: tuple[str, ...]
    times: tuple[float, ...]
    seconds: float
    width: int
    height: int
    chosen: int

    @property
    def cover(self) -> str:
        """The representative frame."""
        return self.frames[self.chosen]


def read_film(path: str, settings: Settings | None = None, *, frames: int = FRAMES, pixels: int = 220) -> Film:
    """Return at most `frames` frames, spread over time and scenes, within pixels x pixels. BadInput if none decodes."""
    import numpy as np
    from PIL import Image

    from mmalign_core.data.media.frame_choice import representative
    from mmalign_core.data.media.videos import decode_video

    seen = decode_video(path, settings, most=frames, plain=_PLAIN)
    small = [Image.fromarray(frame) for frame in seen.pixels]
    for frame in small:
        frame.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    chosen = representative(seen.pixels, np.diff(seen.edges))
    uris, times = tuple(image_uri(frame) for frame in small), tuple(float(time) for time in seen.times)
    return Film(uris, times, seen.seconds, *small[0].size, chosen)


def film_strip(path: str, settings: Settings | None = None) -> list[dict[str, str]]:
    """Return the frames of a video for a page, each with its `moment`. BadInput if none can be decoded."""
    film = read_film(path, settings, pixels=STRIP_PIXELS)
    return [{"frame": uri, "moment": clock(time, film.seconds)} for uri, time in zip(film.frames, film.times)]


def video_tiles(video: Video, tiles: int = TILES, pixels: int = 120) -> tuple[str, ...]:
    """Return data URIs of the middle frames of `tiles` equal shares of the time, at most pixels x pixels each."""
    import numpy as np

    middles = (np.arange(min(tiles, len(video.times))) + 0.5) * video.seconds / min(tiles, len(video.times))
    places = np.clip(np.searchsorted(video.edges, middles, side="right") - 1, 0, len(video.times) - 1)
    return tuple(pixels_uri(video.pixels[place], pixels) for place in places)


def clock(seconds: float, whole: float) -> str:
    """Return a time as in video players: 0:07, 1:02:03. `whole`: length of the video; if short, with tenths (0.4 s)."""
    if whole < SHORT:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
