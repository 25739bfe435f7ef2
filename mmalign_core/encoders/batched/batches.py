"""Batches of media through a model: worker threads decode ahead of the model, up to a bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from mmalign_core.data.files import digest_file
from mmalign_core.encoders.base import Encoder
from mmalign_core.encoders.torch_models.devices import raise_if_lost
from mmalign_core.types import BadInput, Media, Progress, Skipped

BATCHES_AHEAD = 3
"""Batches decoded ahead. Chosen: one slow file does not stop the model, and memory stays bounded."""

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


def run_batches(
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

    Each batch is yielded as soon as it is complete. A medium that cannot be decoded, or on which the model fails, is
    skipped. A lost GPU raises DeviceLost. All worker threads end with the iteration, also after an exception.
    """
    distinct = _first_of_each(media, skip)
    if distinct:
        encoder.load()
    done = 0
    workers = ThreadPoolExecutor(threads or encoder.settings.threads, thread_name_prefix="decode")
    try:
        for batch in _decode_ahead(encoder, distinct, workers):
            progress(done / len(distinct), f"{action} {done:,} of {len(distinct):,}")
            yield _outcome(batch, model)
            done += len(batch)
        progress(1.0, f"{action} {done:,} of {len(distinct):,}")
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
        waiting.append([(m, workers.submit(_prepared, encoder, m)) for m in part])
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

    Raises DeviceLost if the GPU is lost, since all further media would fail too.
    """
    if not media:
        return Outcome((), ())
    try:
        return Outcome(((tuple(m.digest for m in media), model(prepared)),), ())
    except Exception as error:  # noqa: BLE001 - any error of the model is reported for its medium
        raise_if_lost(error)
        if len(media) == 1:
            return Outcome((), (_skipped(media[0], error),))
    alone = [_run([m], [p], model) for m, p in zip(media, prepared)]
    return Outcome(tuple(p for o in alone for p in o.parts), tuple(s for o in alone for s in o.skipped))


def _skipped(medium: Media, error: Exception) -> Skipped:
    reason = str(error) if isinstance(error, BadInput) else f"{type(error).__name__}: {error}"
    return Skipped(medium.item, medium.modality, reason, source=medium.digest)
