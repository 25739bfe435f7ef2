"""Use case: what was asked with and a recommended item in words, and the words that both share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.explain.concepts import ConceptWords, concept_words, shared_words
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Progress, no_progress
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow.align.run import Run
from mmalign_core.workflow.explaining.vocabulary import vocabulary

if TYPE_CHECKING:
    from mmalign_core.workflow.answers.recommending import Answer


@dataclass(frozen=True)
class AnswerWords:
    """In the item's `modality`: words for what was `asked`, for the `item`, each with the cosine that they reach, and
    (label, weight) of those `shared`."""

    modality: str
    asked: ConceptWords
    item: ConceptWords
    shared: tuple[tuple[str, float], ...]


def answer_words(
    run: Run,
    answer: Answer,
    item: str,
    *,
    store: Store,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> tuple[AnswerWords, ...]:
    """One for each modality that the item has and the question weighs; BadInput where the run has no words.

    Places are taken around the mean of their own modality, since modalities lie apart in most shared spaces.
    """
    progress(0.0, "placing the words of the collection")
    words = vocabulary(run, store=store, settings=settings)
    progress(0.8, "putting places into words")
    row, found = answer.items.row(item), []
    for modality in answer.items.parts:
        asked = _asked(answer, modality)
        own = answer.items.parts[modality][row].astype(np.float64) - answer.items.mean(modality)
        counts = answer.asked.weights.get(modality, 0.0) > 0 and len(own) == words.vectors.shape[1]
        if counts and answer.items.present(modality)[row] and np.any(asked):
            found.append(_words(modality, asked, own, words.vectors, words.ids))
    progress(1.0, "in words")
    return tuple(found)


def _words(
    modality: str, asked: np.ndarray, own: np.ndarray, words: np.ndarray, labels: tuple[str, ...]
) -> AnswerWords:
    """Both directions start at zero, which is the mean of their modality."""
    zero = np.zeros(len(own))
    query, item = (concept_words(direction, words, labels, centre=zero) for direction in (asked, own))
    return AnswerWords(modality, query, item, shared_words(asked, own, words, labels, centres=(zero, zero)))


def _asked(answer: Answer, modality: str) -> np.ndarray:
    """(k,) sum of what was asked with, each weighed and less the mean of the modality it came in."""
    total = np.zeros(answer.items.parts[modality].shape[1])
    for placed in answer.placed:
        if placed.signal is not None and modality in placed.signal.points:
            kind = placed.wish.kind if placed.wish.kind in answer.items.parts else modality
            point = unit_rows(np.asarray(placed.signal.points[modality], np.float64)[None])[0]
            total += placed.wish.weight * (point - answer.items.mean(kind))
    profile = answer.items.profile(answer.asked.history).get(modality) if answer.asked.history else None
    if profile is not None and np.any(profile):
        total += unit_rows(profile[None])[0] - answer.items.mean(modality)
    return total
