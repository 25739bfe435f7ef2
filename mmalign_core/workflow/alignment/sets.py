"""From encoded media to what an aligner reads, and from there to places in the shared space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmalign_core.aligners import Aligner
from mmalign_core.encoders.batched.stored import name_concepts
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Media, Progress, no_progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.pivots import with_pivots
from mmalign_core.workflow.alignment.sequences import can_sequence, with_sequences
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS

Sets = Mapping[str, EmbeddingSet]


def usable_sets(
    sets: Sets, choices: Choices, store: Store, media: Sequence[Media], progress: Progress = no_progress
) -> Sets:
    """The pair, and the other modalities that this aligner can place beside it, as it reads them.

    Concepts get their place in text space, `media` are read as sequences, and texts are placed in every space that
    they are to link, where the aligner needs them.
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
        used = {m: s for m, s in used.items() if m in choices.pair or can_sequence(s)}
    words = text_encoder({m: s.encoder for m, s in used.items()})
    ready = {m: prepared(model, s, words, store) for m, s in used.items()}
    if model.needs_pivots:
        ready = with_pivots(model, ready, choices.pair, media, store, progress)
    return with_sequences(model.name, ready, media, store=store, progress=progress) if model.needs_sequences else ready


def joinable(sets: Sets, model: Aligner, pair: Sequence[str]) -> Sets:
    """The pair, and of the other modalities those that the aligner can place beside it, given these rows."""
    paired = {m: sets[m] for m in pair}

    def can_join(modality: str, rows: EmbeddingSet) -> bool:
        return modality in model.modalities and len(rows) > 0 and model.can_join(rows, paired)

    return {m: s for m, s in sets.items() if m in paired or can_join(m, s)}


def prepared(model: Aligner, rows: EmbeddingSet, text_encoder_name: str, store: Store) -> EmbeddingSet:
    """The set as this aligner reads it: concepts placed in text space where it uses them."""
    if not (model.needs_concepts or model.reads_concepts) or rows.concepts is None:
        return rows
    if not is_known(text_encoder_name):
        if not model.needs_concepts:
            return rows
        raise BadInput(
            f"'{model.name}' names concepts with the text encoder, but this collection's text vectors were given"
        )
    labels = [model.label_template.replace("{}", label) for label in rows.concepts.labels]
    return name_concepts(rows, labels, text_encoder_name, store=store)


def text_encoder(encoders: Mapping[str, str]) -> str:
    """Name of the text encoder in use, the default one when the collection has no text."""
    return reference_of(encoders.get("text", DEFAULT_ENCODERS["text"]))


def place(fitted: Aligner, rows: EmbeddingSet) -> EmbeddingSet:
    """The rows at their coordinates in the shared space."""
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, fitted.transform(rows), f"{fitted.name}({rows.encoder})")
