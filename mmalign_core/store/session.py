"""Vectors and sequences of queries: kept in memory as long as the process lives, never on disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mmalign_core.store.embeddings import Found
from mmalign_core.types import BadInput
from mmalign_core.types.sequences import Sequences, gathered

MOST = 1000
"""Queries whose vectors are remembered: a few megabytes, and more than a person asks in one sitting."""


class _Row(NamedTuple):
    vector: np.ndarray
    posterior: np.ndarray | None


class SessionCache:
    """The vectors and sequences of the last `MOST` queries. Safe to share between threads.

    It answers like a `Store` for what queries need: embeddings, add_embeddings, sequences, sequence_shapes and
    add_sequences.
    """

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str], _Row] = OrderedDict()
        self._steps: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def embeddings(self, encoder_key: str, digests: Sequence[str]) -> Found:
        """What is remembered of these: rows (m,) into `digests`, vectors (m, d), posterior (m, c) or None."""
        with self._lock:
            found = [self._rows.get((encoder_key, digest)) for digest in digests]
        rows = [row for row in found if row is not None]
        places = np.array([place for place, row in enumerate(found) if row is not None], int)
        if not rows:
            return Found(places, np.empty((0, 0), np.float32), None)
        posteriors = [row.posterior for row in rows if row.posterior is not None]
        return Found(places, np.stack([row.vector for row in rows]), np.stack(posteriors) if posteriors else None)

    def add_embeddings(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> None:
        """Remember vectors (n, d) and posterior (n, c); the oldest are forgotten."""
        with self._lock:
            for place, digest in enumerate(digests):
                seen = None if posterior is None else np.array(posterior[place], np.float32)
                self._rows[encoder_key, digest] = _Row(np.array(vectors[place], np.float32), seen)
            _shorten(self._rows)

    def sequence_shapes(self, encoder_key: str, digests: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Digest -> (t, d) of the remembered sequences among these."""
        with self._lock:
            known = ((digest, self._steps.get((encoder_key, digest))) for digest in digests)
            return {digest: (len(steps), steps.shape[1]) for digest, steps in known if steps is not None}

    def sequences(
        self, encoder_key: str, digests: Sequence[str], shapes: Mapping[str, tuple[int, int]] | None = None
    ) -> Sequences:
        """One remembered sequence per digest, in order. BadInput if one is not, or no longer, remembered."""
        with self._lock:
            steps = [self._steps.get((encoder_key, digest)) for digest in digests]
        found = [one for one in steps if one is not None]
        if len(found) < len(steps):
            raise BadInput("the sequence of a query is no longer remembered; ask again")
        lengths = np.array([len(one) for one in found], np.int64)
        return gathered(iter(found), lengths, found[0].shape[1] if found else 0)

    def add_sequences(self, encoder_key: str, batch: Mapping[str, np.ndarray]) -> None:
        """Remember digest -> (t, d) numbers as float16; the oldest are forgotten."""
        with self._lock:
            for digest, steps in batch.items():
                self._steps[encoder_key, digest] = np.array(steps, "<f2")
            _shorten(self._steps)


def _shorten(remembered: OrderedDict[tuple[str, str], Any]) -> None:
    while len(remembered) > MOST:
        remembered.popitem(last=False)
