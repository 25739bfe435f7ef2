"""What every cause finder offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.scoring.corrections import Scores
from mmalign_core.triage.judgements import Judgements
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.types import Collection, EmbeddingSet


@dataclass(frozen=True)
class Cause:
    """Why a query went wrong. `evidence`: what a person can check, ready for JSON; `confidence` in 0..1."""

    name: str
    evidence: Mapping[str, Any]
    confidence: float

    def report(self) -> dict[str, Any]:
        """The cause as `errors --json` prints it."""
        return {"name": self.name, "evidence": dict(self.evidence), "confidence": round(float(self.confidence), 4)}


@dataclass(frozen=True)
class Context:
    """What cause finders look at.

    `judgements`: the m queries of one direction. `scores`: these queries against all candidates, in the same order.
    `encoded`: modality -> vectors as the encoder made them, with concepts where it is a classifier; {} where they
    cannot be had. `encoders`: modality -> encoder key. `suspicion` (m,): 0..1, out of fold, how likely the query's own
    pair is a wrong one; None where it was not computed. `pair_evidence`: item -> what its suspicion rests on, ready for
    JSON; {} where it was not computed. `facts`: what was measured of the media themselves.
    """

    collection: Collection
    judgements: Judgements
    scores: Scores
    encoded: Mapping[str, EmbeddingSet] = field(default_factory=dict)
    encoders: Mapping[str, str] = field(default_factory=dict)
    suspicion: np.ndarray | None = None
    pair_evidence: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    facts: MediaFacts = field(default_factory=MediaFacts)


class CauseFinder(Parametrised, ABC):
    """Finds one kind of cause among the queries of one direction."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def find(self, context: Context) -> Sequence[Cause | None]:
        """For each query of `context.judgements` its cause of this kind, or None."""


CAUSES: Registry[CauseFinder] = Registry("cause", "mmalign_core.triage.causes", CauseFinder)
register = CAUSES.register
