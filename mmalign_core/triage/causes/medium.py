"""Causes that lie in one medium: that of the query, or that of its right answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mmalign_core.triage.causes.base import Cause, CauseFinder, Context
from mmalign_core.triage.media_facts import MediaFacts


class MediumCause(CauseFinder):
    """A finder that looks at one medium at a time. A subclass declares `modalities` and `fault`."""

    modalities: ClassVar[tuple[str, ...]]
    """The modalities whose media it looks at."""

    @abstractmethod
    def fault(self, facts: MediaFacts, modality: str, key: str) -> tuple[Mapping[str, Any], float] | None:
        """Evidence ready for JSON and confidence in 0..1 that the medium with this content digest is at fault.

        None where it is not, or nothing is known of it.
        """

    def find(self, context: Context) -> Sequence[Cause | None]:
        """For each query that went wrong its cause, in the query's own medium or else in that of its right answer.

        `side` of the evidence says in which of both, `medium` and `item` say where it lies.
        """
        judged = context.judgements
        found: list[Cause | None] = [None] * len(judged)
        sides = (("right", judged.candidates, judged.right.tolist()), ("query", judged.queries, range(len(judged))))
        for side, rows, places in sides:  # the query's own medium comes last and stays
            if rows.modality not in self.modalities:
                continue
            missed = zip(places, judged.missed.tolist())
            for row, place in [(row, place) for row, (place, wrong) in enumerate(missed) if wrong]:
                fault = self.fault(context.facts, rows.modality, rows.keys[place])
                if fault is not None:
                    where = {"side": side, "medium": rows.modality, "item": rows.ids[place]}
                    found[row] = Cause(self.name, where | dict(fault[0]), fault[1])
        return found
