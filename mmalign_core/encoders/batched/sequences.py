"""Encoding of media as sequences: an encoder's vectors before pooling."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.encoders.base import Encoder
from mmalign_core.encoders.batched.batches import run_batches
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, Progress, Skipped, no_progress


@dataclass(frozen=True)
class SequenceBatch:
    """The result of one batch: `sequences[i]` (t, d) float16 belongs to `digests[i]`; `skipped` as in EncodedBatch."""

    digests: tuple[str, ...]
    sequences: tuple[np.ndarray, ...]
    skipped: tuple[Skipped, ...] = ()


def encode_sequences(
    encoder: Encoder,
    media: Sequence[Media],
    *,
    settings: Settings | None = None,
    threads: int | None = None,
    skip: Collection[str] = (),
    progress: Progress = no_progress,
) -> Iterator[SequenceBatch]:
    """Yield tokens, cells or frames of every medium, once per digest; otherwise as `encode_media`."""
    if settings is not None:
        encoder.settings = settings

    def model(prepared: Sequence[Any]) -> list[np.ndarray]:
        return [_half(encoder, steps) for steps in encoder.sequences(prepared)]

    action = f"{_STEPS.get(encoder.modality, 'steps')} of {encoder.modality}"
    batches = run_batches(encoder, media, model, threads=threads, skip=skip, progress=progress, action=action)
    with closing(batches):
        for outcome in batches:
            steps = tuple(rows for _, part in outcome.parts for rows in part)
            yield SequenceBatch(outcome.digests, steps, outcome.skipped)


_STEPS = {"text": "tokens", "image": "cells", "audio": "frames", "video": "frames"}


def _half(encoder: Encoder, steps: np.ndarray) -> np.ndarray:
    """The steps (t, d) as float16. Raises BadInput if there are none, or a number is not finite in float16."""
    with np.errstate(over="ignore"):
        half = np.ascontiguousarray(steps, np.float16)
    if half.ndim != 2 or not len(half) or not np.isfinite(half).all():
        raise BadInput(f"encoder '{encoder.name}' gave no finite sequence for this {encoder.modality}; leave it out")
    return half
