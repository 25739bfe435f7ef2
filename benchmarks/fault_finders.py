"""Finders of planted faults that lie in one medium, as the causes of the triage find them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mmalign_core.store import Store
from mmalign_core.triage.causes import CAUSES
from mmalign_core.triage.causes.medium import MediumCause
from mmalign_core.types import Collection
from mmalign_core.workflow import encode
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS
from mmalign_core.workflow.error_analysis.measured_media import media_facts

MEDIUM_CAUSES = ("blank_picture", "silent_sound", "short_text", "unread_language", "cut_off_text", "unknown_concept")

Scores = Mapping[str, float]


@dataclass(frozen=True)
class Found:
    """`rankings`: name -> item -> score, higher for likelier faults; ours is first. `flagged`: items with the cause."""

    rankings: Mapping[str, Scores]
    flagged: frozenset[str]


def faulty_media(cause: str) -> Callable[[Collection, Store, int], Found]:
    """What finds a cause that lies in one medium: its confidence, and how little the text says beside short texts."""

    def found(collection: Collection, store: Store, seed: int) -> Found:
        used = {m: DEFAULT_ENCODERS[m] for m in collection.modalities if m not in collection.vectors}
        seen = encode(collection, store=store, modalities=("image",)).sets if cause == "unknown_concept" else {}
        facts = media_facts(collection, used, store=store, encoded=seen)
        finder = CAUSES.create(cause)
        assert isinstance(finder, MediumCause)
        media = [m for modality in finder.modalities for m in collection.media_of(modality)]
        faults = {m.item: finder.fault(facts, m.modality, m.digest) for m in media}
        scores = {item: fault[1] if fault else 0.0 for item, fault in faults.items()}
        lengths = {m.item: -float(len(m.text)) for m in media if m.text}
        beside = {"shortest text": lengths} if cause == "short_text" else {}
        return Found({"confidence": scores, **beside}, frozenset(item for item, fault in faults.items() if fault))

    return found
