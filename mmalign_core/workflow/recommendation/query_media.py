"""Texts and files of a query: read once, encoded, and placed in a run's shared space."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmalign_core.data.files import file_media, text_media
from mmalign_core.data.media.texts import clean_text
from mmalign_core.data.names import shown
from mmalign_core.encoders.batched.instances import encoder, encoder_of
from mmalign_core.encoders.batched.stored import encode_set
from mmalign_core.recommend import PlacedItems, QueryPart, QuerySpec, Signal
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of, text_modality, text_tower
from mmalign_core.store import Store
from mmalign_core.types import MODALITIES, BadInput, EmbeddingSet, Media
from mmalign_core.workflow.alignment.inputs import prepared, text_encoder
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.alignment.sequences import with_sequences

_LEVELS = 8
"""A picture whose colours differ by at most this many of 256 levels shows nothing. Our choice."""
_SILENCE = 1e-4
"""Peak of a sound that nobody hears: -80 dB of full scale. Our choice."""


@dataclass(frozen=True)
class QueryMedium:
    """A text or file of a query: its `part`, the `medium` as it was read, and the `key` of its encoder."""

    part: QueryPart
    medium: Media
    key: str


def read_medium(run: Run, part: QueryPart, settings: Settings) -> QueryMedium:
    """The text or file of that part; BadInput if it cannot be read, or this run has no encoder for it."""
    key = _encoder_key(run, part.kind)
    if part.kind == "text":
        medium = text_media("query", clean_text(part.value, "the text asked for", settings))
    else:
        medium = file_media("query", part.kind, Path(os.path.expanduser(part.value)), part.value, settings)
    return QueryMedium(part, medium, key)


def signal_of(
    run: Run, read: QueryMedium, label: str, items: PlacedItems, *, store: Store, settings: Settings | None = None
) -> Signal:
    """The medium as one point, for every modality whose places are as wide; BadInput if the point is zero."""
    part, point = read.part, _placed(run, read, store, settings).vectors[0]
    if not np.any(point):
        raise BadInput(f"the {part.kind} '{shown(part.value)[:80]}' has no place in the shared space; try another one")
    points = {m: point for m, places in items.parts.items() if places.shape[1] == len(point)}
    return Signal(label, points, part.weight, part.kind, read.medium, _note(read))


def place_part(run: Run, query: QuerySpec, *, store: Store, settings: Settings | None = None) -> EmbeddingSet:
    """A query of one text or file as one row of the shared space; BadInput if it is none, or cannot be placed."""
    if len(query.parts) != 1:
        raise BadInput("place one text, picture, sound or video at a time")
    return _placed(run, read_medium(run, query.parts[0], settings or Settings()), store, settings)


def queryable(run: Run) -> tuple[str, ...]:
    """Modalities of texts and files that this run can place: those its encoders read, and texts its aligner places.

    Vectors that were given have no encoder, so nothing new can be placed among them.
    """
    known = {m for m in run.result.space if is_known(reference_of(run.encoders.get(m, "")))}
    if "text" not in run.result.space and run.aligner.needs_pivots:
        known.add("text")
    return tuple(m for m in MODALITIES if m in known)


def _encoder_key(run: Run, modality: str) -> str:
    """Key of the encoder that places such a medium; BadInput if the run has no such modality or no encoder for it."""
    typed = _typed_key(run) if modality == "text" else None
    if typed is not None:
        return typed
    if modality not in run.result.space:
        raise BadInput(f"this run holds no {modality}; it can be asked by: {', '.join(run.result.space)}, item or user")
    source = run.encoders.get(modality, "")
    if not is_known(reference_of(source)):
        raise BadInput(f"this run's {modality} vectors were given ready-made; ask by item instead")
    return source


def _typed_key(run: Run) -> str | None:
    """Key of the text encoder of a run without texts whose aligner places texts all the same; else None.

    BadInput if the model that it is a tower of has changed.
    """
    if "text" in run.result.space or not run.aligner.needs_pivots:
        return None
    by = text_modality(run.result.space)
    tower = text_tower(encoder_of(run.encoders[by], by).key, by)
    return encoder(tower, "text").key if tower else None


def _placed(run: Run, read: QueryMedium, store: Store, settings: Settings | None) -> EmbeddingSet:
    """The medium as one row of the shared space; BadInput if it cannot be encoded.

    Its vectors stay in memory while the store is open and are never written to it.
    """
    media, modality = [read.medium], read.medium.modality
    embedded, _, failed = encode_set(encoder_of(read.key, modality), media, store=store.session, settings=settings)
    if failed:
        raise BadInput(f"the {modality} query cannot be used: {failed[0].reason}")
    row = prepared(run.aligner, embedded, text_encoder(run.encoders), store)
    if run.aligner.needs_sequences:
        rows = with_sequences(run.aligner.name, {modality: row}, media, store=store.session, settings=settings)
        row = rows[modality]
    return EmbeddingSet(modality, row.ids, row.keys, run.aligner.transform(row), run.aligner.name)


def _note(read: QueryMedium) -> str:
    """One sentence for a text that is cut, a picture of one colour or a silent sound; '' for any other."""
    medium, made_by = read.medium, encoder_of(read.key, read.medium.modality)
    view = made_by.view(medium)
    if isinstance(view, str):
        whole = (medium.text or "").strip()
        cut = f"Of the {len(whole):,} characters asked with, '{made_by.name}' reads the first {len(view):,}."
        return cut if len(view) < len(whole) else ""
    if medium.modality == "image" and np.ptp(view.reshape(-1, view.shape[-1]), axis=0).max() <= _LEVELS:
        return "The picture asked with shows one even colour: what lies nearest to it says little."
    if medium.modality == "audio" and np.abs(view).max(initial=0.0) <= _SILENCE:
        return "The sound asked with is silence: what lies nearest to it says little."
    return ""
