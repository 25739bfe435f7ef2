"""The store: embeddings, collections and runs under one folder, safe against being killed at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmalign_core.store.embeddings import CacheSize, EmbeddingCache, Found
from mmalign_core.types import BadInput

__all__ = ["CacheSize", "Found", "Store"]


class Store:
    """Everything kept between sessions, under the folder `root` (made on the first write).

    Several processes and threads may use one root at once. BadInput says in one line what cannot be read or written.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = _folder_of(root)
        self._embeddings = EmbeddingCache(self.root / "embeddings")

    def embeddings(self, encoder_key: str, digests: Sequence[str]) -> Found:
        """What is cached of these content digests: rows (m,) into `digests`, vectors (m, d), posterior (m, c) | None."""
        return self._embeddings.get(encoder_key, digests)

    def add_embeddings(
        self, encoder_key: str, digests: Sequence[str], vectors: np.ndarray, posterior: np.ndarray | None = None
    ) -> None:
        """Keep a batch: vectors (n, d) and posterior (n, c); all of it or, if the process is killed, none of it."""
        self._embeddings.add(encoder_key, digests, vectors, posterior)

    def size(self) -> dict[str, CacheSize]:
        """Encoder key -> cached rows and bytes on disk."""
        return self._embeddings.size()

    def remove_encoder(self, encoder_key: str) -> None:
        """Forget the cached embeddings of one encoder."""
        self._embeddings.remove(encoder_key)


def _folder_of(root: str | Path) -> Path:
    """The folder a `--store` value names; BadInput for anything that is not a local folder."""
    text = str(root).removeprefix("file://")
    if "://" in text:
        raise BadInput(f"the store '{root}' is not a folder on this machine; give a path")
    folder = Path(text).expanduser()
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"the store '{root}' is a file; give a folder")
    return folder
