"""A short text: it says too little, or what could stand at any item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.data.titles import one_line
from mmalign_core.params import param
from mmalign_core.triage.causes.base import LONGEST_TEXT, Evidence, register
from mmalign_core.triage.causes.medium import MediumCause
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.wording import say


@register("short_text")
class ShortText(MediumCause):
    """The text holds no word, names a kind of medium alone, or says far less than the collection's texts do.

    Measured with 20 empty phrases that no list names ("nice one", "see attached"): it finds 55% among descriptions of
    drawings, 59% among captions of photographs and 90% among long titles. Of 1,960 different clean texts 42 have it,
    all of them titles of a few words such as "Georgia?". A rare word passes as information, whatever it means.
    """

    summary = say("The text is too short or too general to tell its item from others")
    modalities = ("text",)
    least: float = param(0.35, 0, 1, help=say("share of the median information below which a text says too little"))

    def fault(self, facts: MediaFacts, modality: str, key: str) -> tuple[Mapping[str, Any], float] | None:
        """The text, its bits of information beside the median, and how many others say the same.

        The confidence is the part of the median that it lacks; 1 for a text that could stand at any item.
        """
        known = facts.texts.get(key)
        if known is None:
            return None
        bits, usual = known.saying.bits, facts.usual_bits
        if not known.saying.empty and bits >= self.least * usual:
            return None
        evidence = {
            "text": known.text,
            "says_only": say("nothing of its item") if known.saying.empty else "little",
            "bits": round(bits, 2),
            "usual_bits": round(usual, 2),
            "same_text": known.saying.others,
        }
        return evidence, 1.0 if known.saying.empty else 1 - bits / usual

    @classmethod
    def fault_words(cls, evidence: Evidence) -> str:
        """What it says, beside what is usual."""
        words = say(
            "says {says_only}: “{one_line}” carries",
            says_only=evidence["says_only"],
            one_line=one_line(evidence["text"], LONGEST_TEXT),
        )
        same = (
            say("; {same_text:,} others say the same", same_text=evidence["same_text"]) if evidence["same_text"] else ""
        )
        return say(
            "{words} {bits:.1f} bits, where {usual_bits:.1f} are usual{same}",
            words=words,
            bits=evidence["bits"],
            usual_bits=evidence["usual_bits"],
            same=same,
        )
