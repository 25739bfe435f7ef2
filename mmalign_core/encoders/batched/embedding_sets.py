"""Media as an embedding set: rows in the store are reused, the others are encoded and stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from mmalign_core.encoders import Encoder, full_reference
from mmalign_core.encoders.batched.batches import encode_media
from mmalign_core.settings import Settings
from mmalign_core.spaces import reference_of
from mmalign_core.store import CachedRows, SessionCache, Store
from mmalign_core.types import BadInput, Concepts, EmbeddingSet, Media, Progress, Skipped, no_progress


class WriteBatches(Protocol):
    """A function that encodes media and writes their vectors into the store; local, or on many machines.

    It leaves out digests in `skip` and yields for each finished part the media that could not be used, whose `source`
    is the digest. What it has yielded, or all but a few seconds of it, stays in the store whatever ends it.
    """

    def __call__(
        self,
        encoder: Encoder,
        media: Sequence[Media],
        *,
        store: Any,
        settings: Settings | None,
        skip: Collection[str],
        progress: Progress,
    ) -> Iterator[Sequence[Skipped]]: ...


def write_batches(
    encoder: Encoder,
    media: Sequence[Media],
    *,
    store: Store | SessionCache,
    settings: Settings | None,
    skip: Collection[str],
    progress: Progress,
) -> Iterator[Sequence[Skipped]]:
    """Encode on this machine and write each batch as soon as it is done; see `WriteBatches`."""
    for batch in encode_media(encoder, media, settings=settings, skip=skip, progress=progress):
        store.add_embeddings(encoder.key, batch.digests, batch.vectors, batch.posterior)
        yield batch.skipped


def encode_set(
    encoder: Encoder,
    media: Sequence[Media],
    *,
    store: Store | SessionCache,
    settings: Settings | None = None,
    progress: Progress = no_progress,
    write: WriteBatches = write_batches,
) -> tuple[EmbeddingSet, dict[str, int], list[Skipped]]:
    """One modality's media as an EmbeddingSet (rows in media order), counts, and what could not be decoded.

    `write` encodes what the store does not hold.
    """
    digests = list(dict.fromkeys(medium.digest for medium in media))
    held = store.embeddings(encoder.key, digests)
    have = {digests[row] for row in held.rows}
    failed: dict[str, str] = {}
    for skips in write(encoder, media, store=store, settings=settings, skip=have, progress=progress):
        failed |= {s.source: s.reason for s in skips}
    if len(have) < len(digests):
        held = store.embeddings(encoder.key, digests)
    skipped = [
        Skipped(medium.item, medium.modality, failed[medium.digest], medium.path or "")
        for medium in media
        if medium.digest in failed
    ]
    counts = {"encoded": len(digests) - len(have) - len(failed), "reused": len(have)}
    return as_set(encoder, media, digests, held), counts, skipped


def as_set(encoder: Encoder, media: Sequence[Media], digests: Sequence[str], held: CachedRows) -> EmbeddingSet:
    """Rows in media order of those that were found; `held.rows` index the digests."""
    rows, where = _cached_media(media, digests, held)
    concepts = None if held.posterior is None else Concepts(encoder.labels, held.posterior[where])
    vectors = held.vectors[where] if where else np.zeros((0, encoder.dim), np.float32)
    return _named_set(encoder.modality, rows, vectors, encoder.key, concepts)


def stored_set(reference: str, modality: str, media: Sequence[Media], store: Store) -> EmbeddingSet | None:
    """Return the stored vectors of an encoder that is no longer on this machine.

    Its current version is unknown, so exactly one stored version must hold all media: None if none does or it has a
    posterior. Raises BadInput if several versions hold all media.
    """
    digests = list(dict.fromkeys(medium.digest for medium in media))
    reference = full_reference(reference)
    keys = [key for key in store.size() if reference_of(key) == reference]
    whole = {key: rows for key in keys if len((rows := store.embeddings(key, digests)).rows) == len(digests)}
    if len(whole) > 1:
        raise BadInput(
            f"'{reference}' is no longer here, and the store holds {len(whole)} versions of its {modality} vectors; "
            "get the model again, so that its version is known"
        )
    for key, cached in whole.items():
        if cached.posterior is None:
            rows, where = _cached_media(media, digests, cached)
            return _named_set(modality, rows, cached.vectors[where], key, None)
    return None


def _cached_media(media: Sequence[Media], digests: Sequence[str], held: CachedRows) -> tuple[list[Media], list[int]]:
    """The media that were found, and the row of each in `held`."""
    row_of = {digests[position]: row for row, position in enumerate(held.rows)}
    found = [medium for medium in media if medium.digest in row_of]
    return found, [row_of[medium.digest] for medium in found]


def _named_set(
    modality: str, rows: Sequence[Media], vectors: np.ndarray, key: str, concepts: Concepts | None
) -> EmbeddingSet:
    ids, keys = tuple(medium.item for medium in rows), tuple(medium.digest for medium in rows)
    return EmbeddingSet(modality, ids, keys, vectors, key, concepts)
