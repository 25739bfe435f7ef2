"""Media as an embedding set: rows in the store are reused, the others are encoded and stored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmalign_core.encoders import Encoder, full_reference
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.encoders.batched.vectors import encode_media
from mmalign_core.settings import Settings
from mmalign_core.spaces import reference_of
from mmalign_core.store import CachedRows, SessionCache, Store
from mmalign_core.types import BadInput, Concepts, EmbeddingSet, Media, Progress, Skipped, digest_bytes, no_progress


def encode_set(
    model: Encoder,
    media: Sequence[Media],
    *,
    store: Store | SessionCache,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> tuple[EmbeddingSet, dict[str, int], list[Skipped]]:
    """Return the media of one modality as an EmbeddingSet (rows in media order), counts, and the skipped media."""
    digests = list(dict.fromkeys(m.digest for m in media))
    cached = store.embeddings(model.key, digests)
    have = {digests[row] for row in cached.rows}
    failed: dict[str, str] = {}
    for batch in encode_media(model, media, settings=settings, skip=have, progress=progress):
        store.add_embeddings(model.key, batch.digests, batch.vectors, batch.posterior)
        failed |= {s.source: s.reason for s in batch.skipped}
    if len(have) < len(digests):
        cached = store.embeddings(model.key, digests)
    skipped = [Skipped(m.item, m.modality, failed[m.digest], m.path or "") for m in media if m.digest in failed]
    counts = {"encoded": len(digests) - len(have) - len(failed), "reused": len(have)}
    return as_set(model, media, digests, cached), counts, skipped


def name_concepts(embeddings: EmbeddingSet, labels: Sequence[str], text_encoder: str, *, store: Store) -> EmbeddingSet:
    """Return the set with a vector of each concept from the text encoder. `labels`: the texts of the concepts."""
    if embeddings.concepts is None:
        return embeddings
    media = [Media(label, "text", digest_bytes(label.encode()), text=label) for label in labels]
    named, _, _ = encode_set(encoder(text_encoder, "text"), media, store=store)
    old = embeddings.concepts
    concepts = Concepts(old.labels, old.posterior, named.vectors)
    return EmbeddingSet(
        embeddings.modality, embeddings.ids, embeddings.keys, embeddings.vectors, embeddings.encoder, concepts
    )


def as_set(model: Encoder, media: Sequence[Media], digests: Sequence[str], cached: CachedRows) -> EmbeddingSet:
    """Return the embedding set of the media with cached rows, in media order."""
    rows, where = _cached_media(media, digests, cached)
    concepts = None if cached.posterior is None else Concepts(model.labels, cached.posterior[where])
    vectors = cached.vectors[where] if where else np.zeros((0, model.dim), np.float32)
    return _named_set(model.modality, rows, vectors, model.key, concepts)


def stored_set(reference: str, modality: str, media: Sequence[Media], store: Store) -> EmbeddingSet | None:
    """Return the stored vectors of an encoder that is no longer on this machine.

    Its current version is unknown, so exactly one stored version must hold all media: None if none does or it has a
    posterior. Raises BadInput if several versions hold all media.
    """
    digests = list(dict.fromkeys(m.digest for m in media))
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


def _cached_media(media: Sequence[Media], digests: Sequence[str], cached: CachedRows) -> tuple[list[Media], list[int]]:
    """The media with cached rows, and the row of each."""
    row_of = {digests[position]: row for row, position in enumerate(cached.rows)}
    present = [m for m in media if m.digest in row_of]
    return present, [row_of[m.digest] for m in present]


def _named_set(
    modality: str, rows: Sequence[Media], vectors: np.ndarray, key: str, concepts: Concepts | None
) -> EmbeddingSet:
    return EmbeddingSet(modality, tuple(m.item for m in rows), tuple(m.digest for m in rows), vectors, key, concepts)
