"""Playback of videos in browsers: the file itself, or its streams, unchanged, in another container."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmalign_core.types import BadInput

LARGEST = 64_000_000
"""Most bytes for a browser; our choice. Of a larger file it gets the beginning."""
_CONTAINERS = {"webm": ("vp8", "vp9", "av1"), "mp4": ("h264", "av1", "vp9")}
"""Container -> video codecs that current browsers decode in it."""
_SOUNDS = {"mp4": ("aac", "mp3", "opus", "flac"), "webm": ("opus", "vorbis")}
"""Container -> audio codecs that current browsers decode in it."""
_EXTENSIONS = {".mp4": "mp4", ".m4v": "mp4", ".webm": "webm"}

_MOST_LEADING = 16
"""Frames that may be out of order at once in any of these codecs: the limit of H.264 (max_num_reorder_frames)."""


@dataclass(frozen=True)
class Playable:
    """A video for a browser.

    `source`: a path, or the bytes of a file; `mime`: its MIME type; `whole`: False if it is the beginning alone;
    `heard`: False if its sound had to be left out.
    """

    source: str | bytes
    mime: str
    whole: bool
    heard: bool


def playable(path: str | Path, largest: int = LARGEST) -> Playable | None:
    """What browsers can play of the video at `path`, at most `largest` bytes; None if they cannot play it.

    Nothing is decoded or encoded. A stream in H.264, VP8, VP9 or AV1 is moved to MP4 or WebM, with the first sound
    track if the container takes its codec; a video in another codec cannot be played. Raises BadInput if the file is
    missing.
    """
    import av
    from av.error import FFmpegError

    from mmalign_core.data.media.video_frames import opened

    path = Path(path)
    if not path.is_file():
        raise BadInput("the video's file is no longer there")
    try:
        with opened(str(path)) as container:
            picture = next((s for s in container.streams.video if s.codec_context is not None), None)
            if picture is None:
                return None
            sound = next((s for s in container.streams.audio if s.codec_context is not None), None)
            home = _home(path, picture.codec_context.name, sound and sound.codec_context.name)
            if home is None:
                return None
            taken = [picture, *([sound] if sound and sound.codec_context.name in _SOUNDS[home] else [])]
            heard, mime = len(taken) == 2 or sound is None, f"video/{home}"
            if _fits(path, container, home, heard) and path.stat().st_size <= largest:
                return Playable(str(path), mime, True, heard)
            data, whole = _moved(av, container, taken, home, largest)
            return Playable(data, mime, whole, heard)
    except (FFmpegError, ValueError, OSError):
        return None


def _home(path: Path, picture: str, sound: str | None) -> str | None:
    """The container for this video codec, preferably one that takes the sound too and that the file already is."""
    homes = [name for name, codecs in _CONTAINERS.items() if picture in codecs]
    return max(
        homes, key=lambda name: (sound in _SOUNDS[name], _EXTENSIONS.get(path.suffix.lower()) == name), default=None
    )


def _fits(path: Path, container: Any, home: str, heard: bool) -> bool:
    """Whether content and name of the file are those of the container already, with its sound."""
    named = _EXTENSIONS.get(path.suffix.lower()) == home
    return named and heard and home in container.format.name.split(",")


def _moved(av: Any, container: Any, taken: list[Any], home: str, largest: int) -> tuple[bytes, bool]:
    """The streams `taken` in the container `home`, at most `largest` bytes of packets, and whether that is all."""
    made = io.BytesIO()
    whole, size = True, 0
    with av.open(made, "w", format=home) as out:
        places = {stream.index: out.add_stream_from_template(stream) for stream in taken}
        for packet in _packets(container, taken):
            size += packet.size
            if size > largest:
                whole = False
                break
            packet.stream = places[packet.stream.index]
            out.mux(packet)
    return made.getvalue(), whole


def _packets(container: Any, taken: list[Any]) -> Iterator[Any]:
    """Packets that say when they are due, until the end or until the file is damaged.

    Matroska does not store when frames are decoded, so that the first few of a stream with frames out of order come
    without: they are put a tick apart, before the first that is shown.
    """
    from av.error import FFmpegError

    leading: dict[int, int] = {}
    first: dict[int, int] = {}
    try:
        for packet in container.demux(taken):
            place = packet.stream.index
            if packet.dts is not None:
                leading[place] = _MOST_LEADING
            elif packet.pts is not None and leading.get(place, 0) < _MOST_LEADING:
                packet.dts = first.setdefault(place, packet.pts) - _MOST_LEADING + leading.get(place, 0)
                leading[place] = leading.get(place, 0) + 1
            if packet.size and packet.dts is not None:
                yield packet
    except FFmpegError:
        return
