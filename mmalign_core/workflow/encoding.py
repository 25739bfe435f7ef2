"""Use case: encode all media of a collection. Vectors in the store are reused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmalign_core.cost import peak_rss_mb, timed
from mmalign_core.encoders import (
    ENCODERS,
    Encoder,
    check_model_place,
    params_of,
    parts_of,
    reference_of,
    with_params,
)
from mmalign_core.encoders.batched.embedding_sets import WriteBatches, encode_set, stored_set, write_batches
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.encoders.batched.text_lengths import LongTexts, find_long_texts, wants_windows
from mmalign_core.encoders.long_texts import WINDOWS, ReadsLongTexts
from mmalign_core.encoders.servers.base import ServerEncoder
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import (
    BadInput,
    Collection,
    EmbeddingSet,
    Media,
    MediaTable,
    Progress,
    Skipped,
    no_progress,
)
from mmalign_core.types.skips import one_line_each
from mmalign_core.wording import say

DEFAULT_ENCODERS: Mapping[str, str] = {
    "text": "use-multilingual",
    "image": "efficientnet-lite0",
    "audio": "yamnet",
    "video": "video-frames",
}


Load = Callable[[Encoder, int], None]
"""Loads an encoder that so many media wait for, wherever they will be encoded."""


def load_here(encoder: Encoder, missing: int) -> None:
    """Load it in this process."""
    encoder.load()


@dataclass(frozen=True)
class Encoding:
    """Vectors per modality and their encoders. `by_modality`: modality -> {"encoded": n, "reused": n}.

    `media`: the encoded media, for aligners that read sequences or texts too. Empty if all vectors were given.
    `long_texts`: the texts that are longer than their encoder reads at once, None if there are none.
    """

    sets: Mapping[str, EmbeddingSet]
    encoders: Mapping[str, str]
    by_modality: Mapping[str, Mapping[str, int]]
    skipped: tuple[Skipped, ...]
    seconds: Mapping[str, float]
    media: Sequence[Media] = ()
    long_texts: LongTexts | None = None

    def report(self, items: int) -> dict[str, Any]:
        """Return the output of `encode --json`."""
        total = {what: sum(row[what] for row in self.by_modality.values()) for what in ("encoded", "reused")}
        return {
            "items": items,
            **total,
            "by_modality": {m: dict(row) for m, row in self.by_modality.items()},
            "skipped": [one.report() for one in self.skipped],
            "long_texts": None if self.long_texts is None else self.long_texts.report(),
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
    modalities: Sequence[str] | None = None,
    write: WriteBatches = write_batches,
    load: Load = load_here,
    save: bool = True,
) -> Encoding:
    """Encode each modality of the collection, or those of `modalities` alone. Given vectors replace encoding.

    `write`: what encodes and writes batches, in this process by default; `load` loads encoders for it. `save`: also
    keep the collection's table.
    `encoders`: modality -> encoder name, if not the default. Vectors made before a cancel or a crash stay in the store,
    and so does the collection's table. Vectors in the store are used even if their model has been removed, as long as
    none is missing. Raises BadInput, before anything is encoded, for an encoder of another modality and for a model
    that is not here or cannot be loaded; and if nothing can be encoded.
    """
    settings = settings or Settings()
    for reference in (encoders or {}).values():
        check_model_place(reference, settings)
    wanted = collection.modalities if modalities is None else modalities
    sources = dict(collection.vectors) | ready(collection, encoders or {}, store, settings, wanted, progress, load)
    reader = sources.get("text")
    long = find_long_texts(reader, collection.table) if isinstance(reader, Encoder) else None
    sets, counts, skipped, seconds = {}, {}, list(collection.skipped), {}
    for place, modality in enumerate(m for m in collection.modalities if m in sources and m in wanted):
        source = sources[modality]
        if isinstance(source, EmbeddingSet):
            sets[modality], counts[modality] = source, {"encoded": 0, "reused": len(source)}
            continue
        shown = within(progress, place / len(collection.modalities), (place + 1) / len(collection.modalities))
        with timed(seconds, modality):
            media = collection.media_of(modality)
            sets[modality], counts[modality], failed = encode_set(
                source, media, store=store, settings=settings, progress=shown, write=write
            )
        skipped += one_line_each(failed)
    if save:
        store.save_collection(collection)
    kept = {m: s for m, s in sets.items() if len(s)}
    if not kept:
        why = say("; the first reason: {reason}", reason=skipped[0].reason) if skipped else ""
        raise BadInput(
            say("nothing of '{name}' could be encoded{why}; see the validation report", name=collection.name, why=why)
        )
    names = {m: s.encoder for m, s in kept.items()}
    return Encoding(kept, names, counts, tuple(skipped), seconds, collection.media, long)


def long_texts_of(collection: Collection, reference: str = "", settings: Settings | None = None) -> LongTexts | None:
    """The texts longer than an encoder reads at once, by default the default one; None if there are none.

    Vectors that came with the data need no encoder. Raises BadInput if the encoder's model is missing.
    """
    if "text" in collection.vectors or not len(collection.media_of("text")):
        return None
    model = encoder(reference or DEFAULT_ENCODERS["text"], "text").under(settings or Settings())
    return find_long_texts(_for_long_texts(model, collection.table), collection.table)


def ready(
    collection: Collection,
    wanted: Mapping[str, str],
    store: Store,
    settings: Settings,
    modalities: Sequence[str],
    progress: Progress = no_progress,
    load: Load = load_here,
) -> dict[str, Encoder | EmbeddingSet]:
    """Return for each of `modalities` to encode its encoder, loaded if it has work to do. `wanted`: modality ->
    reference.

    What is to be sent to a server is said to `progress`, or raised as NotAsked unless the settings allow it.
    If an encoder cannot be made, but the store holds all of its vectors, return these. Else raise BadInput, so that
    a missing model is reported before the other modalities are encoded for minutes.
    """
    chosen = {**DEFAULT_ENCODERS, **wanted}
    own = [m for m in collection.modalities if m in modalities and m in chosen and m not in collection.vectors]
    for modality in wanted.keys() - set(own):
        encoder(wanted[modality], modality)
    return {m: _ready(chosen[m], collection.media_of(m), m, store, settings, progress, load) for m in own}


def _ready(
    reference: str,
    media: Sequence[Media],
    modality: str,
    store: Store,
    settings: Settings,
    progress: Progress,
    load: Load,
) -> Encoder | EmbeddingSet:
    try:
        model = encoder(reference, modality).under(settings)
    except BadInput:
        held = (stored_set(one, modality, media, store) for one in _ways(reference))
        found = next((rows for rows in held if rows is not None), None)
        if found is None:
            raise
        return found
    if modality == "text":
        model = _for_long_texts(model, MediaTable.of(media))
    held = set(store.embeddings(model.key, [m.digest for m in media]).rows)
    if len(held) < len(media):
        if isinstance(model, ServerEncoder):
            absent = {medium.digest: medium for row, medium in enumerate(media) if row not in held}
            progress(0.0, model.announce(list(absent.values())))
        load(model, len(media) - len(held))
    return model


def _ways(reference: str) -> tuple[str, ...]:
    """The reference, after the same in windows where the encoder may choose by itself."""
    cls = ENCODERS.get(parts_of(reference).name)
    given = params_of(reference)
    chooses = issubclass(cls, ReadsLongTexts) and "long_texts" not in given and cls.better_in_windows
    return (with_params(reference, {**given, "long_texts": WINDOWS}), reference) if chooses else (reference,)


def _for_long_texts(model: Encoder, media: MediaTable) -> Encoder:
    """The encoder, or the same in windows where it chooses by itself and they find more."""
    if not wants_windows(model, media):
        return model
    reference = reference_of(model.key)
    found = encoder(with_params(reference, {**params_of(reference), "long_texts": WINDOWS}), "text")
    return found.under(model.settings)
