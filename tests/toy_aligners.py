"""Aligners that only tests know: one remembers its fits, others fail, are stopped, or cannot place new rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from mmalign_core.aligners import Aligner
from mmalign_core.aligners.card import Card
from mmalign_core.types import BadInput, EmbeddingSet, Progress

CARD = Card("It is a toy. Tests use it.", "x", "Never.", "None.")


class Plain(Aligner):
    """Vectors as they are; every fit reports progress, a history of two steps, and is remembered."""

    name, summary, card = "plain", "Vectors as they are", CARD
    multiway = True
    fits: ClassVar[list[dict[str, tuple[str, ...]]]] = []

    @classmethod
    def family(cls) -> str:
        return "toy"

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        self.fits.append({m: s.ids for m, s in sets.items()})
        progress(0.5, "half way")
        for step in range(2):
            self.record(step=step, loss=1.0 - step)

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        return embeddings.vectors.copy()

    def _state(self) -> Mapping[str, np.ndarray]:
        return {}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        pass


class Broken(Plain):
    """Its fit divides by zero."""

    name = "broken"

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        raise ZeroDivisionError("division by zero\nand more")


class Stopped(Plain):
    """Somebody presses Control-C during its fit."""

    name = "stopped"

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        raise KeyboardInterrupt


class OnlySeen(Plain):
    """It places the rows it was fitted on, each item at its own corner: all are right."""

    name, transductive = "only-seen", True

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        self.items = sorted({item for s in sets.values() for item in s.ids})

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        if not set(embeddings.ids) <= set(self.items):
            raise BadInput("only-seen places only what it was fitted on")
        return np.eye(len(self.items), dtype=np.float32)[[self.items.index(item) for item in embeddings.ids]]
