"""A side that lacks: a right answer that could not be used, or a chosen candidate whose own partner is not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from mmalign_core.triage.causes.base import Cause, CauseFinder, Context, Evidence, register
from mmalign_core.types.skips import reasons_by_item
from mmalign_core.wording import say, say_word

_PARTNERLESS = 0.5
"""Of the confidence: a choice that nobody can judge may be as well right as wrong. Our choice."""


@register("missing_modality")
class MissingModality(CauseFinder):
    """The query is wrong, and a medium that could have made it right is not there.

    Items that lack a side altogether are no queries; `errors` lists them apart.
    """

    summary = say("A right answer was skipped, or the chosen candidate has no partner of its own")

    @classmethod
    def sentence(cls, evidence: Evidence, title: Callable[[str], str]) -> str:
        """Which medium is not there, and why, or what the chosen candidate lacks."""
        if "reason" in evidence:
            return say(
                "The {modality} of “{title}” was skipped: {reason}.",
                modality=say_word(evidence["modality"]),
                title=title(evidence["id"]),
                reason=evidence["reason"],
            )
        return say(
            "The chosen candidate belongs to “{title}”, which holds no {modality}, as {without:,} of {n:,} "
            "candidates do.",
            title=title(evidence["id"]),
            modality=say_word(evidence["modality"]),
            without=evidence["without"],
            n=evidence["n"],
        )

    def find(self, context: Context) -> Sequence[Cause | None]:
        """For a wrong query whose item had candidates skipped: which, and why; the confidence is their share.

        For one whose chosen candidate belongs to an item without the query's modality: which item; the confidence is
        half the share of candidates that have their partner.
        """
        judged = context.judgements
        source, target = judged.direction
        skipped = reasons_by_item(context.collection.skipped, target)
        held = Counter(judged.candidates.ids)
        askers = _holders(context, source)
        partnered = np.array([item in askers for item in judged.candidates.ids], bool)
        found: list[Cause | None] = []
        for query, chosen, missed in zip(judged.queries.ids, judged.chosen.tolist(), judged.missed.tolist()):
            owner = judged.candidates.ids[chosen]
            cause = None
            if missed and query in skipped:
                evidence = {"id": query, "modality": target, "reason": skipped[query][-1]}
                cause = Cause(self.name, evidence, len(skipped[query]) / (len(skipped[query]) + held[query]))
            elif missed and not partnered[chosen]:
                evidence = {"id": owner, "modality": source, "without": int((~partnered).sum()), "n": len(partnered)}
                cause = Cause(self.name, evidence, _PARTNERLESS * float(partnered.mean()))
            found.append(cause)
        return found


def _holders(context: Context, modality: str) -> set[str]:
    """The items that have a medium or vector of the modality, and the items that were asked."""
    given = context.collection.vectors.get(modality)
    owners = {medium.item for medium in context.collection.media_of(modality)}
    return owners | set(given.ids if given else ()) | set(context.judgements.queries.ids)
