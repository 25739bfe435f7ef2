"""A blank picture: nothing, or no more than a speck, is to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.triage.causes.base import Evidence, register
from mmalign_core.triage.causes.medium import MediumCause
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.wording import say


@register("blank_picture")
class BlankPicture(MediumCause):
    """One colour fills the picture, or all frames of the video, but for noise and specks.

    Measured: all of 1,002 planted blanks (white, black, grey, noisy JPEGs of one colour), none of 2,072 clean pictures.
    """

    summary = say("The picture is blank or nearly blank")
    modalities = ("image", "video")

    def fault(self, facts: MediaFacts, modality: str, key: str) -> tuple[Mapping[str, Any], float] | None:
        """The colour, its share, and the spread of lightness in levels of 255. The confidence is the share."""
        levels = facts.pictures.get(key)
        if levels is None or not levels.blank:
            return None
        evidence = {"colour": levels.colour, "share": round(levels.share, 4), "spread": round(levels.spread, 2)}
        return evidence, levels.share

    @classmethod
    def fault_words(cls, evidence: Evidence) -> str:
        """Which colour fills how much of it."""
        return say(
            "is blank: {colour} fills {share:.0%} of it, and its lightness spreads by {spread:.1f} of 255 levels",
            colour=evidence["colour"],
            share=evidence["share"],
            spread=evidence["spread"],
        )
