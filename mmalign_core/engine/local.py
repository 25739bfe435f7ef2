"""Encode media on this machine: worker threads decode ahead of the model through a bounded queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.data.files import digest_file
from mmalign_core.encoders.base import Encoder
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, Progress, Skipped, no_progress

_BATCHES_AHEAD = 3
"""Enough that one slow file does not starve the model, few enough that memory stays flat."""


@dataclass(frozen=True)
class EncodedBatch:
    """What became of one batch: row i of `vectors` (n, d) and `posterior` (n, c) or None belongs to `digests[i]`.

    `skipped` are the media that could not be used; their `source` is the digest.
    """

    digests: tuple[str, ...]
    vectors: np.ndarray
    posterior: np.ndarray | None = None
    skipped: tuple[Skipped, ...] = ()


_Batch = list[tuple[Media, Future[Any]]]
"""Media and the futures of their prepared form."""


def encode_media(
    encoder: Encoder,
    media: Sequence[Media],
    *,
    settings: Settings | None = None,
    threads: int | None = None,
    skip: Collection[str] = (),
    progress: Progress = no_progress,
) -> Iterator[EncodedBatch]:
    """Encode every medium once per digest, leaving out digests in `skip`; batches come in the order of the media.

    `threads` decode (default: the settings' number). Each batch is yielded as soon as it is done, so a caller that
    writes it down loses at most the batch in flight. A medium that cannot be decoded or encoded is reported in its
    batch's `skipped` and the rest goes on. Whatever ends the iteration (an exception from `progress`, such as
    Cancelled, or closing the iterator), no worker thread is left behind.
    """
    if settings is not None:
        encoder.settings = settings
    wanted = _first_of_each(media, skip)
    if wanted:
        encoder.load()
    done = 0
    workers = ThreadPoolExecutor(threads or encoder.settings.threads, thread_name_prefix="decode")
    try:
        for batch in _decode_ahead(encoder, wanted, workers):
            progress(done / len(wanted), f"encoding {encoder.modality} {done:,} of {len(wanted):,}")
            yield _encode(encoder, batch)
            done += len(batch)
        progress(1.0, f"encoded {done:,} {encoder.modality}")
    finally:
        workers.shutdown(wait=True, cancel_futures=True)


def _first_of_each(media: Iterable[Media], skip: Collection[str]) -> list[Media]:
    """One medium per digest, the first, in order."""
    first: dict[str, Media] = {}
    for medium in media:
        if medium.digest not in skip:
            first.setdefault(medium.digest, medium)
    return list(first.values())


def _decode_ahead(encoder: Encoder, media: Sequence[Media], workers: ThreadPoolExecutor) -> Iterator[_Batch]:
    """Each batch in turn, with the following ones already being decoded."""
    waiting: deque[_Batch] = deque()
    for start in range(0, len(media), encoder.batch_size):
        part = media[start : start + encoder.batch_size]
        waiting.append([(m, workers.submit(_prepared, encoder, m)) for m in part])
        if len(waiting) > _BATCHES_AHEAD:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def _prepared(encoder: Encoder, medium: Media) -> Any:
    """The medium prepared; BadInput if its file is no longer the one that was read into the collection.

    Looked at after preparing, so that a vector is never kept under the digest of other content.
    """
    prepared = encoder.prepare(medium)
    if medium.path is not None and digest_file(Path(medium.path)) != medium.digest:
        raise BadInput(f"'{Path(medium.path).name}' has changed since the collection was read; read it again")
    return prepared


def _encode(encoder: Encoder, batch: _Batch) -> EncodedBatch:
    media, prepared, skipped = [], [], []
    for medium, future in batch:
        try:
            prepared.append(future.result())
        except Exception as error:  # noqa: BLE001 - each decoder fails in its own way; one bad file must not end the run
            skipped.append(_skipped(medium, error))
        else:
            media.append(medium)
    parts = _run_model(encoder, media, prepared)
    return _joined(encoder, parts, skipped)


def _run_model(encoder: Encoder, media: list[Media], prepared: list[Any]) -> list[EncodedBatch]:
    """The batch at once; if the model refuses it, one by one, so that one medium does not take the others along."""
    if not media:
        return []
    try:
        encoded = encoder.encode(prepared)
        if not np.isfinite(encoded.vectors).all():
            raise BadInput(
                f"encoder '{encoder.name}' gave a vector with NaN or infinity; leave this {encoder.modality} out"
            )
    except Exception as error:  # noqa: BLE001 - whatever the model raises is reported for the medium it came from
        if len(media) == 1:
            return [_nothing(encoder, (_skipped(media[0], error),))]
        return [part for m, p in zip(media, prepared) for part in _run_model(encoder, [m], [p])]
    return [EncodedBatch(tuple(m.digest for m in media), encoded.vectors, encoded.posterior)]


def _joined(encoder: Encoder, parts: list[EncodedBatch], skipped: list[Skipped]) -> EncodedBatch:
    skipped = [*skipped, *(s for part in parts for s in part.skipped)]
    full = [part for part in parts if part.digests]
    if not full:
        return _nothing(encoder, tuple(skipped))
    posteriors = [part.posterior for part in full if part.posterior is not None]
    return EncodedBatch(
        tuple(digest for part in full for digest in part.digests),
        np.concatenate([part.vectors for part in full]),
        np.concatenate(posteriors) if posteriors else None,
        tuple(skipped),
    )


def _nothing(encoder: Encoder, skipped: tuple[Skipped, ...]) -> EncodedBatch:
    classes = len(encoder.labels)
    posterior = np.empty((0, classes), np.float32) if classes else None
    return EncodedBatch((), np.empty((0, encoder.dim), np.float32), posterior, skipped)


def _skipped(medium: Media, error: Exception) -> Skipped:
    reason = str(error) if isinstance(error, BadInput) else f"{type(error).__name__}: {error}"
    return Skipped(medium.item, medium.modality, reason, source=medium.digest)
