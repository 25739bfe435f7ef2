"""Embeddings of one modality, with the concepts, sequences and pivot texts that belong to them."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mmalign_core.types.basics import BadInput, bytes_of, digest_bytes, frozen_array, release, rows_of
from mmalign_core.types.digests import json_pieces
from mmalign_core.types.sequences import Sequences
from mmalign_core.types.single import single_rows
from mmalign_core.types.strings import Strings

_CHECKED = 1 << 22
"""Numbers that are looked at in one go; our choice: 16 MB of float32."""


@dataclass(frozen=True)
class Pivots:
    """`texts` (p,) of which each is there once, and their `vectors` (p, d) in the space of the set that holds them.

    `owners` (p,): the items whose own text it is; none for a text of the vocabulary. Sets that are aligned together
    hold the same texts in the same order.
    """

    texts: tuple[str, ...]
    owners: tuple[frozenset[str], ...]
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def of_items(self, wanted: Set[str]) -> Pivots:
        """Those of the vocabulary, and those that one of these items owns: texts of held-out items link nothing."""
        return self.take([i for i, owners in enumerate(self.owners) if not owners or owners & wanted])

    def take(self, rows: Sequence[int]) -> Pivots:
        """Only these, in this order."""
        return Pivots(tuple(self.texts[i] for i in rows), tuple(self.owners[i] for i in rows), self.vectors[list(rows)])


@dataclass(frozen=True)
class Concepts:
    """What a classifying encoder saw: `labels` (c,) and `posterior` (n, c), float32, finite, read-only.

    Rows of the posterior sum to 1 for softmax classifiers and hold independent probabilities for multi-label ones.
    `vectors` (c, d_text) float32 places each label in a text encoder's space; the workflow fills it in for aligners
    that need it, it is None before. Two labels may be spelt alike (ImageNet has two cranes). Raises BadInput if
    labels, posterior and vectors differ in number, if a value is not finite or a probability below 0, or if the labels
    are one text.
    """

    labels: tuple[str, ...]
    posterior: np.ndarray
    vectors: np.ndarray | None = None

    def __post_init__(self) -> None:
        if isinstance(self.labels, str):
            raise BadInput(f"concepts: the labels are one text, '{self.labels[:40]}'; give one text for each column")
        labels, posterior = tuple(self.labels), frozen_array(self.posterior)
        if posterior.ndim != 2 or posterior.shape[1] != len(labels):
            found = f"{len(labels)} labels for a posterior of shape {posterior.shape}"
            raise BadInput(f"concepts: {found}; give one column for each label")
        vectors = None if self.vectors is None else frozen_array(self.vectors)
        if vectors is not None and (vectors.ndim != 2 or len(vectors) != len(labels)):
            raise BadInput(
                f"concepts: {len(labels)} labels for vectors of shape {vectors.shape}; give one vector for each label"
            )
        for name, array in (("posterior", posterior), ("vectors", vectors)):
            if array is not None and not np.isfinite(array).all():
                raise BadInput(f"concepts: the {name} hold NaN or infinity; mend or remove those rows")
        if posterior.min(initial=0.0) < 0:
            raise BadInput(f"concepts: the posterior holds {posterior.min():.3g}; give probabilities, from 0")
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "posterior", posterior)
        object.__setattr__(self, "vectors", vectors)

    def take(self, rows: np.ndarray) -> Concepts:
        """The same labels with only these rows of the posterior, in this order."""
        return replace(self, posterior=rows_of(self.posterior, rows))

    def parts(self) -> list[bytes | memoryview]:
        """The bytes that a set's digest covers."""
        arrays = [self.posterior] if self.vectors is None else [self.posterior, self.vectors]
        return [json.dumps(self.labels).encode(), *map(bytes_of, arrays)]


@dataclass(frozen=True)
class EmbeddingSet:
    """Vectors of one modality: row i belongs to item `ids[i]` and has content digest `keys[i]`.

    `ids` and `keys` (n,) become columns (`Strings`), whatever sequence gives them. `vectors` (n, d) float32, finite,
    read-only, memory-mapped where a file gave them so. An item may own several rows (five captions). `encoder` is
    'name@version' of the encoder, or of the aligner when the rows lie in a shared space. `sequences` are what the
    encoder saw before it pooled, `pivots` texts in the same space, for aligners that read them. Raises BadInput if a
    value is not finite or the lengths differ.
    """

    modality: str
    ids: Sequence[str]
    keys: Sequence[str]
    vectors: np.ndarray
    encoder: str
    concepts: Concepts | None = None
    sequences: Sequences | None = None
    pivots: Pivots | None = None

    def __post_init__(self) -> None:
        vectors = frozen_array(single_rows(self.vectors))
        if vectors.ndim != 2 or not len(self.ids) == len(self.keys) == len(vectors):
            found = f"{self.modality}: {len(self.ids)} ids for vectors of shape {vectors.shape}"
            raise BadInput(f"{found}; give one row each")
        if self.concepts is not None and len(self.concepts.posterior) != len(vectors):
            found = f"{self.modality}: {len(vectors)} vectors for concepts of {len(self.concepts.posterior)} rows"
            raise BadInput(f"{found}; give one row each")
        bad = np.flatnonzero(~finite_rows(vectors))
        if len(bad):
            who = f"{self.modality}: the vector of '{self.ids[bad[0]]}'"
            raise BadInput(f"{who} holds NaN or infinity; mend or remove it")
        for name, value in (("vectors", vectors), ("ids", Strings.of(self.ids)), ("keys", Strings.of(self.keys))):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def digest(self) -> str:
        """Digest of ids, keys, vectors and concepts, made when first asked for.

        Sequences and pivots are left out, for content and encoders say what they are. Two threads that ask at once
        may both make it; they get the same.
        """
        words = json.dumps([self.modality, self.encoder]).encode()[:-1]
        head = [words]
        for column in (self.ids, self.keys):
            head += [b", ", *json_pieces(Strings.of(column).column)]
        head.append(b", " + json.dumps(list(self.vectors.shape)).encode() + b"]")
        return digest_bytes(head, bytes_of(self.vectors), *(self.concepts.parts() if self.concepts else ()))

    @property
    def made_by(self) -> str:
        """Who made the vectors, in words for people: "by 'NAME'", or "given ready-made" where no encoder did."""
        name = self.encoder.rpartition("@")[0] or self.encoder
        return "given ready-made" if name == "given" else f"by '{name}'"

    def take(self, rows: Sequence[int] | np.ndarray) -> EmbeddingSet:
        """The same set with only these rows, in this order."""
        rows = np.asarray(rows, dtype=int)
        ids, keys = (Strings.of(column).take(rows) for column in (self.ids, self.keys))
        vectors, steps = rows_of(self.vectors, rows), self.sequences and self.sequences.take(rows)
        concepts = self.concepts and self.concepts.take(rows)
        return replace(self, ids=ids, keys=keys, vectors=vectors, concepts=concepts, sequences=steps)

    def of_items(self, ids: Sequence[str] | Set[str]) -> EmbeddingSet:
        """The rows that belong to these items, in their present order, and no other item's pivots.

        The set itself where that is all of it, so that a million rows are not copied.
        """
        inside = Strings.of(self.ids).among(ids if isinstance(ids, Strings) else list(ids))
        kept = self if inside.all() else self.take(np.flatnonzero(inside))
        return replace(kept, pivots=kept.pivots.of_items(set(ids))) if kept.pivots else kept


def finite_rows(vectors: np.ndarray) -> np.ndarray:
    """(n,) bool: which rows of `vectors` (n, d) hold neither NaN nor infinity. Memory holds a block beside them."""
    step = max(1, _CHECKED // max(1, vectors.shape[1]))
    finite = np.zeros(len(vectors), bool)
    for at in range(0, len(vectors), step):
        finite[at : at + step] = np.isfinite(vectors[at : at + step]).all(axis=1)
        release(vectors)
    return finite
