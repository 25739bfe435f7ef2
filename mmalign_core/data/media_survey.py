"""Media looked at once: files decoded in threads, texts by whole columns; their numbers, fingerprints and levels."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute

from mmalign_core.data.duplicates import Fingerprint, fingerprint, normalised_texts
from mmalign_core.data.media.images import decode_picture
from mmalign_core.data.media.levels import PictureLevels, SoundLevels, picture_levels, sound_levels
from mmalign_core.data.media.sounds import read_audio
from mmalign_core.data.media.videos import decode_video
from mmalign_core.settings import Settings
from mmalign_core.types import MODALITIES, BadInput, Media, MediaTable, Progress, Skipped, Strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_AHEAD = 8
"""Media queued per thread; our choice: no thread is idle, and memory stays small."""
_MEDIA_PER_REPORT = 25
"""Media from one report of the progress to the next; our choice."""
_SMALL = (64, 64)
"""Pixels that a JPEG keeps when it is decoded at reduced scale: the cells of its levels, twice a thumbnail's side."""
_VIDEO_FRAMES = 8
"""Frames decoded to see that a video can be read: the fewest that `decode_video` keeps of a longer one."""


@dataclass(frozen=True)
class SeenMedia:
    """The usable media (n,) of one modality.

    `numbers`: name -> (n,) float64; `remarks`: what is not used of a file -> the items; `near` (n,): the texts or
    fingerprints by which near duplicates are found, None if the modality has none; `levels` (n,): of pictures and
    sounds, empty for others.
    """

    media: MediaTable
    numbers: Mapping[str, np.ndarray]
    near: Strings | Sequence[Fingerprint] | None = None
    levels: Sequence[PictureLevels | SoundLevels] = ()
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Facts:
    """Facts of one decoded file."""

    numbers: Mapping[str, float]
    near: Fingerprint | None = None
    levels: PictureLevels | SoundLevels | None = None
    remark: str = ""


def look_at(
    media: MediaTable, settings: Settings, progress: Progress, threads: int
) -> tuple[dict[str, SeenMedia], tuple[Skipped, ...]]:
    """Modality -> its usable media, and the media that cannot be decoded. Files are decoded by `threads` threads."""
    texts = media.of_modality("text")
    seen = {"text": _texts(texts)} if len(texts) else {}
    files = media if not len(texts) else media.take(np.flatnonzero(media.texts.is_null().to_numpy(False)))
    rows: dict[str, list[int]] = {}
    facts: dict[str, list[_Facts]] = {}
    failed: list[Skipped] = []
    for row, (medium, result) in enumerate(_decoded(files, settings, progress, threads)):
        if isinstance(result, BadInput):
            failed.append(Skipped(medium.item, medium.modality, str(result), medium.path or ""))
        else:
            rows.setdefault(medium.modality, []).append(row)
            facts.setdefault(medium.modality, []).append(result)
    seen |= {m: _gathered(files.take(rows[m]), facts[m]) for m in MODALITIES if m in rows}
    progress(1.0, f"{len(media):,} decoded")
    return seen, tuple(failed)


def _texts(media: MediaTable) -> SeenMedia:
    lengths = pc.fill_null(pc.utf8_length(media.texts), 0).to_numpy(zero_copy_only=False)
    return SeenMedia(media, {"characters": lengths}, normalised_texts(pc.fill_null(media.texts, "")))


def _gathered(media: MediaTable, facts: Sequence[_Facts]) -> SeenMedia:
    numbers = {name: np.array([fact.numbers[name] for fact in facts], np.float64) for name in facts[0].numbers}
    prints = [fact.near for fact in facts if fact.near is not None]
    levels, remarks = [fact.levels for fact in facts if fact.levels is not None], dict[str, list[str]]()
    for item, fact in zip(media.items, facts):
        if fact.remark:
            remarks.setdefault(fact.remark, []).append(item)
    return SeenMedia(media, numbers, prints or None, levels, remarks)


def _decoded(
    media: Sequence[Media], settings: Settings, progress: Progress, threads: int
) -> Iterator[tuple[Media, _Facts | BadInput]]:
    """Every medium in order with its facts, or with the error; the threads decode a few ahead."""
    workers = ThreadPoolExecutor(threads, thread_name_prefix="inspect")
    waiting: deque[tuple[Media, Future[_Facts | BadInput]]] = deque()
    try:
        for number, medium in enumerate(media):
            waiting.append((medium, workers.submit(_facts, medium, settings)))
            if len(waiting) > threads * _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
            if number % _MEDIA_PER_REPORT == 0:
                progress(number / len(media), f"decoding {number:,} of {len(media):,}")
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        workers.shutdown(wait=True, cancel_futures=True)


def _facts(medium: Media, settings: Settings) -> _Facts | BadInput:
    try:
        return _DESCRIBE[medium.modality](medium, settings)
    except BadInput as error:
        return error


def _image_facts(medium: Media, settings: Settings) -> _Facts:
    seen = decode_picture(medium.path or "", settings, at_least=_SMALL)
    numbers = {"width": seen.width, "height": seen.height}
    return _Facts(numbers, fingerprint(seen.image), picture_levels(seen.image), seen.remark)


def _audio_facts(medium: Media, settings: Settings) -> _Facts:
    samples, rate = read_audio(medium.path or "", settings)
    numbers = {"seconds": round(len(samples) / rate, 3), "rate": rate}
    return _Facts(numbers, levels=sound_levels(samples, rate))


def _video_facts(medium: Media, settings: Settings) -> _Facts:
    seen = decode_video(medium.path or "", settings, most=_VIDEO_FRAMES)
    return _Facts({"width": seen.width, "height": seen.height, "seconds": round(seen.seconds, 3)})


_DESCRIBE: dict[str, Callable[[Media, Settings], _Facts]] = {
    "image": _image_facts,
    "audio": _audio_facts,
    "video": _video_facts,
}
