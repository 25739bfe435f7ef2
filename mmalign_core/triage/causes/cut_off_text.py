"""A cut off text: it is longer than the encoder reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.data.titles import one_line
from mmalign_core.triage.causes.base import LONGEST_TEXT, Evidence, register
from mmalign_core.triage.causes.medium import MediumCause
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.wording import say

_SHOWN = 80
"""Characters of the unread part that the evidence shows; our choice, a line."""


@register("cut_off_text")
class CutOffText(MediumCause):
    """The encoder does not read the text to its end, by its own tokenizer."""

    summary = say("The text is longer than the encoder reads")
    modalities = ("text",)

    def fault(self, facts: MediaFacts, modality: str, key: str) -> tuple[Mapping[str, Any], float] | None:
        """Characters of the text and of its read part, and how the rest begins. The confidence is the unread share."""
        known = facts.texts.get(key)
        if known is None or known.read >= known.characters:
            return None
        rest = known.text[known.read :].strip()[:_SHOWN]
        return {"characters": known.characters, "read": known.read, "unread": rest}, 1 - known.read / known.characters

    @classmethod
    def fault_words(cls, evidence: Evidence) -> str:
        """How much of it is read, and how the rest begins."""
        return say(
            "has {characters:,} characters, of which the encoder reads {read:,}; it does not read “{one_line}”",
            characters=evidence["characters"],
            read=evidence["read"],
            one_line=one_line(evidence["unread"], LONGEST_TEXT),
        )
