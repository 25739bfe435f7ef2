"""A cache of an encoder's latest outputs by content, so that equal frames are encoded once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder
from mmalign_core.types import digest_bytes

KEPT = 512
"""Most cached outputs. Chosen: about 5 MB of vectors and posteriors of EfficientNet-Lite0."""

Row = tuple[np.ndarray, np.ndarray | None]


class CachedOutputs:
    """The encoder's `encode` with a cache, for any number of prepared media, in batches of its size.

    An explanation masks a few frames of a video hundreds of times, so that most frames repeat. Media that are prepared
    as arrays are recognised by their bytes; other media are encoded each time.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._rows, self._lock = encoder, OrderedDict[str, Row](), Lock()

    def clear(self) -> None:
        """Empty the cache."""
        with self._lock:
            self._rows.clear()

    def encode(self, prepared: Sequence[Any]) -> Encoded:
        """Vectors (n, d) and posterior. Each distinct content is encoded once."""
        keys = [_key(medium, place) for place, medium in enumerate(prepared)]
        with self._lock:
            outputs = {key: self._rows[key] for key in keys if key in self._rows}
        first = {key: place for place, key in reversed(list(enumerate(keys))) if key not in outputs}
        missing = sorted(first.items(), key=lambda pair: pair[1])
        size = self._encoder.batch_size
        for start in range(0, len(missing), size):
            part = missing[start : start + size]
            run = self._encoder.encode([prepared[place] for _, place in part])
            posteriors = [None] * len(part) if run.posterior is None else run.posterior
            outputs |= {key: (run.vectors[i], posteriors[i]) for i, (key, _) in enumerate(part)}
        self._keep({key: outputs[key] for key, _ in missing if not key.startswith("place")})
        rows = [outputs[key] for key in keys]
        known = [posterior for _, posterior in rows if posterior is not None]
        return Encoded(np.stack([vector for vector, _ in rows]), np.stack(known) if known else None)

    def _keep(self, rows: dict[str, Row]) -> None:
        with self._lock:
            self._rows.update(rows)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)


def _key(prepared: Any, place: int) -> str:
    """The digest of an array's shape, type and bytes; a unique name for any other object."""
    if not isinstance(prepared, np.ndarray):
        return f"place {place}"
    return digest_bytes(f"{prepared.shape} {prepared.dtype}".encode(), np.ascontiguousarray(prepared).tobytes())
