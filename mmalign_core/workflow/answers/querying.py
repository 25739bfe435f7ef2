"""What a person asks with: wishes for and against, each made a signal in the shared space or a history of items."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mmalign_core.data.files import file_media, text_media
from mmalign_core.data.media.texts import clean_text
from mmalign_core.data.names import file_words, shown
from mmalign_core.encoders import is_known, reference_of
from mmalign_core.encoders.texts.text_tower import text_tower, typed_by
from mmalign_core.recommend import PlacedItems, Signal
from mmalign_core.recommend import Query as Asked
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Media
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.align.sequences import with_sequences
from mmalign_core.workflow.align.sets import prepared, text_encoder
from mmalign_core.workflow.encoded.encoding import encode_set, encoder, encoder_of

FILES = {"image": "picture", "audio": "sound", "video": "video"}
"""Kinds of wishes that name a file, and what the file holds."""
MEDIA = ("text", *FILES)
KINDS = (*MEDIA, "item", "user")
WORDS = {"text": "a text", **{kind: f"a {held}" for kind, held in FILES.items()}, "item": "an item", "user": "a user"}
MOST_WEIGHT = 1000.0
"""A wish that counts more drowns all others, and its scores are too large for their parts to be told exactly."""
_LABEL = 40


@dataclass(frozen=True)
class Wish:
    """One thing asked with. `kind`: one of KINDS; `value`: the text, a file's path, or an id; a negative `weight` asks
    for what is unlike it. BadInput for another kind or a weight that is no number within MOST_WEIGHT of 0."""

    kind: str
    value: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInput(f"a wish is one of {', '.join(KINDS)}; not '{self.kind}'")
        if not abs(self.weight) <= MOST_WEIGHT:
            raise BadInput(
                f"the weight of {WORDS[self.kind]} is {self.weight:g}; give a number from -{MOST_WEIGHT:g} to "
                f"{MOST_WEIGHT:g}, below 0 for 'not this'"
            )


@dataclass(frozen=True)
class Query:
    """A text, a file (picture, sound, video), an item of the run, a user of its interactions, or several `wishes`."""

    text: str | None = None
    image: str | None = None
    audio: str | None = None
    item: str | None = None
    user: str | None = None
    wishes: tuple[Wish, ...] = ()
    video: str | None = None

    @property
    def all(self) -> tuple[Wish, ...]:
        """Every wish, those given by name first; BadInput if there is none or none that counts."""
        named = ((kind, getattr(self, kind)) for kind in KINDS)
        found = (*(Wish(kind, str(value)) for kind, value in named if value is not None), *self.wishes)
        if not found:
            raise BadInput(f"ask with at least one of: {', '.join(WORDS.values())}")
        if not any(wish.weight for wish in found):
            raise BadInput("every wish has the weight 0; give at least one a weight above or below 0")
        return found

    @property
    def only(self) -> Wish:
        """The one wish; BadInput if there are several."""
        if len(self.all) != 1:
            raise BadInput(f"give exactly one of: {', '.join(WORDS.values())}")
        return self.all[0]

    @property
    def kind(self) -> str:
        """Kind of the one wish; BadInput if there are several."""
        return self.only.kind

    @property
    def value(self) -> str:
        """What the one wish holds."""
        return self.only.value


@dataclass(frozen=True)
class PlacedWish:
    """A wish and what recommenders get of it: a `signal` (typed and uploaded ones) or `rows`, numbers of items.

    `disliked`: numbers of items a user met that speak neither for nor against anything, and are not shown again.
    """

    wish: Wish
    signal: Signal | None = None
    rows: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()


def labels_of(wishes: Sequence[Wish]) -> tuple[str, ...]:
    """A name for each: its kind, with what it says where several are of that kind; no two are the same."""
    many, seen, found = Counter(w.kind for w in wishes), Counter[str](), []
    for wish in wishes:
        label = wish.kind if many[wish.kind] == 1 else f"{wish.kind} {_short(wish)}"
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(found)


def combined(placed: Sequence[PlacedWish], weights: Mapping[str, float], user: int | None = None) -> Asked:
    """One question of all wishes. `weights`: modality -> share of the score.

    A wish for an item or a user shares its weight evenly among its items, so that a long history does not drown one
    item; the whole is scaled so that the largest weight in the history is that of the strongest such wish.
    """
    signals = tuple(replace(p.signal, weight=p.wish.weight) for p in placed if p.signal)
    history: dict[int, float] = {}
    for p in placed:
        for row in p.rows:
            history[row] = history.get(row, 0.0) + p.wish.weight / len(p.rows)
    strongest = max((abs(p.wish.weight) for p in placed if p.rows), default=0.0)
    largest = max(map(abs, history.values()), default=0.0)
    scale = strongest / largest if largest else 0.0
    return Asked(signals, {row: w * scale for row, w in history.items() if w}, weights, user)


def place_query(run: Run, query: Query, *, store: Store, settings: Settings | None = None) -> EmbeddingSet:
    """One text, picture or sound as a row of the shared space; BadInput if this run cannot place its modality."""
    return place_wish(run, query.only, store=store, settings=settings)


def place_wish(run: Run, wish: Wish, *, store: Store, settings: Settings | None = None) -> EmbeddingSet:
    """One text, picture or sound as a row of the shared space; BadInput if this run cannot place its modality."""
    modality, settings = wish.kind, settings or Settings()
    source = check_placeable(run, modality)
    media = [medium_of(wish, settings)]
    embedded, _, failed = encode_set(encoder_of(source, modality), media, store=store, settings=settings)
    if failed:
        raise BadInput(f"the {modality} query cannot be used: {failed[0].reason}")
    row = prepared(run.aligner, embedded, text_encoder(run.encoders), store)
    if run.aligner.needs_sequences:
        row = with_sequences(run.aligner.name, {modality: row}, media, store=store, settings=settings)[modality]
    return EmbeddingSet(modality, row.ids, row.keys, run.aligner.transform(row), run.aligner.name)


def askable(run: Run) -> tuple[str, ...]:
    """What such a run can be asked with from outside: what its encoders read, and texts that its aligner places.

    Vectors that were given have no encoder, so nothing new can be placed among them.
    """
    known = {m for m in run.result.space if is_known(reference_of(run.encoders.get(m, "")))}
    if "text" not in run.result.space and run.aligner.needs_pivots:
        known.add("text")
    return tuple(m for m in ("text", "image", "audio", "video") if m in known)


def check_placeable(run: Run, modality: str) -> str:
    """Key of the encoder that places such a query; BadInput if the run has no such modality or no encoder for it."""
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
    """Key of the encoder of typed texts in a run without texts whose aligner places them all the same; else None.

    BadInput if the model that it is a tower of has changed.
    """
    if "text" in run.result.space or not run.aligner.needs_pivots:
        return None
    by = typed_by(run.result.space)
    tower = text_tower(encoder_of(run.encoders[by], by).key, by)
    return encoder(tower, "text").key if tower else None


def signal_of(
    run: Run, wish: Wish, label: str, items: PlacedItems, *, store: Store, settings: Settings | None = None
) -> Signal:
    """A typed or uploaded wish: one point that items' places in every modality are compared with."""
    point = place_wish(run, wish, store=store, settings=settings).vectors[0]
    if not np.any(point):
        raise BadInput(f"the {wish.kind} '{shown(wish.value)[:80]}' has no place in the shared space; try another one")
    points = {m: point for m, part in items.parts.items() if part.shape[1] == len(point)}
    return Signal(label, points, wish.weight, wish.kind)


def medium_of(wish: Wish, settings: Settings) -> Media:
    """The text, or the picture's or sound's file, as a medium that encoders read; BadInput says what is wrong."""
    if wish.kind == "text":
        return text_media("query", clean_text(wish.value, "the text asked for", settings))
    return file_media("query", wish.kind, Path(os.path.expanduser(wish.value)), wish.value, settings)


def _short(wish: Wish) -> str:
    if wish.kind in FILES:
        return file_words(wish.value, FILES[wish.kind])
    words = shown(wish.value)
    return f"“{words if len(words) <= _LABEL else words[: _LABEL - 1] + '…'}”"
