"""What every cause finder offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from mmalign_core.data.titles import one_line
from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.scoring.corrections import Scores
from mmalign_core.triage.judgements import Judgements
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.types import Collection, EmbeddingSet

Evidence = Mapping[str, Any]
"""What a person can check of a cause: name of a part -> its value, ready for JSON."""
LONGEST_TEXT = 120
"""Characters of a text that a sentence quotes; our choice: two lines of a page."""
_LONGEST_TITLE = 60
"""Characters of an item's title in a sentence; our choice: it still names the item, and two fit on a line."""


@dataclass(frozen=True)
class Cause:
    """Why a query went wrong. `evidence`: what a person can check, ready for JSON; `confidence` in 0..1."""

    name: str
    evidence: Evidence
    confidence: float

    def report(self) -> dict[str, Any]:
        """The cause as `errors --json` prints it."""
        return {"name": self.name, "evidence": dict(self.evidence), "confidence": round(float(self.confidence), 4)}


def cause_words(name: str) -> str:
    """The name of a cause, or of a part of its evidence, as words."""
    return name.replace("_", " ").replace("-", " ")


def listed(evidence: Evidence) -> str:
    """The parts of the evidence by name, one after the other."""
    return "; ".join(f"{cause_words(name)} {_shown(value)}" for name, value in evidence.items()) + "."


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{cause_words(str(name))} {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return f"{value:.3g}" if isinstance(value, float) else one_line(value, LONGEST_TEXT)


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
    """Finds one kind of cause among the queries of one direction, and says its evidence in a sentence."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def find(self, context: Context) -> Sequence[Cause | None]:
        """For each query of `context.judgements` its cause of this kind, or None."""

    @classmethod
    def summary_of(cls, way: str) -> str:
        """The summary for queries of one direction, such as "text->image"."""
        return cls.summary

    @classmethod
    def sentence(cls, evidence: Evidence, title: Callable[[str], str]) -> str:
        """The evidence of a cause that `find` gave, as a sentence. `title`: item -> what a person calls it.

        A finder without a sentence of its own lists its evidence.
        """
        return listed(evidence)


CAUSES: Registry[CauseFinder] = Registry("cause", "mmalign_core.triage.causes", CauseFinder)
register = CAUSES.register


def cause_sentence(cause: Cause, titles: Mapping[str, str]) -> str:
    """The evidence of a cause as a sentence. `titles`: item -> its title; the id stands for a missing one."""
    try:
        return CAUSES.get(cause.name).sentence(
            cause.evidence, lambda item: one_line(titles.get(item, item), _LONGEST_TITLE)
        )
    except (KeyError, TypeError):  # the evidence is of another version of the finder
        return listed(cause.evidence)
