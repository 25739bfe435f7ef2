"""Encode media on this machine: vectors, and the posterior of encoders that classify."""

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
    """What became of one batch: row i of `vectors` (n, d) and `posterior` (n, c) or None belongs to `digests[i]`.

    `skipped` are the media that could not be used; their `source` is the digest.
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
    """Encode every medium once per digest, leaving out digests in `skip`; batches come in the order of the media.

    `threads` decode (default: the settings' number). Each batch is yielded as soon as it is done, so a caller that
    writes it down loses at most the batch in flight. A medium that cannot be decoded or encoded is reported in its
    batch's `skipped` and the rest goes on. Whatever ends the iteration (an exception from `progress`, such as
    Cancelled, or closing the iterator), no worker thread is left behind.
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

    doing = f"encoding {encoder.modality}"
    batches = run_batches(encoder, media, model, threads=threads, skip=skip, progress=progress, doing=doing)
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
