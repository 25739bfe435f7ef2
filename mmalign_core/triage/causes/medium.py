"""Causes that lie in one medium: that of the query, or that of its right answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from mmalign_core.triage.causes.base import Cause, CauseFinder, Context, Evidence
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.wording import say, say_word


class MediumCause(CauseFinder):
    """A finder that looks at one medium at a time. A subclass declares `modalities`, `fault` and `fault_words`."""

    modalities: ClassVar[tuple[str, ...]]
    """The modalities whose media it looks at."""

    @abstractmethod
    def fault(self, facts: MediaFacts, modality: str, key: str) -> tuple[Mapping[str, Any], float] | None:
        """Evidence ready for JSON and confidence in 0..1 that the medium with this content digest is at fault.

        None where it is not, or nothing is known of it.
        """

    @classmethod
    @abstractmethod
    def fault_words(cls, evidence: Evidence) -> str:
        """What is wrong with the medium: the rest of a sentence that begins with it."""

    @classmethod
    def summary_of(cls, way: str) -> str:
        """The summary, and whether the medium asks or answers in this direction, if it is one of both alone."""
        source, target = (modality in cls.modalities for modality in way.split("->"))
        if source == target:
            return cls.summary
        side = say("the query") if source else say("the right answer")
        return say("{summary} ({side})", summary=cls.summary, side=side)

    @classmethod
    def sentence(cls, evidence: Evidence, title: Callable[[str], str]) -> str:
        """Where the medium lies, and what is wrong with it."""
        side = say("the query") if evidence["side"] == "query" else say("the right answer")
        return say(
            "The {medium} of “{title}” ({side}) {fault}.",
            medium=say_word(evidence["medium"]), title=title(evidence["item"]), side=side,
            fault=cls.fault_words(evidence),
        )  # fmt: skip

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
