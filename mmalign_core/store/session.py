"""The cache of query vectors and sequences: in memory, never on disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mmalign_core.store.embeddings import CachedRows
from mmalign_core.types import BadInput
from mmalign_core.types.sequences import Sequences, gathered

MOST = 1000
"""Queries whose vectors are cached. Chosen: a few megabytes, and more queries than one session has."""


class _Row(NamedTuple):
    vector: np.ndarray
    posterior: np.ndarray | None


class SessionCache:
    """The vectors and sequences of the last `MOST` queries. Safe to share between threads.

    It has the `Store` methods that queries need, with the same signatures.
    """

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, str], _Row] = OrderedDict()
        self._steps: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def embeddings(self, encoder_key: str, digests: Sequence[str]) -> CachedRows:
        """The cached embeddings of those digests that have any."""
        with self._lock:
            cached = [self._rows.get((encoder_key, digest)) for digest in digests]
        rows = [row for row in cached if row is not None]
        places = np.array([place for place, row in enumerate(cached) if row is not None], int)
        if not rows:
            return CachedRows(places, np.empty((0, 0), np.float32), None)
        posteriors = [row.posterior for row in rows if row.posterior is not None]
        return CachedRows(places, np.stack([row.vector for row in rows]), np.stack(posteriors) if posteriors else None)

    def add_embeddings(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> None:
        """Cache vectors (n, d) and posterior (n, c); the oldest are dropped."""
        with self._lock:
            for place, digest in enumerate(digests):
                probabilities = None if posterior is None else np.array(posterior[place], np.float32)
                self._rows[encoder_key, digest] = _Row(np.array(vectors[place], np.float32), probabilities)
            _shorten(self._rows)

    def sequence_shapes(self, encoder_key: str, digests: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Digest -> shape (t, d) of the cached sequences."""
        with self._lock:
            known = ((digest, self._steps.get((encoder_key, digest))) for digest in digests)
            return {digest: (len(steps), steps.shape[1]) for digest, steps in known if steps is not None}

    def sequences(
        self, encoder_key: str, digests: Sequence[str], shapes: Mapping[str, tuple[int, int]] | None = None
    ) -> Sequences:
        """The cached sequences of the digests, in order. Raises BadInput if one is not cached."""
        with self._lock:
            steps = [self._steps.get((encoder_key, digest)) for digest in digests]
        cached = [one for one in steps if one is not None]
        if len(cached) < len(steps):
            raise BadInput("the sequence of a query is no longer in memory; run the query again")
        lengths = np.array([len(one) for one in cached], np.int64)
        return gathered(iter(cached), lengths, cached[0].shape[1] if cached else 0)

    def add_sequences(self, encoder_key: str, batch: Mapping[str, np.ndarray]) -> None:
        """Cache digest -> sequence (t, d) as float16; the oldest are dropped."""
        with self._lock:
            for digest, steps in batch.items():
                self._steps[encoder_key, digest] = np.array(steps, "<f2")
            _shorten(self._steps)


def _shorten(cache: OrderedDict[tuple[str, str], Any]) -> None:
    while len(cache) > MOST:
        cache.popitem(last=False)
