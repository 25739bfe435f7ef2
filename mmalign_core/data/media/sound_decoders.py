"""What libsndfile and FFmpeg decode of a sound: mono float32 samples at its own rate, within limits."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

RATES = (100, 1_000_000)
"""Lowest and highest sample rate in Hz that are accepted; our choice, around all rates of audio equipment."""

_SOME_BAD = 8
"""Packets that cannot be decoded at the beginning of a sound; our choice: an MP3 cut out of a stream has some."""
_BLOCK = 1 << 17
"""Samples read at a time; our choice."""
DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,aac,mp3,ogg,flac,wav,w64,matroska,webm,asf,aiff,caf,amr,au,avi,flv,mpegts,mpeg,"
    "wv,ape,tta,ac3,eac3,dts"
)
"""FFmpeg's names of the containers that are opened. Play lists, which name other files and addresses, are left out."""


def with_soundfile(source: str | Path | bytes, name: str, settings: Settings) -> tuple[np.ndarray, int] | None:
    """Samples and rate as libsndfile decodes them; None if it cannot."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else str(source)) as file:
            _check_rate(file.samplerate, name)
            check_length(file.frames / file.samplerate, name, settings)
            blocks = (_mono(block.T) for block in file.blocks(_BLOCK, dtype="float32", always_2d=True))
            return _gather(blocks, file.samplerate, name, settings), file.samplerate
    except BadInput:
        raise
    except (soundfile.SoundFileError, TypeError, ValueError, OSError):
        return None


def with_av(
    source: str | Path | bytes, name: str, settings: Settings, first: float | None = None
) -> tuple[np.ndarray, int] | None:
    """Samples and rate as FFmpeg decodes them, of the `first` seconds if given; None if it cannot."""
    import av
    from av.error import FFmpegError

    limits = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file"}
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else str(source)
        with av.open(file, mode="r", options=limits) as container:
            if not container.streams.audio:
                raise BadInput(f"{name} holds no sound; replace the file")
            stream = container.streams.audio[0]
            if stream.codec_context is None:
                return None  # FFmpeg knows the container and has no decoder for the stream
            _check_rate(stream.rate or 0, name)
            if first is not None:
                return _gather_first(_av_blocks(container, stream), round(first * stream.rate)), stream.rate
            check_length((container.duration or 0) / av.time_base, name, settings)
            return _gather(_av_blocks(container, stream), stream.rate, name, settings), stream.rate
    except BadInput:
        raise
    except (FFmpegError, ValueError, LookupError, EOFError, OSError, ArithmeticError, RuntimeError):
        return None


def _av_blocks(container, stream) -> Iterator[np.ndarray]:
    """Blocks (n,) of a stream, mono, at its own rate."""
    import av

    planar = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
    for frame in _av_frames(container, stream):
        frame.pts = None
        for part in planar.resample(frame):
            yield _mono(part.to_ndarray())
    for part in planar.resample(None):
        yield _mono(part.to_ndarray())


def _av_frames(container, stream) -> Iterator[Any]:
    """The frames of a stream, without packets that cannot be decoded. Raises the error where most cannot."""
    from av.error import FFmpegError

    good, bad = 0, 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except FFmpegError:
            bad += 1
            if bad > good + _SOME_BAD:
                raise
            continue
        good += bool(frames)
        yield from frames


def _mono(channels: np.ndarray) -> np.ndarray:
    """The mean (n,) of channels (c, n).

    They are added one by one, since `mean` over interleaved samples is 20 times slower.
    """
    total = channels[0]
    for channel in channels[1:]:
        total = total + channel
    return total if len(channels) == 1 else total / np.float32(len(channels))


def _gather(blocks: Iterator[np.ndarray], rate: int, name: str, settings: Settings) -> np.ndarray:
    """The blocks as one array (n,). Raises BadInput as soon as they exceed the limit, whatever the header stated."""
    kept, count = [np.zeros(0, np.float32)], 0
    for block in blocks:
        kept.append(block)
        count += len(block)
        check_length(count / rate, name, settings)
    return np.concatenate(kept, dtype=np.float32)


def _gather_first(blocks: Iterator[np.ndarray], most: int) -> np.ndarray:
    """The first `most` samples of the blocks; later blocks are not decoded."""
    kept, count = [np.zeros(0, np.float32)], 0
    for block in blocks:
        kept.append(block[: most - count])
        count += len(kept[-1])
        if count >= most:
            break
    return np.concatenate(kept, dtype=np.float32)


def check_length(seconds: float, name: str, settings: Settings) -> None:
    if seconds > settings.max_audio_seconds:
        raise BadInput(
            f"{name} is longer than {settings.max_audio_seconds} seconds; cut it or raise MMALIGN_MAX_AUDIO_SECONDS"
        )


def _check_rate(rate: int, name: str) -> None:
    if not RATES[0] <= rate <= RATES[1]:
        raise BadInput(f"{name} claims a sample rate of {rate} Hz; save it at {RATES[0]} to {RATES[1]} Hz")
