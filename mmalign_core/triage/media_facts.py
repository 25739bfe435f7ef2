"""Facts of media that show which are at fault: levels of pictures and sounds, and what texts say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mmalign_core.data.media.levels import PictureLevels, SoundLevels
from mmalign_core.triage.languages import unread_language
from mmalign_core.triage.words import Saying, sayings
from mmalign_core.types import EmbeddingSet, Media

_BEST = 3
"""Concepts that are named as evidence; our choice."""
_SUM = 1e-3
"""By how much the sum of a softmax may differ from 1 in float32. Our choice."""


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
class ConceptFacts:
    """What a classifier saw: `entropy` in nats over `many` concepts, and the likeliest with their probabilities."""

    entropy: float
    many: int
    best: tuple[tuple[str, float], ...]

    @property
    def effective(self) -> float:
        """The number of equally likely concepts of the same entropy."""
        return math.exp(self.entropy)


@dataclass(frozen=True)
class MediaFacts:
    """Facts by content digest: `pictures` (and frames of videos), `sounds`, `texts`, and `concepts` of what was seen.

    `usual_bits`: the median information of a text of the collection; `languages`: those that the text encoder reads,
    () if any. `notes`: sentences that say what could not be looked at.
    """

    pictures: Mapping[str, PictureLevels] = field(default_factory=dict)
    sounds: Mapping[str, SoundLevels] = field(default_factory=dict)
    texts: Mapping[str, TextFacts] = field(default_factory=dict)
    concepts: Mapping[str, ConceptFacts] = field(default_factory=dict)
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


def concept_facts(rows: EmbeddingSet) -> dict[str, ConceptFacts]:
    """Digest -> what a softmax classifier saw.

    {} for encoders that do not classify, and for those whose probabilities are independent: low ones of a sound are
    usual, so that their entropy says nothing.
    """
    seen = rows.concepts
    if seen is None or not len(rows) or np.abs(seen.posterior.sum(axis=1) - 1).max() > _SUM:
        return {}
    found = {}
    for key, row in zip(rows.keys, seen.posterior):
        chances = row.astype(np.float64)
        positive = chances[chances > 0]
        best = np.argsort(-chances)[:_BEST]
        named = tuple((seen.labels[place], float(chances[place])) for place in best)
        found[key] = ConceptFacts(float(-(positive * np.log(positive)).sum()), len(chances), named)
    return found
