"""What a classifier knows beside its posterior: its prototypes of labels, and a head trained on names of drawings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from mmalign_core.spaces import ENCODERS, reference_of
from mmalign_core.vectors import unit_rows

FOLDER = Path(__file__).with_name("weights")
"""One safetensors file for each encoder that has evidence, made by benchmarks/train_bridge_head.py."""
TEMPERATURE = 0.15
"""Of the softmax over a text's similarities to the labels; .1 and .15 do equally well (docs/zero_shot.md)."""
HEAD_SHARE = 0.38
"""Share of the head in the evidence: of the shares tried, the one with no loss on photographs (docs/zero_shot.md)."""
FEWEST = 10.0
"""Rows of a collection that weigh as much as the stored mean in the centre. Chosen: the mean of fewer is unsure."""


@dataclass(frozen=True)
class Evidence:
    """Two views of an encoder's vectors x (d,) and of texts t (w,), whitened and of unit length. All maps are linear.

    Prototypes: x has the place unit((x - centre) directions) and t unit(softmax(s / TEMPERATURE) labels), with its
    similarities s (c,) to the labels. Head: unit((x - centre) head_media) and unit(t head_texts), with texts by the
    encoder that it was trained for. `centre` (d,), `directions` (d, k), `labels` (c, k), `head_media` (d, h),
    `head_texts` (w, h); h is 0 without a head.
    """

    centre: np.ndarray
    directions: np.ndarray
    labels: np.ndarray
    head_media: np.ndarray
    head_texts: np.ndarray

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
        """Unit rows of the encoder's vectors (n, d)."""
        lengths = unit_rows(vectors - self.centre)
        return self._views(lengths @ self.directions.astype(np.float32), lengths @ self.head_media.astype(np.float32))

    def place_texts(self, similarities: np.ndarray, texts: np.ndarray) -> np.ndarray:
        """Unit rows of texts by similarities to the labels (n, c) and whitened unit vectors (n, w)."""
        scaled = (similarities - similarities.max(1, keepdims=True, initial=-1)) / TEMPERATURE
        shares = np.exp(scaled)
        placed = shares / shares.sum(1, keepdims=True) @ self.labels.astype(np.float32)
        return self._views(
            placed, texts @ self.head_texts.astype(np.float32) if self.head_media.shape[1] else texts[:, :0]
        )

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Everything as named arrays."""
        return {f"{prefix}{name}": np.ascontiguousarray(value) for name, value in vars(self).items()}

    def _views(self, by_prototypes: np.ndarray, by_head: np.ndarray) -> np.ndarray:
        head = HEAD_SHARE if by_head.shape[1] else 0.0
        return np.hstack([np.sqrt(1 - head) * unit_rows(by_prototypes), np.sqrt(head) * unit_rows(by_head)]).astype(
            np.float32
        )


def evidence_of(encoder: str, labels: int, text_encoder: str) -> Evidence | None:
    """The evidence of an encoder's key, or None if there is none, or if it has another number of labels.

    `text_encoder`: the key of the texts; there is no head for one that it was not trained for.
    """
    name = reference_of(encoder)
    if name not in ENCODERS.names() or not (FOLDER / f"{name}.safetensors").is_file():
        return None
    found, trained_for = _stored(name)
    if len(found.labels) != labels:
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
