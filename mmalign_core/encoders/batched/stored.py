"""Media as a set of their modality: rows that the store holds are reused, the others are encoded and kept."""

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
    """One modality's media as an EmbeddingSet (rows in media order), counts, and what could not be decoded."""
    digests = list(dict.fromkeys(m.digest for m in media))
    held = store.embeddings(model.key, digests)
    have = {digests[row] for row in held.rows}
    failed: dict[str, str] = {}
    for batch in encode_media(model, media, settings=settings, skip=have, progress=progress):
        store.add_embeddings(model.key, batch.digests, batch.vectors, batch.posterior)
        failed |= {s.source: s.reason for s in batch.skipped}
    if len(have) < len(digests):
        held = store.embeddings(model.key, digests)
    skipped = [Skipped(m.item, m.modality, failed[m.digest], m.path or "") for m in media if m.digest in failed]
    counts = {"encoded": len(digests) - len(have) - len(failed), "reused": len(have)}
    return as_set(model, media, digests, held), counts, skipped


def name_concepts(embeddings: EmbeddingSet, labels: Sequence[str], text_encoder: str, *, store: Store) -> EmbeddingSet:
    """The same set with each concept placed in the text encoder's space; `labels` are the words to encode."""
    if embeddings.concepts is None:
        return embeddings
    media = [Media(label, "text", digest_bytes(label.encode()), text=label) for label in labels]
    named, _, _ = encode_set(encoder(text_encoder, "text"), media, store=store)
    old = embeddings.concepts
    concepts = Concepts(old.labels, old.posterior, named.vectors)
    return EmbeddingSet(
        embeddings.modality, embeddings.ids, embeddings.keys, embeddings.vectors, embeddings.encoder, concepts
    )


def as_set(model: Encoder, media: Sequence[Media], digests: Sequence[str], held: CachedRows) -> EmbeddingSet:
    """Rows in media order of those that were found; `held.rows` index the digests."""
    rows, where = _found_rows(media, digests, held)
    concepts = None if held.posterior is None else Concepts(model.labels, held.posterior[where])
    vectors = held.vectors[where] if where else np.zeros((0, model.dim), np.float32)
    return _named_set(model.modality, rows, vectors, model.key, concepts)


def stored_set(reference: str, modality: str, media: Sequence[Media], store: Store) -> EmbeddingSet | None:
    """What an encoder that cannot be made now once gave for all these media; None where that is not known for sure.

    Its version cannot be asked any more, so exactly one stored version must hold every one of them.
    BadInput if several do: which one is meant is not for us to choose.
    """
    digests = list(dict.fromkeys(m.digest for m in media))
    reference = full_reference(reference)
    keys = [key for key in store.size() if reference_of(key) == reference]
    whole = {key: found for key in keys if len((found := store.embeddings(key, digests)).rows) == len(digests)}
    if len(whole) > 1:
        raise BadInput(
            f"'{reference}' is no longer here, and the store holds {len(whole)} versions of its {modality} vectors; "
            "get the model again, so that it is known which are meant"
        )
    for key, held in whole.items():
        if held.posterior is None:
            rows, where = _found_rows(media, digests, held)
            return _named_set(modality, rows, held.vectors[where], key, None)
    return None


def _found_rows(media: Sequence[Media], digests: Sequence[str], held: CachedRows) -> tuple[list[Media], list[int]]:
    """The media that were found, and the row of each in `held`."""
    row_of = {digests[position]: row for row, position in enumerate(held.rows)}
    found = [m for m in media if m.digest in row_of]
    return found, [row_of[m.digest] for m in found]


def _named_set(
    modality: str, rows: Sequence[Media], vectors: np.ndarray, key: str, concepts: Concepts | None
) -> EmbeddingSet:
    return EmbeddingSet(modality, tuple(m.item for m in rows), tuple(m.digest for m in rows), vectors, key, concepts)
