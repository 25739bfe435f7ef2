"""Batches of media through a model on this machine: worker threads decode ahead of it through a bounded queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mmalign_core.encoders.base import Encoder
from mmalign_core.encoders.torch_models.devices import raise_if_lost
from mmalign_core.types import BadInput, Media, Progress, Skipped, digest_file

BATCHES_AHEAD = 3
"""Enough that one slow file does not starve the model, few enough that memory stays flat."""

T = TypeVar("T")
_Batch = list[tuple[Media, Future[Any]]]
"""Media and the futures of their prepared form."""


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What became of one batch: `parts`, each the digests and what the model gave for them, and what was skipped.

    There is one part, or several where the model refused the whole batch; `source` of what was skipped is the digest.
    """

    parts: tuple[tuple[tuple[str, ...], T], ...]
    skipped: tuple[Skipped, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """Of the media that worked, in order."""
        return tuple(digest for digests, _ in self.parts for digest in digests)


def run_batches(
    encoder: Encoder,
    media: Sequence[Media],
    model: Callable[[Sequence[Any]], T],
    *,
    threads: int | None,
    skip: Collection[str],
    progress: Progress,
    doing: str,
) -> Generator[Outcome[T]]:
    """`model` on every medium prepared, once per digest, in order; `doing` is what the progress says is done.

    Each batch is yielded as soon as it is done. A medium that cannot be decoded, or that the model refuses, is
    reported and the rest goes on; a GPU that is gone ends it all (DeviceLost). Whatever ends the iteration, no worker
    thread is left behind.
    """
    wanted = _first_of_each(media, skip)
    if wanted:
        encoder.load()
    done = 0
    workers = ThreadPoolExecutor(threads or encoder.settings.threads, thread_name_prefix="decode")
    try:
        for batch in _decode_ahead(encoder, wanted, workers):
            progress(done / len(wanted), f"{doing} {done:,} of {len(wanted):,}")
            yield _outcome(batch, model)
            done += len(batch)
        progress(1.0, f"{doing} {done:,} of {len(wanted):,}")
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
    start = 0
    while start < len(media):
        part = media[start : start + encoder.batch_size]  # asked anew: it shrinks when a GPU's memory runs out
        start += len(part)
        waiting.append([(m, workers.submit(_prepared, encoder, m)) for m in part])
        if len(waiting) > BATCHES_AHEAD:
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


def _outcome(batch: _Batch, model: Callable[[Sequence[Any]], T]) -> Outcome[T]:
    media, prepared, skipped = [], [], []
    for medium, future in batch:
        try:
            prepared.append(future.result())
        except Exception as error:  # noqa: BLE001 - each decoder fails in its own way; one bad file must not end the run
            skipped.append(_skipped(medium, error))
        else:
            media.append(medium)
    ran = _run(media, prepared, model)
    return Outcome(ran.parts, (*skipped, *ran.skipped))


def _run(media: list[Media], prepared: list[Any], model: Callable[[Sequence[Any]], T]) -> Outcome[T]:
    """The batch at once; if the model refuses it, one by one, so that one medium does not take the others along.

    DeviceLost if the GPU is gone: that is no medium's fault, and none that follows would fare better.
    """
    if not media:
        return Outcome((), ())
    try:
        return Outcome(((tuple(m.digest for m in media), model(prepared)),), ())
    except Exception as error:  # noqa: BLE001 - whatever the model raises is reported for the medium it came from
        raise_if_lost(error)
        if len(media) == 1:
            return Outcome((), (_skipped(media[0], error),))
    alone = [_run([m], [p], model) for m, p in zip(media, prepared)]
    return Outcome(tuple(p for o in alone for p in o.parts), tuple(s for o in alone for s in o.skipped))


def _skipped(medium: Media, error: Exception) -> Skipped:
    reason = str(error) if isinstance(error, BadInput) else f"{type(error).__name__}: {error}"
    return Skipped(medium.item, medium.modality, reason, source=medium.digest)
