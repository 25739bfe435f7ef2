"""Distinct rows of one modality, their spectrum, and projections of them onto few directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.linear.spectral import principal
from mmalign_core.types import BadInput, EmbeddingSet

FEWEST_ROWS = 20
"""Fewest distinct rows with a usable shape. Chosen: twice the NEIGHBOURS that are compared."""


@dataclass(frozen=True)
class Spectrum:
    """A modality's centred rows in its own main directions: `scores` (n, r), `directions` (d, r), `deviations` (r,).

    The deviations are in decreasing order.
    """

    scores: np.ndarray
    directions: np.ndarray
    deviations: np.ndarray


@dataclass(frozen=True)
class Projected:
    """Unit `rows` (n, k) float32 of a modality, which are unit(centred @ map), and the `map` (d, k)."""

    rows: np.ndarray
    map: np.ndarray


def distinct_rows(aligner: str, sets: Mapping[str, EmbeddingSet], most: int, seed: int) -> dict[str, np.ndarray]:
    """Return modality -> at most `most` different vectors (n, d) float64, in an order independent of ids and row order.

    BadInput unless there are two modalities with at least FEWEST_ROWS different vectors each.
    """
    if len(sets) < 2:
        raise BadInput(f"{aligner} aligns two modalities or more; {' and '.join(sets) or 'none'} was given")
    found = {m: _distinct(s.vectors) for m, s in sets.items()}
    for m, rows in found.items():
        if len(rows) < FEWEST_ROWS:
            raise BadInput(
                f"{aligner} compares the shapes of whole collections: {m} has {len(rows)} different vectors, "
                f"at least {FEWEST_ROWS} are needed; give more items, or pairs to another aligner"
            )
    return {m: sample(rows, most, np.random.default_rng(seed)).astype(np.float64) for m, rows in found.items()}


def enough_rows(rows: EmbeddingSet) -> bool:
    """Whether the set has enough different vectors to be aligned by its shape."""
    return len(_distinct(rows.vectors)) >= FEWEST_ROWS


def _distinct(vectors: np.ndarray) -> np.ndarray:
    """Return the different rows, compared as bytes: sorting bytes is many times faster than sorting numbers."""
    if not vectors.size:
        return vectors[:1]
    whole = np.ascontiguousarray(vectors).view(np.dtype((np.void, vectors.itemsize * vectors.shape[1])))[:, 0]
    return vectors[np.unique(whole, return_index=True)[1]]


def sample(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return at most `most` of the rows, in their order."""
    return rows if len(rows) <= most else rows[np.sort(rng.choice(len(rows), most, replace=False))]


def spectrum(centred: np.ndarray) -> Spectrum:
    """Return the main directions of centred rows (n, d). Their rank r is at least 1 if the rows differ."""
    variances, directions = principal(centred)
    directions = np.ascontiguousarray(directions[:, ::-1])
    return Spectrum(centred @ directions, directions, np.sqrt(variances[::-1]))


def project(seen: Spectrum, dims: int, power: float) -> Projected:
    """Return the first `dims` directions with deviations to the `power`: 1 keeps the shape, 0 whitens it."""
    scale = seen.deviations[:dims] ** (power - 1)
    rows = seen.scores[:, :dims] * scale
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = rows / np.where(lengths > 0, lengths, 1)
    return Projected(unit.astype(np.float32), seen.directions[:, :dims] * scale)
