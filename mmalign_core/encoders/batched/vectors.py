"""Encoding of media as vectors, with the posterior of encoders that classify."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.encoders.base import Encoded, Encoder
from mmalign_core.encoders.batched.batches import Outcome, run_batches
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, Progress, Skipped, no_progress


@dataclass(frozen=True)
class EncodedBatch:
    """The result of one batch: row i of `vectors` (n, d) and of `posterior` (n, c) or None belongs to `digests[i]`.

    `skipped`: the media that could not be used; their `source` is the digest.
    """

    digests: tuple[str, ...]
    vectors: np.ndarray
    posterior: np.ndarray | None = None
    skipped: tuple[Skipped, ...] = ()


def encode_media(
    encoder: Encoder,
    media: Sequence[Media],
    *,
    settings: Settings | None = None,
    threads: int | None = None,
    skip: Collection[str] = (),
    progress: Progress = no_progress,
) -> Iterator[EncodedBatch]:
    """Yield batches of encoded media in order, once per digest and without the digests in `skip`.

    `threads`: the number of decoding threads (default: from the settings). Each batch is yielded as soon as it is
    complete, so that a caller who stores it loses at most one batch. A medium that cannot be decoded or encoded is in
    its batch's `skipped`. All worker threads end with the iteration, also if `progress` raises Cancelled.
    """
    if settings is not None:
        encoder.settings = settings

    def model(prepared: Sequence[Any]) -> Encoded:
        encoded = encoder.encode(prepared)
        if not np.isfinite(encoded.vectors).all():
            raise BadInput(
                f"encoder '{encoder.name}' gave a vector with NaN or infinity; leave this {encoder.modality} out"
            )
        return encoded

    action = f"encoding {encoder.modality}"
    batches = run_batches(encoder, media, model, threads=threads, skip=skip, progress=progress, action=action)
    with closing(batches):
        for outcome in batches:
            yield _joined(encoder, outcome)


def _joined(encoder: Encoder, outcome: Outcome[Encoded]) -> EncodedBatch:
    encoded = [part for _, part in outcome.parts]
    if not encoded:
        posterior = np.empty((0, len(encoder.labels)), np.float32) if encoder.labels else None
        return EncodedBatch((), np.empty((0, encoder.dim), np.float32), posterior, outcome.skipped)
    posteriors = [part.posterior for part in encoded if part.posterior is not None]
    return EncodedBatch(
        outcome.digests,
        np.concatenate([part.vectors for part in encoded]),
        np.concatenate(posteriors) if posteriors else None,
        outcome.skipped,
    )
