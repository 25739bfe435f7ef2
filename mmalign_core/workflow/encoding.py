"""Use case: every medium of a collection as vectors, encoding only what the store does not hold yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from mmalign_core.encoders import ENCODERS, Encoder, create_encoder, reference_of
from mmalign_core.engine import encode_media
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Found, Store
from mmalign_core.types import (
    BadInput,
    Collection,
    Concepts,
    EmbeddingSet,
    Media,
    Progress,
    Skipped,
    digest_bytes,
    no_progress,
)
from mmalign_core.workflow.cost import peak_rss_mb, timed

DEFAULT_ENCODERS: Mapping[str, str] = {
    "text": "use-multilingual",
    "image": "efficientnet-lite0",
    "audio": "yamnet",
    "video": "video-frames",
}


@dataclass(frozen=True)
class Encoding:
    """Vectors per modality, which encoder made them, and what was new. `by_modality`: {"encoded": n, "reused": n}."""

    sets: Mapping[str, EmbeddingSet]
    encoders: Mapping[str, str]
    by_modality: Mapping[str, Mapping[str, int]]
    skipped: tuple[Skipped, ...]
    seconds: Mapping[str, float]

    def report(self, items: int) -> dict[str, Any]:
        """What `encode --json` prints."""
        total = {what: sum(row[what] for row in self.by_modality.values()) for what in ("encoded", "reused")}
        return {
            "items": items,
            **total,
            "by_modality": {m: dict(row) for m, row in self.by_modality.items()},
            "skipped": [{"id": s.id, "modality": s.modality, "reason": s.reason} for s in self.skipped],
            "seconds": dict(self.seconds),
            "peak_rss_mb": peak_rss_mb(),
        }


def encode(
    collection: Collection,
    encoders: Mapping[str, str] | None = None,
    *,
    store: Store,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Encoding:
    """Encode each modality present; given vectors take the place of encoding.

    `encoders`: modality -> encoder name, for those that should not be the default. What was encoded before a
    cancel or a crash stays in the store, and so does the collection's table.
    Raises BadInput for an encoder of another modality, or if nothing is left.
    """
    chosen = choose_encoders(collection, encoders or {})
    sets, counts, skipped, seconds = {}, {}, list(collection.skipped), {}
    for place, modality in enumerate(m for m in collection.modalities if m in chosen or m in collection.vectors):
        if modality in collection.vectors:
            given = collection.vectors[modality]
            sets[modality], counts[modality] = given, {"encoded": 0, "reused": len(given)}
            continue
        shown = within(progress, place / len(collection.modalities), (place + 1) / len(collection.modalities))
        with timed(seconds, modality):
            media = collection.media_of(modality)
            sets[modality], counts[modality], failed = encode_set(
                encoder(chosen[modality], modality), media, store=store, settings=settings, progress=shown
            )
        skipped += failed
    store.save_collection(collection)
    kept = {m: s for m, s in sets.items() if len(s)}
    if not kept:
        raise BadInput(f"nothing of '{collection.name}' could be encoded; see the validation report")
    return Encoding(kept, {m: s.encoder for m, s in kept.items()}, counts, tuple(skipped), seconds)


def encode_set(
    model: Encoder,
    media: Sequence[Media],
    *,
    store: Store,
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
    row_of = {digests[position]: row for row, position in enumerate(held.rows)}
    rows = [(m, row_of[m.digest]) for m in media if m.digest in row_of]
    skipped = [Skipped(m.item, m.modality, failed[m.digest], m.path or "") for m in media if m.digest in failed]
    counts = {"encoded": len(digests) - len(have) - len(failed), "reused": len(have)}
    return _as_set(model, rows, held), counts, skipped


def _as_set(model: Encoder, rows: list[tuple[Media, int]], held: Found) -> EmbeddingSet:
    where = [row for _, row in rows]
    concepts = None if held.posterior is None else Concepts(model.labels, held.posterior[where])
    vectors = held.vectors[where] if where else np.zeros((0, model.dim), np.float32)
    ids, keys = tuple(m.item for m, _ in rows), tuple(m.digest for m, _ in rows)
    return EmbeddingSet(model.modality, ids, keys, vectors, model.key, concepts)


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


def choose_encoders(collection: Collection, wanted: Mapping[str, str]) -> dict[str, str]:
    """Encoder name per modality that has media: the wanted one, else the embedded default."""
    for modality, name in wanted.items():
        encoder(name, modality)
    chosen = {**DEFAULT_ENCODERS, **wanted}
    return {m: chosen[m] for m in collection.modalities if m in chosen}


_loading = Lock()


def encoder(reference: str, modality: str = "") -> Encoder:
    """The one instance of that encoder for that modality in this process: weights load once."""
    with _loading:
        return _encoder(reference, modality or ENCODERS.get(reference.partition(":")[0]).reads()[0])


def encoder_of(key: str, modality: str) -> Encoder:
    """The encoder that made vectors under that key ("name[:model]@version")."""
    return encoder(reference_of(key), modality)


@lru_cache(maxsize=8)
def _encoder(reference: str, modality: str) -> Encoder:
    return create_encoder(reference, modality)
