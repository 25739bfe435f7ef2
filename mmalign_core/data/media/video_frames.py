"""Video frames: the packets of a file are listed first, then only the packets of the chosen frames are decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.data.media.sound_decoders import DEMUXERS
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from mmalign_core.wording import say

SHORT_SIDE, LONG_SIDE = 320, 1280
"""Pixels that a frame's sides are scaled down to while it is decoded; our choice, above what image encoders take."""
_CLOSE = 1e-6
"""Seconds by which two times of one frame may differ by rounding; below the time base of any container."""
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Codec -> the library that decodes its transparency."""
_THREADS = 4
"""Threads that decode one video at most; our choice."""


@dataclass(frozen=True)
class Track:
    """What the p packets of a video state before any is decoded.

    `starts` (p,): seconds at which the frame of each packet starts, NaN if unknown; `keys` (p,): whether it is a key
    frame; both in the order of the file. `first`: the file's own time, in seconds, of second 0; `end`: seconds of the
    video; `has_sound`: whether it has a sound track that can be decoded.
    """

    starts: np.ndarray
    keys: np.ndarray
    first: float
    end: float
    has_sound: bool


@dataclass
class Frames:
    """Decoded frames: upright uint8 pixels (h, w, 3) and their seconds; `width`, `height` in pixels before scaling."""

    pixels: list[np.ndarray]
    times: list[float]
    width: int = 0
    height: int = 0


def scanned(path: str, name: str, settings: Settings) -> Track:
    """The track of the video at `path`, from its packets alone, which is far faster than to decode them.

    Raises BadInput, which calls the file `name`, if it has no moving picture, no frame, or more pixels a frame or
    seconds than the settings allow.
    """
    with opened(path) as container:
        stream = _moving(container, name)
        size = stream.codec_context.width * stream.codec_context.height
        if size > settings.max_image_pixels:
            raise BadInput(f"{name} has {size:,} pixels a frame; make it smaller or raise MMALIGN_MAX_IMAGE_PIXELS")
        packets = [(_tick(p), p.duration or 0, p.is_keyframe) for p in _packets(container, stream)]
        sound = any(audio.codec_context is not None for audio in container.streams.audio)
        base = float(stream.time_base)
    ticks = np.array([np.nan if tick is None else tick for tick, _, _ in packets], np.float64)
    if not np.isfinite(ticks).any():
        raise BadInput(say("{name} holds no frames; replace the file", name=name))
    keys = np.array([key for _, _, key in packets])
    first, last = float(np.nanmin(ticks)), float(np.nanmax(ticks))
    lasting = next((d for tick, d, _ in packets if tick == last), 0) or _usual(ticks)
    end = (last - first + lasting) * base
    if end > settings.max_video_seconds:
        limit = f"{settings.max_video_seconds:,} seconds"
        raise BadInput(f"{name} is longer than {limit}; cut it or raise MMALIGN_MAX_VIDEO_SECONDS")
    return Track((ticks - first) * base, keys, first * base, end, sound)


def frames_at(path: str, track: Track, targets: np.ndarray, settings: Settings) -> Frames:
    """The first frame at or after each of the `targets` (t,), rising start times in seconds; one may serve several."""
    seen, place = Frames([], []), 0
    with opened(path) as container:
        stream = _moving(container, path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = min(_THREADS, settings.threads)
        for frame in _decoded(container, stream, _decoder(stream), _needed(track, targets)):
            tick = _tick(frame)
            time = float(targets[place]) if tick is None else tick * float(stream.time_base) - track.first
            if time < targets[place] - _CLOSE:
                continue
            _keep(seen, frame, max(time, 0.0), stream.sample_aspect_ratio)
            place = int(np.searchsorted(targets, time + _CLOSE, side="right"))
            if place == len(targets):
                break
    return seen


def opened(path: str) -> Any:
    """The file opened by PyAV. Only local files in containers of sound and video, and .gif, are opened."""
    import av

    return av.open(path, mode="r", options={"format_whitelist": f"{DEMUXERS},gif", "protocol_whitelist": "file"})


def _moving(container: Any, name: str) -> Any:
    """The first stream of frames that is not a cover picture; raises BadInput if there is none."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    raise BadInput(
        say("{name} holds no moving picture that can be decoded; give it as a sound, or replace the file", name=name)
    )


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """The packets of a stream, to the end of the file or to where it is damaged."""
    from av.error import FFmpegError

    try:
        yield from (packet for packet in container.demux(stream) if packet.size)
    except FFmpegError:
        return


def _decoder(stream: Any) -> Any:
    """What decodes a stream: of VP8 and VP9 with transparency libvpx, since FFmpeg's own decoders leave that out."""
    import av
    from av.error import FFmpegError

    library = _WITH_ALPHA.get(stream.codec_context.name)
    tags = {name.lower(): value for name, value in stream.metadata.items()}  # FFmpeg writes it in capitals as well
    if library is None or tags.get("alpha_mode") != "1":
        return stream.codec_context
    try:
        made = av.CodecContext.create(library, "r")
    except (FFmpegError, ValueError):  # an FFmpeg without this library
        return stream.codec_context
    made.extradata = stream.codec_context.extradata
    return made


def _decoded(container: Any, stream: Any, decoder: Any, needed: np.ndarray) -> Iterator[Any]:
    """The frames of the packets where `needed` (p,) is true. Packets that cannot be decoded are skipped."""
    fed = -1
    for place, packet in enumerate(_packets(container, stream)):
        if place >= len(needed) or not needed[place]:
            continue
        if 0 <= fed < place - 1:
            yield from _frames(decoder, None)
            decoder.flush_buffers()
        yield from _frames(decoder, packet)
        fed = place
    yield from _frames(decoder, None)


def _frames(decoder: Any, packet: Any) -> list[Any]:
    from av.error import FFmpegError

    try:
        return decoder.decode(packet)
    except FFmpegError:
        return []


def _needed(track: Track, targets: np.ndarray) -> np.ndarray:
    """Which packets (p,) to decode for the targets.

    A key frame decodes by itself. Any other frame needs all packets from the key frame before it to the next one, since
    frames may be stored in another order than they are shown.
    """
    group = np.cumsum(track.keys)
    aimed = np.isin(track.starts, targets)
    return (aimed & track.keys) | np.isin(group, group[aimed & ~track.keys])


def _keep(seen: Frames, frame: Any, time: float, aspect: Any) -> None:
    """Add a frame with square pixels, upright, at the scale of the first frame.

    `aspect`: width to height of a pixel.
    """
    wide = round(frame.width * float(aspect or 1)) or frame.width
    matrix = _display_matrix(frame)
    sideways = bool(abs(matrix[0, 1]) > abs(matrix[0, 0]))
    if not seen.pixels:
        seen.width, seen.height = (frame.height, wide) if sideways else (wide, frame.height)
    shrink = min(1.0, SHORT_SIDE / min(seen.width, seen.height), LONG_SIDE / max(seen.width, seen.height))
    width, height = (max(1, round(side * shrink)) for side in (seen.width, seen.height))
    stored = (height, width) if sideways else (width, height)
    seen.pixels.append(np.ascontiguousarray(_upright(_rgb(frame, *stored), matrix, sideways)))
    seen.times.append(time)


def _display_matrix(frame: Any) -> np.ndarray:
    """The (2, 2) matrix by which rows (x, y) of the stored picture are multiplied to be shown: turned and mirrored."""
    given = frame.side_data.get("DISPLAYMATRIX")
    return np.eye(2) if given is None else np.frombuffer(bytes(given), np.int32).reshape(3, 3)[:2, :2].astype(float)


def _upright(pixels: np.ndarray, matrix: np.ndarray, sideways: bool) -> np.ndarray:
    """The pixels (h, w, 3) as the matrix shows them, at right angles."""
    turned = pixels.transpose(1, 0, 2) if sideways else pixels
    across, down = (matrix[1, 0], matrix[0, 1]) if sideways else (matrix[0, 0], matrix[1, 1])
    return turned[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


def _rgb(frame: Any, width: int, height: int) -> np.ndarray:
    """uint8 pixels (height, width, 3) of a frame: area means where it is scaled down, transparency on white."""
    clear = any(part.is_alpha for part in frame.format.components) or frame.format.name == "pal8"
    layout = {"width": width, "height": height, "format": "rgba" if clear else "rgb24"}
    pixels = frame.reformat(**layout, interpolation="AREA").to_ndarray()
    if not clear:
        return pixels
    share = pixels[..., 3:].astype(np.float32) / 255
    return np.rint(pixels[..., :3] * share + 255 * (1 - share)).astype(np.uint8)


def _tick(what: Any) -> int | None:
    """The ticks of its stream at which a packet or frame is shown, or else decoded; None if neither is known."""
    return what.pts if what.pts is not None else what.dts


def _usual(ticks: np.ndarray) -> float:
    """The median step from one frame to the next in ticks; 0 if there is only one frame."""
    known = np.unique(ticks[np.isfinite(ticks)])
    return float(np.median(np.diff(known))) if len(known) > 1 else 0.0
