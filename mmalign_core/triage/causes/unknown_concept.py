"""An unknown concept: the picture shows nothing that the encoder's classifier was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.params import param
from mmalign_core.triage.causes.base import Evidence, register
from mmalign_core.triage.causes.medium import MediumCause
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.wording import say


@register("unknown_concept")
class UnknownConcept(MediumCause):
    """The classifier spreads its belief over a fourth of all concepts or more (maximum entropy: Hendrycks et al. 2019).

    Measured with efficientnet-lite0 on 40 pictures of noise, print, charts and patterns among three clean collections:
    the entropy tells them apart with an area under the curve of 0.78 to 0.88, this bar finds 42% of them at 2 to 5%
    false alarms, and the entropy of clean pictures tells the missed ones with 0.58 to 0.66. Not used, since no better
    than chance: how far a text lies from all labels (0.20 and 0.58 on photographs). Sounds were not measured.
    """

    summary = say("The encoder knows no concept that fits the picture")
    modalities = ("image",)
    least: float = param(0.25, 0, 1, help=say("share of all concepts that are equally likely"))

    def fault(self, facts: MediaFacts, modality: str, key: str) -> tuple[Mapping[str, Any], float] | None:
        """The likeliest concepts, and how many alike ones have the same entropy, whose share is the confidence."""
        seen = facts.concepts.get(key)
        if seen is None or seen.effective < self.least * seen.many:
            return None
        evidence = {
            "likeliest": [{"concept": name, "probability": round(chance, 4)} for name, chance in seen.best],
            "as_likely": round(seen.effective),
            "concepts": seen.many,
        }
        return evidence, min(1.0, seen.effective / seen.many)

    @classmethod
    def fault_words(cls, evidence: Evidence) -> str:
        """How undecided the classifier is, and what it holds likeliest."""
        best = ", ".join(f"{one['concept']} ({one['probability']:.1%})" for one in evidence["likeliest"])
        return say(
            "fits no concept well: the classifier is as undecided as among {as_likely:,} of {concepts:,} "
            "concepts, and holds these likeliest: {best}",
            as_likely=evidence["as_likely"],
            concepts=evidence["concepts"],
            best=best,
        )
