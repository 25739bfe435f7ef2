"""A suspected wrong pair: both media agree better with other items than with each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mmalign_core.params import param
from mmalign_core.triage.causes.base import Cause, CauseFinder, Context, Evidence, register
from mmalign_core.wording import say, say_list, say_word


@register("wrong_pair")
class WrongPair(CauseFinder):
    """The own pair looks like one drawn at random, by scores of which no fit has seen it.

    The suspicion is made by `find_suspicion`, which takes confident learning (Northcutt, Jiang & Chuang 2021) from
    classes to pairs. Low scores alone do not count: each medium must agree better with another item.
    """

    summary = say("Both media agree better with other items than with each other")
    threshold: float = param(0.2, 0, 1, help=say("suspicion from which a pair is called a suspected wrong one"))

    @classmethod
    def sentence(cls, evidence: Evidence, title: Callable[[str], str]) -> str:
        """What either medium agrees better with, and how suspected the pair is."""
        told: list[str] = []
        for modality, items in evidence["agrees_better_with"].items():
            named = {"modality": say_word(modality), "items": say_list(f"“{title(item)}”" for item in items)}
            its = say("its {modality} agrees better with {items}", **named)
            told.append(its if told else say("Its {modality} agrees better with {items}", **named))
        words = say_list(told, " and ")
        return say(
            "{words} than with its own partner, by scores of fits that never saw this pair. It is "
            "more suspected than {percentile:.0%} of {n:,} pairs.",
            words=words,
            percentile=evidence["percentile"],
            n=evidence["n"],
        )

    def find(self, context: Context) -> Sequence[Cause | None]:
        """For each suspected query: the items that either medium agrees better with, percentile, gap, and n pairs.

        The confidence is the suspicion. None for all where no suspicion or evidence was computed.
        """
        queries = context.judgements.queries.ids
        if context.suspicion is None:
            return [None] * len(queries)
        return [
            self._cause(context, item, float(value)) for item, value in zip(queries, context.suspicion, strict=True)
        ]

    def _cause(self, context: Context, item: str, value: float) -> Cause | None:
        evidence = context.pair_evidence.get(item)
        if evidence is None or not value >= self.threshold or not all(evidence["agrees_better_with"].values()):
            return None
        return Cause(self.name, evidence, value)
