"""The types everyone meets: collection, embeddings, alignment, matches, report. Arrays are read-only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.pivots import Pivots
from mmalign_core.sequences import Sequences

MODALITIES = ("text", "image", "audio", "video")

Progress = Callable[[float, str], None]
"""Called with (fraction done in 0..1, what is being done). It may raise `Cancelled` to stop the work."""


class BadInput(ValueError):
    """Something the user gave cannot be used: one sentence that names it and the cure."""


class Cancelled(Exception):
    """The user asked to stop; what was done so far is kept."""


def no_progress(fraction: float, message: str) -> None:
    """The progress callback that shows nothing."""


def digest_bytes(*parts: bytes) -> str:
    """32 hex digits (BLAKE2b-128) of the parts, each framed by its length."""
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        h.update(len(part).to_bytes(8, "little"))
        h.update(part)
    return h.hexdigest()


def digest_json(value: Any) -> str:
    """Digest of a JSON-able value, independent of key order."""
    return digest_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode())


def frozen_array(values: Any, dtype: Any = np.float32) -> np.ndarray:
    """A read-only, C-contiguous array of `dtype`; copies only when it must."""
    array = np.ascontiguousarray(values, dtype=dtype)
    if array is values or array.base is not None:
        array = array.copy() if array.flags.writeable else array
    array.flags.writeable = False
    return array


@dataclass(frozen=True)
class Media:
    """One text, picture or sound of one item.

    `digest` is the digest of its bytes (of the UTF-8 text for texts). Texts are inline in `text`;
    everything else is a file at `path`.
    """

    item: str
    modality: str
    digest: str
    path: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Skipped:
    """A file, row or medium that was not used, and why in one sentence."""

    id: str
    modality: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class Collection:
    """Items with their media.

    `items`: data frame indexed by item id (str), one metadata column each; treat as read-only.
    `media`: every usable medium, in the order of the items; several per item and modality are allowed.
    `vectors`: modality -> vectors made elsewhere, which take the place of encoding.
    `interactions`: data frame user_id, item_id[, rating, timestamp], or None.
    `attribution`: the line to show wherever the media are shown, '' if none is known.
    `notes`: how a data set's columns were understood, a sentence each.
    """

    name: str
    items: pd.DataFrame
    media: tuple[Media, ...]
    skipped: tuple[Skipped, ...] = ()
    vectors: Mapping[str, EmbeddingSet] = field(default_factory=dict)
    interactions: pd.DataFrame | None = None
    attribution: str = ""
    digest: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.digest:
            rows = [(m.item, m.modality, m.digest) for m in self.media]
            given = sorted((name, s.digest) for name, s in self.vectors.items())
            frame = self.items.to_json(orient="split", default_handler=str)
            users = "" if self.interactions is None else self.interactions.to_json(orient="split", default_handler=str)
            object.__setattr__(self, "digest", digest_json([rows, given, frame, users, list(self.items.index)]))

    @property
    def ids(self) -> tuple[str, ...]:
        """Item ids in order."""
        return tuple(self.items.index)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that have at least one medium or given vector, in the fixed order of MODALITIES."""
        present = {m.modality for m in self.media} | set(self.vectors)
        return tuple(m for m in MODALITIES if m in present)

    def media_of(self, modality: str) -> tuple[Media, ...]:
        """The media of one modality, in item order."""
        return tuple(m for m in self.media if m.modality == modality)


@dataclass(frozen=True)
class Concepts:
    """What a classifying encoder saw: `labels` (c,) and `posterior` (n, c).

    Rows of the posterior sum to 1 for softmax classifiers and hold independent probabilities for multi-label ones.
    `vectors` (c, d_text) places each label in a text encoder's space; the workflow fills it in for aligners that
    need it, it is None before.
    """

    labels: tuple[str, ...]
    posterior: np.ndarray
    vectors: np.ndarray | None = None

    def parts(self) -> list[bytes]:
        """The bytes that a set's digest covers."""
        arrays = [self.posterior] if self.vectors is None else [self.posterior, self.vectors]
        return [json.dumps(self.labels).encode(), *(np.ascontiguousarray(a).tobytes() for a in arrays)]


@dataclass(frozen=True)
class EmbeddingSet:
    """Vectors of one modality: row i belongs to item `ids[i]` and has content digest `keys[i]`.

    `vectors` (n, d) float32, finite, read-only. An item may own several rows (five captions). `encoder` is
    'name@version' of the encoder, or of the aligner when the rows lie in a shared space. `sequences` are what the
    encoder saw before it pooled, `pivots` texts in the same space, for aligners that read them; the digest leaves both
    out, for content and encoders say what they are. Raises BadInput if a value is not finite or the lengths differ.
    """

    modality: str
    ids: tuple[str, ...]
    keys: tuple[str, ...]
    vectors: np.ndarray
    encoder: str
    concepts: Concepts | None = None
    digest: str = ""
    sequences: Sequences | None = None
    pivots: Pivots | None = None

    def __post_init__(self) -> None:
        vectors = frozen_array(self.vectors)
        if vectors.ndim != 2 or not len(self.ids) == len(self.keys) == len(vectors):
            found = f"{self.modality}: {len(self.ids)} ids for vectors of shape {vectors.shape}"
            raise BadInput(f"{found}; give one row each")
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(bad):
            who = f"{self.modality}: the vector of '{self.ids[bad[0]]}'"
            raise BadInput(f"{who} holds NaN or infinity; mend or remove it")
        object.__setattr__(self, "vectors", vectors)
        if not self.digest:
            head = json.dumps([self.modality, self.encoder, self.ids, self.keys, list(vectors.shape)]).encode()
            seen = self.concepts.parts() if self.concepts else ()
            object.__setattr__(self, "digest", digest_bytes(head, vectors.tobytes(), *seen))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def made_by(self) -> str:
        """Who made the vectors, in words for people: "by 'NAME'", or "given ready-made" where no encoder did."""
        name = self.encoder.rpartition("@")[0] or self.encoder
        return "given ready-made" if name == "given" else f"by '{name}'"

    def take(self, rows: Sequence[int] | np.ndarray) -> EmbeddingSet:
        """The same set with only these rows, in this order."""
        rows = np.asarray(rows, dtype=int)
        concepts = self.concepts and replace(self.concepts, posterior=self.concepts.posterior[rows])
        ids, keys = (tuple(column[i] for i in rows) for column in (self.ids, self.keys))
        vectors, steps = self.vectors[rows], self.sequences and self.sequences.take(rows)
        return replace(self, ids=ids, keys=keys, vectors=vectors, concepts=concepts, sequences=steps, digest="")

    def of_items(self, ids: Sequence[str]) -> EmbeddingSet:
        """The rows that belong to these items, in their present order, and no other item's pivots."""
        wanted = set(ids)
        kept = self.take([i for i, item in enumerate(self.ids) if item in wanted])
        return replace(kept, pivots=kept.pivots.of_items(wanted)) if kept.pivots else kept


@dataclass(frozen=True)
class AlignmentResult:
    """A fitted aligner's shared space: modality -> EmbeddingSet whose vectors are (n_m, k) coordinates.

    Rows have unit length except where the aligner's point is to keep given lengths (as-is).
    """

    aligner: str
    family: str
    params: Mapping[str, Any]
    seed: int
    space: Mapping[str, EmbeddingSet]
    history: Sequence[Mapping[str, float]] = ()
    seconds: float = 0.0
    transductive: bool = False

    @property
    def digest(self) -> str:
        """Content digest of the space, for caching."""
        placed = sorted((m, s.digest) for m, s in self.space.items())
        return digest_json([self.aligner, dict(self.params), self.seed, placed])


@dataclass(frozen=True)
class Matches:
    """Decided pairs: row indices into the source and target sets, their scores, and the rule that made them."""

    sources: np.ndarray
    targets: np.ndarray
    scores: np.ndarray
    rule: str


@dataclass(frozen=True)
class Recommendation:
    """One recommended item: contributions (modality -> value) sum to the score."""

    id: str
    score: float
    rank: int
    contributions: Mapping[str, float]
    reason: str
