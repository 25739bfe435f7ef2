"""The same texts in the space of every modality: the collection's own and a vocabulary, read by each text tower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mmalign_core.aligners import Aligner
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.encoders.batched.stored import encode_set
from mmalign_core.progress import within
from mmalign_core.spaces import text_tower
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Media, Progress, digest_bytes, no_progress
from mmalign_core.types.embeddings import Pivots

VOCABULARY = (("efficientnet-lite0", "image", "a photo of a {}"), ("yamnet", "audio", "the sound of {}"))
"""Encoders whose concepts' names are the vocabulary, and the sentence that each is said in: no weights are read."""

Sets = Mapping[str, EmbeddingSet]


def with_pivots(
    model: Aligner,
    sets: Sets,
    pair: Sequence[str],
    media: Sequence[Media],
    store: Store,
    progress: Progress = no_progress,
) -> dict[str, EmbeddingSet]:
    """The sets with their pivots; vectors of texts are kept in the store as those of any text.

    `media`: the collection's. Items of the `pair` own their texts, for they may be held out. A text that one of the
    towers cannot read is left out everywhere. BadInput, before any text is read, names a modality whose encoder has no
    text tower, and what to choose instead.
    """
    towers = {m: _tower(model.name, s) for m, s in sets.items()}
    owners = _texts(model, media, {item for m in pair for item in sets[m].ids})
    asked = [Media(text, "text", digest_bytes(text.encode()), text=text) for text in owners]
    read: dict[str, dict[str, np.ndarray]] = {}
    for reference in towers.values():
        if reference not in read:
            part = within(progress, len(read) / len(towers), (len(read) + 1) / len(towers), "texts that link: ")
            read[reference] = _read(reference, asked, store, part)
    texts = tuple(text for text in owners if all(text in found for found in read.values()))
    owned = tuple(owners[text] for text in texts)
    return {m: replace(s, pivots=_pivots(texts, owned, read[towers[m]])) for m, s in sets.items()}


def has_towers(sets: Sequence[EmbeddingSet]) -> bool:
    """Whether texts can be brought to the space of each."""
    return all(s.pivots is not None or text_tower(s.encoder, s.modality) is not None for s in sets)


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
    """Text -> which of the items own it: those of the collection that come first by digest, then the vocabulary.

    What none of these items owns, and what the vocabulary says too, belongs to no item.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for medium in media:
        if medium.modality == "text" and medium.text:
            held.setdefault((medium.digest, medium.text), set()).add(medium.item)
    own = {text: frozenset(held[digest, text] & items) for digest, text in sorted(held)[: model.own_texts]}
    return own | dict.fromkeys(vocabulary() if model.vocabulary else (), frozenset[str]())


def vocabulary() -> list[str]:
    """Names of things seen and heard, in a sentence each."""
    return [
        said.replace("{}", label) for name, modality, said in VOCABULARY for label in encoder(name, modality).labels
    ]


def _read(reference: str, asked: Sequence[Media], store: Store, progress: Progress) -> dict[str, np.ndarray]:
    """Text -> vector (d,) by that text tower."""
    found, _, _ = encode_set(encoder(reference, "text"), asked, store=store, progress=progress)
    return dict(zip(found.ids, found.vectors))


def _pivots(texts: tuple[str, ...], owners: tuple[frozenset[str], ...], read: Mapping[str, np.ndarray]) -> Pivots:
    width = len(next(iter(read.values()), ()))
    vectors = np.stack([read[text] for text in texts]) if texts else np.zeros((0, width), np.float32)
    return Pivots(texts, owners, vectors)
