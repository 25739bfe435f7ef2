"""Media through an encoder on this machine, in batches: vectors with posteriors, or the sequences before pooling.

Worker threads decode ahead of the model through a bounded queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder
from mmalign_core.encoders.torch_models.devices import raise_if_lost
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, Progress, Skipped, digest_file, no_progress

BATCHES_AHEAD = 3
"""Batches decoded ahead. Chosen: one slow file does not stop the model, and memory stays bounded."""

_STEPS = {"text": "tokens", "image": "cells", "audio": "frames", "video": "frames"}
"""What the steps of a sequence are called."""

T = TypeVar("T")
_Batch = list[tuple[Media, Future[Any]]]
"""Media with the futures of their prepared forms."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """The result of one batch. `parts`: pairs of digests and the model's output for them, one pair unless the model
    failed on the whole batch. `skipped`: media without output; their `source` is the digest.
    """

    parts: tuple[tuple[tuple[str, ...], T], ...]
    skipped: tuple[Skipped, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """Digests of the media with output, in order."""
        return tuple(digest for digests, _ in self.parts for digest in digests)


@dataclass(frozen=True)
class EncodedBatch:
    """What became of one batch: row i of `vectors` (n, d) and `posterior` (n, c) or None belongs to `digests[i]`.

    `skipped` are the media that could not be used; their `source` is the digest.
    """

    digests: tuple[str, ...]
    vectors: np.ndarray
    posterior: np.ndarray | None = None
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class SequenceBatch:
    """What became of one batch: `sequences[i]` (t, d) float16 belongs to `digests[i]`; `skipped` as for vectors."""

    digests: tuple[str, ...]
    sequences: tuple[np.ndarray, ...]
    skipped: tuple[Skipped, ...] = ()


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
        encoder = encoder.under(settings)

    def model(prepared: Sequence[Any]) -> Encoded:
        encoded = encoder.encode(prepared)
        if not np.isfinite(encoded.vectors).all():
            raise BadInput(
                f"encoder '{encoder.name}' gave a vector with NaN or infinity; leave this {encoder.modality} out"
            )
        return encoded

    action = f"encoding {encoder.modality}"
    batches = _run_batches(encoder, media, model, threads=threads, skip=skip, progress=progress, action=action)
    with closing(batches):
        for outcome in batches:
            yield _joined(encoder, outcome)


def encode_sequences(
    encoder: Encoder,
    media: Sequence[Media],
    *,
    settings: Settings | None = None,
    threads: int | None = None,
    skip: Collection[str] = (),
    progress: Progress = no_progress,
) -> Iterator[SequenceBatch]:
    """Tokens, cells or frames of every medium, once per digest; everything else as `encode_media` does it."""
    if settings is not None:
        encoder = encoder.under(settings)

    def model(prepared: Sequence[Any]) -> list[np.ndarray]:
        return [_half(encoder, steps) for steps in encoder.sequences(prepared)]

    action = f"{_STEPS.get(encoder.modality, 'steps')} of {encoder.modality}"
    batches = _run_batches(encoder, media, model, threads=threads, skip=skip, progress=progress, action=action)
    with closing(batches):
        for outcome in batches:
            steps = tuple(rows for _, part in outcome.parts for rows in part)
            yield SequenceBatch(outcome.digests, steps, outcome.skipped)


def _run_batches(
    encoder: Encoder,
    media: Sequence[Media],
    model: Callable[[Sequence[Any]], T],
    *,
    threads: int | None,
    skip: Collection[str],
    progress: Progress,
    action: str,
) -> Generator[Outcome[T]]:
    """Run `model` on the prepared media, once per digest and in order. `action`: the first word of progress messages.

    A medium that cannot be decoded, or that the model refuses, is reported and the rest goes on; a GPU that is gone
    ends it all (DeviceLost).
    """
    media = _first_of_each(media, skip)
    if media:
        encoder.load()
    done = 0
    workers = ThreadPoolExecutor(threads or encoder.settings.threads, thread_name_prefix="decode")
    try:
        for batch in _decode_ahead(encoder, media, workers):
            progress(done / len(media), f"{action} {done:,} of {len(media):,}")
            yield _outcome(batch, model)
            done += len(batch)
        progress(1.0, f"{action} {done:,} of {len(media):,}" if media else f"{action}: nothing is new")
    finally:
        workers.shutdown(wait=True, cancel_futures=True)


def _first_of_each(media: Iterable[Media], skip: Collection[str]) -> list[Media]:
    """The first medium of each digest, in order."""
    first: dict[str, Media] = {}
    for medium in media:
        if medium.digest not in skip:
            first.setdefault(medium.digest, medium)
    return list(first.values())


def _decode_ahead(encoder: Encoder, media: Sequence[Media], workers: ThreadPoolExecutor) -> Iterator[_Batch]:
    """Yield the batches in order while the next ones are being decoded."""
    waiting: deque[_Batch] = deque()
    start = 0
    while start < len(media):
        part = media[start : start + encoder.batch_size]  # it may shrink during the run, when GPU memory runs out
        start += len(part)
        waiting.append([(medium, workers.submit(_prepared, encoder, medium)) for medium in part])
        if len(waiting) > BATCHES_AHEAD:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def _prepared(encoder: Encoder, medium: Media) -> Any:
    """The prepared medium. Raises BadInput if its file has changed since the collection was read.

    The digest is checked after preparing, so that no vector is stored under the digest of other content.
    """
    prepared = encoder.prepare(medium)
    if medium.path is not None and digest_file(Path(medium.path)) != medium.digest:
        raise BadInput(f"'{Path(medium.path).name}' has changed since the collection was read; read it again")
    return prepared


def _outcome(batch: _Batch, model: Callable[[Sequence[Any]], T]) -> Outcome[T]:
    media, prepared, skipped = [], [], []
    for medium, future in batch:
        try:
            prepared.append(future.result())
        except Exception as error:  # noqa: BLE001 - decoders raise any error, and one bad file must not end the run
            skipped.append(_skipped(medium, error))
        else:
            media.append(medium)
    ran = _run(media, prepared, model)
    return Outcome(ran.parts, (*skipped, *ran.skipped))


def _run(media: list[Media], prepared: list[Any], model: Callable[[Sequence[Any]], T]) -> Outcome[T]:
    """Run the model on the batch, and on single media if that fails, so that one bad medium does not affect others.

    Raises EncoderLost if the GPU or the server is lost, since all further media would fail too.
    """
    if not media:
        return Outcome((), ())
    try:
        return Outcome(((tuple(medium.digest for medium in media), model(prepared)),), ())
    except Exception as error:  # noqa: BLE001 - whatever the model raises is reported for the medium it came from
        raise_if_lost(error)
        if len(media) == 1:
            return Outcome((), (_skipped(media[0], error),))
    alone = [_run([medium], [one], model) for medium, one in zip(media, prepared)]
    return Outcome(tuple(p for o in alone for p in o.parts), tuple(s for o in alone for s in o.skipped))


def _skipped(medium: Media, error: Exception) -> Skipped:
    reason = str(error) if isinstance(error, BadInput) else f"{type(error).__name__}: {error}"
    return Skipped(medium.item, medium.modality, reason, source=medium.digest)


def _joined(encoder: Encoder, outcome: Outcome[Encoded]) -> EncodedBatch:
    encoded = [part for _, part in outcome.parts]
    if not encoded:
        posterior = np.empty((0, len(encoder.labels)), np.float32) if encoder.labels else None
        return EncodedBatch((), np.empty((0, encoder.dim), np.float32), posterior, outcome.skipped)
    posteriors = [part.posterior for part in encoded if part.posterior is not None]
    return EncodedBatch(
        outcome.digests,
        np.concatenate([part.vectors for part in encoded]),
        np.concatenate(posteriors) if posteriors else None,
        outcome.skipped,
    )


def _half(encoder: Encoder, steps: np.ndarray) -> np.ndarray:
    """The steps (t, d) as float16; BadInput where there are none, or where one does not fit."""
    with np.errstate(over="ignore"):
        half = np.ascontiguousarray(steps, np.float16)
    if half.ndim != 2 or not len(half) or not np.isfinite(half).all():
        raise BadInput(f"encoder '{encoder.name}' gave no finite sequence for this {encoder.modality}; leave it out")
    return half
