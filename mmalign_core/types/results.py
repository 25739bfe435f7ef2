"""Results: the shared space of an alignment, matched pairs, and recommended items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.types.digests import digest_json
from mmalign_core.types.embeddings import EmbeddingSet


@dataclass(frozen=True)
class AlignmentResult:
    """A fitted aligner's shared space: modality -> EmbeddingSet whose vectors are (n_m, k) coordinates.

    Rows have unit length, except those of the aligner as-is, which keeps the given lengths. `history` holds one row
    of measures for each step of the fit, `seconds` the wall time of the fit. A `transductive` aligner places only
    the rows that it was fitted on.
    """

    aligner: str
    family: str
    params: Mapping[str, Any]
    seed: int
    space: Mapping[str, EmbeddingSet]
    history: Sequence[Mapping[str, float]] = ()
    seconds: float = 0.0
    transductive: bool = False

    @property
    def digest(self) -> str:
        """Content digest of the space, for caching."""
        placed = sorted((m, s.digest) for m, s in self.space.items())
        return digest_json([self.aligner, dict(self.params), self.seed, placed])


@dataclass(frozen=True)
class Matches:
    """Matched pairs: row indices into the source and target sets, their scores, and the rule of the matcher.

    `sources`, `targets` and `scores` are (p,) arrays.
    """

    sources: np.ndarray
    targets: np.ndarray
    scores: np.ndarray
    rule: str


@dataclass(frozen=True)
class Recommendation:
    """One recommended item. `contributions` (label -> value) sum to `score`. Ranks start at 1."""

    id: str
    score: float
    rank: int
    contributions: Mapping[str, float]
    reason: str
