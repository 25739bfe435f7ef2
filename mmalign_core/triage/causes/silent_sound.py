"""A silent sound: nothing is to be heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.triage.causes.base import Evidence, register
from mmalign_core.triage.causes.medium import MediumCause
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.wording import say


@register("silent_sound")
class SilentSound(MediumCause):
    """All or nearly all of the sound is below -60 dB of full scale.

    Sounds alone: a video without a sound is seen. Measured: all planted silences, none of 512 clean sounds.
    """

    summary = say("The sound is silent or nearly silent")
    modalities = ("audio",)

    def fault(self, facts: MediaFacts, modality: str, key: str) -> tuple[Mapping[str, Any], float] | None:
        """Loudness and peak in dB of full scale, and the share of silence, which is the confidence."""
        levels = facts.sounds.get(key)
        if levels is None or not levels.inaudible:
            return None
        evidence = {
            "rms_db": round(levels.rms, 1),
            "peak_db": round(levels.peak, 1),
            "silent": round(levels.silent, 4),
        }
        return evidence, levels.silent

    @classmethod
    def fault_words(cls, evidence: Evidence) -> str:
        """How much of it is silent, and how loud the rest is."""
        return say(
            "is silent for {silent:.0%} of its length; its loudness is {rms_db:.1f} dB and its peak "
            "{peak_db:.1f} dB of full scale",
            silent=evidence["silent"],
            rms_db=evidence["rms_db"],
            peak_db=evidence["peak_db"],
        )
