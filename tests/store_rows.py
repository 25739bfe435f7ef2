"""Made-up rows of embeddings that a test can make anew and compare."""

from __future__ import annotations

import numpy as np

from mmalign_core.store import Store

KEY = "yamnet@1#ab12"


def expected(ids, width=8):
    """The rows the writer script makes."""
    return np.sin(np.asarray(ids)[:, None] * 31.0 + np.arange(width)).astype(np.float32)


def assert_right(store: Store, count: int) -> np.ndarray:
    """Whatever is found is bit for bit right; returns the row numbers found."""
    found = store.embeddings(KEY, [f"{i:032x}" for i in range(count)])
    if len(found.rows):
        assert found.vectors.tobytes() == expected(found.rows).tobytes()
        assert found.posterior is not None
        assert found.posterior.tobytes() == np.abs(expected(found.rows)[:, :3]).tobytes()
    return found.rows
