"""Sounds: any common format is decoded to mono float32 samples, at its own or another sample rate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmalign_core.data.media.sound_decoders import check_length, with_av, with_soundfile
from mmalign_core.data.media.sound_streams import is_joined_flac, ogg_links, with_length
from mmalign_core.data.names import file_words
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from mmalign_core.wording import say

_HEAD = 16
"""Bytes by which a kind of file is known."""
_STREAMED = (b"OggS", b"fLaC", b"RIFF", b"RF64", b".snd")
"""First bytes of files that may hold several streams one after the other, or no length."""
_LIBSNDFILE = (*_STREAMED, b"FORM", b"caff", b"riff")
"""First bytes of what libsndfile is given. FFmpeg decodes the rest, MP3 above all: libsndfile ends an MP3 where the
table of its first stream says, and libmpg123 in it prints of every damage."""


def decode_audio(source: str | Path | bytes, rate: int, settings: Settings | None = None) -> np.ndarray:
    """The mean of the channels of a sound, (n,) float32 in [-1, 1], at `rate` Hz.

    `source`: a path or the bytes of a file. Before resampling NaN becomes 0 and samples beyond [-1, 1] are clipped.
    Resampling is libsoxr's high quality: levels within 0.1 dB up to 0.91 of the lower Nyquist frequency, without
    aliasing. It releases Python's lock, so that threads decode in parallel. Raises BadInput if the file is missing, no
    sound, damaged, shorter than a sample, or longer than `settings.max_audio_seconds` (found before it is decoded
    whole).
    """
    resampled = _resampled(*read_audio(source, settings), rate)
    if not len(resampled):
        raise BadInput(f"{_name(source)} is shorter than one sample at {rate} Hz; replace the file")
    return resampled


def read_audio(source: str | Path | bytes, settings: Settings | None = None) -> tuple[np.ndarray, int]:
    """The mono samples (n,) float32 of a sound at its own rate, and that rate in Hz. Raises as `decode_audio` does."""
    settings = settings or Settings()
    name = _name(source)
    if not isinstance(source, bytes) and not Path(source).is_file():
        raise BadInput(say("{name} cannot be opened: there is no such file", name=name))
    if not (len(source) if isinstance(source, bytes) else Path(source).stat().st_size):
        raise BadInput(say("{name} is empty; replace the file", name=name))
    decoded = _of_streams(source, name, settings)
    if decoded is None:
        raise BadInput(
            say("{name} is not a sound that can be decoded; save it as WAV, FLAC, OGG, MP3 or M4A", name=name)
        )
    samples, rate = decoded
    if not len(samples):
        raise BadInput(say("{name} holds no sound; replace the file", name=name))
    return _clipped(samples, name), rate


def _of_streams(source: str | Path | bytes, name: str, settings: Settings) -> tuple[np.ndarray, int] | None:
    """Samples and rate, of all streams that follow one another in the file, whatever the first says of its length."""
    content = source if isinstance(source, bytes) else _content(Path(source))
    if not content.startswith(_LIBSNDFILE) or is_joined_flac(content):
        return with_av(source, name, settings)
    if content.startswith(b"OggS") and len(links := ogg_links(content)) > 1:
        return _joined((content[begin:end] for begin, end in links), name, settings)
    source = with_length(content) or source
    return with_soundfile(source, name, settings) or with_av(source, name, settings)


def _content(path: Path) -> bytes:
    """The bytes of a file of a kind that may hold several streams or no length; of any other file the first alone."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        return head + file.read() if head.startswith(_STREAMED) else head


def _joined(parts: Iterator[bytes], name: str, settings: Settings) -> tuple[np.ndarray, int] | None:
    """The samples of several streams, one after the other, at the rate of the first. Damaged ones are left out."""
    kept: list[np.ndarray] = []
    rate = count = 0
    for part in parts:
        decoded = with_soundfile(part, name, settings) or with_av(part, name, settings)
        if decoded is None:
            continue
        rate = rate or decoded[1]
        kept.append(_resampled(decoded[0], decoded[1], rate))
        count += len(kept[-1])
        check_length(count / rate, name, settings)
    return (np.concatenate(kept), rate) if kept else None


def decode_soundtrack(path: str | Path, rate: int, seconds: float, settings: Settings | None = None) -> np.ndarray:
    """The first `seconds` of the first sound track of a video, (n,) float32 mono at `rate` Hz.

    Raises BadInput if the video has no sound track, or it cannot be decoded.
    """
    name = _name(path)
    decoded = with_av(path, name, settings or Settings(), seconds)
    if decoded is None:
        raise BadInput(f"the sound of {name} cannot be decoded; save the video anew, or without sound")
    samples, native = decoded
    return _resampled(_clipped(samples, name), native, rate) if len(samples) else samples


def peaks(samples: np.ndarray, buckets: int) -> np.ndarray:
    """Lowest and highest sample (buckets, 2) float32 of equal stretches of samples (n,), to draw a waveform."""
    if not len(samples) or buckets < 1:
        return np.zeros((max(buckets, 0), 2), np.float32)
    edges = np.linspace(0, len(samples), buckets + 1).astype(int)
    starts = np.minimum(edges[:-1], len(samples) - 1)
    stops = np.maximum(edges[1:], starts + 1)
    return np.array([(samples[a:b].min(), samples[a:b].max()) for a, b in zip(starts, stops)], np.float32)


def _resampled(samples: np.ndarray, native: int, rate: int) -> np.ndarray:
    import soxr

    return samples if native == rate else soxr.resample(samples, native, rate, quality="HQ")


def _name(source: str | Path | bytes) -> str:
    return "the sound" if isinstance(source, bytes) else file_words(source, "sound")


def _clipped(samples: np.ndarray, name: str) -> np.ndarray:
    """Samples in [-1, 1], with 0 for NaN. Raises BadInput if none is finite."""
    if samples.min() >= -1 and samples.max() <= 1:
        return samples  # not so if any is NaN
    finite = np.isfinite(samples)
    if not finite.any():
        raise BadInput(say("{name} holds only NaN or infinite samples; replace the file", name=name))
    samples = samples if finite.all() else np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -1.0, 1.0)
