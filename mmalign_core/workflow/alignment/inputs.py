"""The inputs of an aligner: the usable sets, their concepts in text space, and the texts that link spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mmalign_core.aligners import Aligner
from mmalign_core.encoders import Encoder
from mmalign_core.encoders.batched.embedding_sets import encode_set
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of, text_tower
from mmalign_core.store import SessionCache, Store
from mmalign_core.types import BadInput, EmbeddingSet, Media, Progress, digest_bytes, no_progress
from mmalign_core.types.embeddings import Pivots
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.sequences import can_sequence, with_sequences
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS

Sets = Mapping[str, EmbeddingSet]
VOCABULARY = (("efficientnet-lite0", "image", "a photo of a {}"), ("yamnet", "audio", "the sound of {}"))
"""(encoder, modality, sentence): encoders whose concepts' names are the vocabulary, each name put in the sentence.
No weights are read."""


def usable_sets(
    sets: Sets, choices: Choices, store: Store, media: Sequence[Media], progress: Progress = no_progress
) -> Sets:
    """Return the pair, and the other modalities that this aligner can place with it, as its inputs.

    As the aligner needs them, concepts get their place in text space, `media` get sequences, and texts are placed in
    every space to link.
    """
    model = choices.new_aligner()
    choices.check_pair(tuple(sets))
    for modality in choices.pair:
        if modality not in model.modalities:
            raise BadInput(
                f"aligner '{choices.aligner}' does not take {modality}; it takes: {', '.join(model.modalities)}"
            )
    used = joinable(sets, model, choices.pair)
    if model.needs_sequences:
        used = {modality: rows for modality, rows in used.items() if modality in choices.pair or can_sequence(rows)}
    words = text_encoder({modality: rows.encoder for modality, rows in used.items()})
    ready = {modality: prepared(model, rows, words, store) for modality, rows in used.items()}
    if model.needs_pivots:
        ready = with_pivots(model, ready, choices.pair, media, store, progress)
    return with_sequences(model.name, ready, media, store=store, progress=progress) if model.needs_sequences else ready


def joinable(sets: Sets, model: Aligner, pair: Sequence[str]) -> Sets:
    """Return the pair, and those of the other modalities that the aligner can place with it, given these rows."""
    paired = {modality: sets[modality] for modality in pair}

    def can_join(modality: str, rows: EmbeddingSet) -> bool:
        return modality in model.modalities and len(rows) > 0 and model.can_join(rows, paired)

    return {modality: rows for modality, rows in sets.items() if modality in paired or can_join(modality, rows)}


def prepared(model: Aligner, rows: EmbeddingSet, text_encoder_name: str, store: Store) -> EmbeddingSet:
    """Return the set with concepts placed in text space if this aligner uses them."""
    if not (model.needs_concepts or model.reads_concepts) or rows.concepts is None:
        return rows
    if not is_known(text_encoder_name):
        if not model.needs_concepts:
            return rows
        raise BadInput(
            f"'{model.name}' names concepts with the text encoder, but this collection's text vectors were given"
        )
    labels = [model.label_template.replace("{}", label) for label in rows.concepts.labels]
    return replace(rows, concepts=replace(rows.concepts, vectors=_label_vectors(labels, text_encoder_name, store)))


def _label_vectors(labels: Sequence[str], text_encoder_name: str, store: Store) -> np.ndarray:
    """(c, d) the words of each concept in the text encoder's space."""
    media = [Media(label, "text", digest_bytes(label.encode()), text=label) for label in labels]
    named, _, _ = encode_set(encoder(text_encoder_name, "text"), media, store=store)
    return named.vectors


def text_encoder(encoders: Mapping[str, str]) -> str:
    """Return the name of the text encoder, the default one if the collection has no text."""
    return reference_of(encoders.get("text", DEFAULT_ENCODERS["text"]))


def place(fitted: Aligner, rows: EmbeddingSet) -> EmbeddingSet:
    """Return the rows at their coordinates in the shared space."""
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, fitted.transform(rows), f"{fitted.name}({rows.encoder})")


def place_media(
    fitted: Aligner,
    media: Sequence[Media],
    made_by: Encoder,
    words: str,
    *,
    store: Store,
    cache: Store | SessionCache,
    settings: Settings | None = None,
) -> EmbeddingSet:
    """New media of one modality, encoded by `made_by`, at their coordinates (n, k) in the shared space.

    `words` is the text encoder that names concepts. `cache` keeps the media's vectors and sequences, `store` those of
    the concepts' names. What cannot be encoded is left out; BadInput gives the first reason where nothing is left.
    """
    rows, _, failed = encode_set(made_by, media, store=cache, settings=settings)
    if not len(rows):
        raise BadInput(f"the {made_by.modality} cannot be used: {failed[0].reason}")
    ready = {made_by.modality: prepared(fitted, rows, words, store)}
    if fitted.needs_sequences:
        ready = with_sequences(fitted.name, ready, media, store=cache, settings=settings)
    return place(fitted, ready[made_by.modality])


def with_pivots(
    model: Aligner,
    sets: Sets,
    pair: Sequence[str],
    media: Sequence[Media],
    store: Store,
    progress: Progress = no_progress,
) -> dict[str, EmbeddingSet]:
    """Return the sets with their pivots. Vectors of texts are kept in the store like those of any text.

    `media`: the collection's. Texts of items of the `pair` belong to these items, because they may be held out. A text
    that one of the towers cannot read is left out everywhere. BadInput, before any text is read, names a modality whose
    encoder has no text tower, and alternatives.
    """
    towers = {modality: _tower(model.name, rows) for modality, rows in sets.items()}
    owners = _texts(model, media, {item for modality in pair for item in sets[modality].ids})
    media_of_texts = [Media(text, "text", digest_bytes(text.encode()), text=text) for text in owners]
    read: dict[str, dict[str, np.ndarray]] = {}
    for reference in towers.values():
        if reference not in read:
            part = within(progress, len(read) / len(towers), (len(read) + 1) / len(towers), "texts that link: ")
            read[reference] = _read(reference, media_of_texts, store, part)
    texts = tuple(text for text in owners if all(text in found for found in read.values()))
    owned = tuple(owners[text] for text in texts)
    pivots = {modality: _pivots(texts, owned, read[tower]) for modality, tower in towers.items()}
    return {modality: replace(rows, pivots=pivots[modality]) for modality, rows in sets.items()}


def has_towers(sets: Sequence[EmbeddingSet]) -> bool:
    """Whether texts can be placed in the space of each set."""
    return all(rows.pivots is not None or text_tower(rows.encoder, rows.modality) is not None for rows in sets)


def _tower(aligner: str, rows: EmbeddingSet) -> str:
    found = text_tower(rows.encoder, rows.modality)
    if found is None:
        raise BadInput(
            f"'{aligner}' links spaces through texts, but no text encoder shares the space of {rows.modality} "
            f"{rows.made_by}; encode it with a model that reads texts too (open-clip, clap), or choose bridge, or an "
            "aligner that learns from pairs"
        )
    return found


def _texts(model: Aligner, media: Sequence[Media], items: set[str]) -> dict[str, frozenset[str]]:
    """Return text -> the items that own it: texts of the collection, first by digest, then the vocabulary.

    Texts of other items, and texts that are in the vocabulary too, belong to no item.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for medium in media:
        if medium.modality == "text" and medium.text:
            held.setdefault((medium.digest, medium.text), set()).add(medium.item)
    own = {text: frozenset(held[digest, text] & items) for digest, text in sorted(held)[: model.own_texts]}
    return own | dict.fromkeys(vocabulary() if model.vocabulary else (), frozenset[str]())


def vocabulary() -> list[str]:
    """Return the names of visible and audible things, each in a sentence."""
    return [
        template.replace("{}", label)
        for name, modality, template in VOCABULARY
        for label in encoder(name, modality).labels
    ]


def _read(reference: str, media: Sequence[Media], store: Store, progress: Progress) -> dict[str, np.ndarray]:
    """Return text -> vector (d,) by that text tower."""
    found, _, _ = encode_set(encoder(reference, "text"), media, store=store, progress=progress)
    return dict(zip(found.ids, found.vectors))


def _pivots(texts: tuple[str, ...], owners: tuple[frozenset[str], ...], read: Mapping[str, np.ndarray]) -> Pivots:
    width = len(next(iter(read.values()), ()))
    vectors = np.stack([read[text] for text in texts]) if texts else np.zeros((0, width), np.float32)
    return Pivots(texts, owners, vectors)
