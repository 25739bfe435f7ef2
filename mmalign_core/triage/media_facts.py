"""Facts of media that show which are at fault: levels of pictures and sounds, and what texts say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mmalign_core.data.media.levels import PictureLevels, SoundLevels
from mmalign_core.triage.languages import unread_language
from mmalign_core.triage.words import Saying, sayings
from mmalign_core.types import Media


@dataclass(frozen=True)
class TextFacts:
    """One text: `saying` within its collection; `read` of its `characters` are read by the encoder.

    `language`, `odds`: the likeliest language that the encoder does not read, and its log-odds in nats against the
    likeliest that it reads; "" and 0 where the encoder's languages are not known.
    """

    text: str
    characters: int
    read: int
    saying: Saying
    language: str = ""
    odds: float = 0.0


@dataclass(frozen=True)
class MediaFacts:
    """Facts by content digest: `pictures` (and frames of videos), `sounds`, `texts`.

    `usual_bits`: the median information of a text of the collection; `languages`: those that the text encoder reads,
    () if any. `notes`: sentences that say what could not be looked at.
    """

    pictures: Mapping[str, PictureLevels] = field(default_factory=dict)
    sounds: Mapping[str, SoundLevels] = field(default_factory=dict)
    texts: Mapping[str, TextFacts] = field(default_factory=dict)
    usual_bits: float = 0.0
    languages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def text_facts(
    media: Sequence[Media], read: Mapping[str, int], languages: tuple[str, ...]
) -> tuple[dict[str, TextFacts], float]:
    """Digest -> facts of the texts, and the median of their information in bits.

    `read`: digest -> characters that the encoder reads, of the texts that it may not read to the end.
    """
    own = {medium.digest: (medium.text or "").strip() for medium in media}
    said, usual = sayings((medium.text or "").strip() for medium in media)
    found = {}
    for digest, text in own.items():
        language, odds = unread_language(text, languages)
        found[digest] = TextFacts(text, len(text), read.get(digest, len(text)), said[text], language, odds)
    return found, usual
