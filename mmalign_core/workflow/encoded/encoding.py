"""Use case: every medium of a collection as vectors, encoding only what the store does not hold yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from mmalign_core.cost import peak_rss_mb, timed
from mmalign_core.encoders import ENCODERS, Encoder, create_encoder, params_of, parts_of, reference_of, with_params
from mmalign_core.engine import encode_media
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
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
from mmalign_core.workflow.encoded.stored import as_set, stored_set

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
    Vectors in the store are used also where their model is no longer here, as long as none lacks.
    Raises BadInput, before anything is encoded, for an encoder of another modality and for a model that is not here
    or cannot be loaded; and if nothing is left.
    """
    settings = settings or Settings()
    sources = dict(collection.vectors) | ready(collection, encoders or {}, store, settings)
    sets, counts, skipped, seconds = {}, {}, list(collection.skipped), {}
    for place, modality in enumerate(m for m in collection.modalities if m in sources):
        source = sources[modality]
        if isinstance(source, EmbeddingSet):
            sets[modality], counts[modality] = source, {"encoded": 0, "reused": len(source)}
            continue
        shown = within(progress, place / len(collection.modalities), (place + 1) / len(collection.modalities))
        with timed(seconds, modality):
            media = collection.media_of(modality)
            sets[modality], counts[modality], failed = encode_set(
                source, media, store=store, settings=settings, progress=shown
            )
        skipped += failed
    store.save_collection(collection)
    kept = {m: s for m, s in sets.items() if len(s)}
    if not kept:
        why = f"; the first reason: {skipped[0].reason}" if skipped else ""
        raise BadInput(f"nothing of '{collection.name}' could be encoded{why}; see the validation report")
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


def ready(
    collection: Collection, wanted: Mapping[str, str], store: Store, settings: Settings
) -> dict[str, Encoder | EmbeddingSet]:
    """Per modality to encode its encoder (the wanted one, else the embedded default), loaded if it has work to do.

    Where an encoder cannot be made, but the store holds all that it once made: that. BadInput otherwise, so that a
    model that is wanted last is not missed after the others have worked for minutes.
    """
    chosen = {**DEFAULT_ENCODERS, **wanted}
    own = [m for m in collection.modalities if m in chosen and m not in collection.vectors]
    for modality in wanted.keys() - set(own):
        encoder(wanted[modality], modality)
    return {m: _ready(chosen[m], m, collection.media_of(m), store, settings) for m in own}


def _ready(
    reference: str, modality: str, media: Sequence[Media], store: Store, settings: Settings
) -> Encoder | EmbeddingSet:
    try:
        model = encoder(reference, modality)
    except BadInput:
        held = stored_set(reference, modality, media, store)
        if held is None:
            raise
        return held
    model.settings = settings
    if len(store.embeddings(model.key, [m.digest for m in media]).rows) < len(media):
        model.load()
    return model


_loading = Lock()


def encoder(reference: str, modality: str = "") -> Encoder:
    """The one instance of that encoder for that modality in this process: weights load once.

    BadInput if its model is not, or no longer, here.
    """
    with _loading:
        name, _, model = parts_of(reference)
        cls = ENCODERS.get(name)
        reference = with_params(reference, params_of(reference))  # spelt in one way, so that it is one instance
        return _encoder(reference, modality or cls.reads()[0], cls.stamp(model))


def encoder_of(key: str, modality: str) -> Encoder:
    """The encoder that made vectors under that key ("name[param=value,…][:model]@version").

    BadInput if the model is no longer here, or is another one now: what it gives would not compare.
    """
    made = encoder(reference_of(key), modality)
    if made.key != key:
        raise BadInput(
            f"'{reference_of(made.key)}' has changed since it made these vectors (it is version "
            f"{made.version} now); align again, or get back the version that was used"
        )
    return made


@lru_cache(maxsize=8)
def _encoder(reference: str, modality: str, stamp: Any) -> Encoder:
    """`stamp`: of the model's files, so that a model is read anew once it was replaced."""
    return create_encoder(reference, modality)
