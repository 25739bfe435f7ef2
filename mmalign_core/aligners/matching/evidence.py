"""What a classifier knows beside its posterior: its prototypes of labels, and a head trained on names of drawings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from mmalign_core.spaces import ENCODERS, reference_of
from mmalign_core.vectors import ROWS_AT_ONCE, unit_rows

FOLDER = Path(__file__).with_name("weights")
"""One safetensors file for each encoder that has evidence, made by benchmarks/train_bridge_head.py."""
TEMPERATURE = 0.07
"""Of the softmax over a text's similarities to the labels; .03 to .15 were tried (docs/zero_shot.md)."""
FEWEST = 10.0
"""Rows of a collection that weigh as much as the stored mean in the centre. Chosen: the mean of fewer is unsure."""


@dataclass(frozen=True)
class Evidence:
    """Two views of an encoder's vectors x (d,) and of texts t (w,), whitened and of unit length. All maps are linear.

    Prototypes: x has the place unit((x - centre) directions) and t unit(softmax(s / TEMPERATURE) labels), with its
    similarities s (c,) to the labels. Head: unit((x - centre) head_media) and unit(t head_texts), with texts by the
    encoder that it was trained for. `centre` (d,), `directions` (d, k), `labels` (c, k), `head_media` (d, h),
    `head_texts` (w, h); h is 0 without a head. `weights` (2,): of either view in a score, beside the named concepts' 1.
    """

    centre: np.ndarray
    directions: np.ndarray
    labels: np.ndarray
    head_media: np.ndarray
    head_texts: np.ndarray
    weights: np.ndarray

    @property
    def widths(self) -> dict[str, int]:
        """The dimensions of each view, in order."""
        return {"prototypes": self.directions.shape[1], "drawings": self.head_media.shape[1]}

    @property
    def width(self) -> int:
        """The dimensions of both views."""
        return sum(self.widths.values())

    def around(self, vectors: np.ndarray, share: float) -> Evidence:
        """The same, its centre moved towards the mean of these distinct rows (n, d): less if they are few.

        From a `share` of 0.5 the mean counts fully, since other kinds of pictures have other means.
        """
        known = min(1.0, 2 * share) * len(vectors) / (len(vectors) + FEWEST)
        mean = vectors.mean(0, dtype=np.float64) if len(vectors) else self.centre
        return replace(self, centre=(self.centre + known * (mean - self.centre)).astype(np.float32))

    def place_media(self, vectors: np.ndarray) -> np.ndarray:
        """The views of the encoder's vectors (n, d), each as long as its weight: (n, width)."""
        away = unit_rows(vectors - self.centre)
        views = (unit_rows(away @ along.astype(np.float32)) for along in (self.directions, self.head_media))
        return np.hstack([weight * view for weight, view in zip(self.weights, views)])

    def place_texts(self, texts: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The views of texts, unit rows, by whitened unit vectors of texts (n, w) and of the labels (c, w).

        In blocks: similarities of a million texts to a thousand labels would take gigabytes.
        """
        starts = range(0, max(len(texts), 1), ROWS_AT_ONCE)
        return np.concatenate([self._texts(texts[start : start + ROWS_AT_ONCE], labels) for start in starts])

    def _texts(self, texts: np.ndarray, labels: np.ndarray) -> np.ndarray:
        alike = texts @ labels.T
        shares = np.exp((alike - alike.max(1, keepdims=True, initial=-1)) / TEMPERATURE)
        views = [shares / shares.sum(1, keepdims=True) @ self.labels.astype(np.float32)]
        if self.head_texts.shape[1]:
            views.append(texts @ self.head_texts.astype(np.float32))
        return np.hstack([unit_rows(view) for view in views])

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything as named arrays."""
        return {f"{prefix}{name}": np.ascontiguousarray(value) for name, value in vars(self).items()}


def evidence_of(encoder: str, width: int, labels: int, text_encoder: str) -> Evidence | None:
    """The evidence of an encoder's key, or None if there is none, or if its width or number of labels is another.

    `text_encoder`: the key of the texts; there is no head for one that it was not trained for.
    """
    name = reference_of(encoder)
    if name not in ENCODERS.names() or not (FOLDER / f"{name}.safetensors").is_file():
        return None
    found, trained_for = _stored(name)
    if (len(found.centre), len(found.labels)) != (width, labels):
        return None
    if trained_for == reference_of(text_encoder):
        return found
    return replace(found, head_media=found.head_media[:, :0], head_texts=found.head_texts[:, :0])


@cache
def _stored(name: str) -> tuple[Evidence, str]:
    """What the file holds, and the text encoder of its head."""
    from safetensors import safe_open

    with safe_open(FOLDER / f"{name}.safetensors", "numpy") as file:
        return Evidence(**{part: file.get_tensor(part) for part in file.keys()}), file.metadata()["text_encoder"]  # noqa: SIM118
