"""Places of a run in words: its vocabulary, and the words of a query and of a recommended item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.explain.concepts import ConceptWords, concept_words, shared_words
from mmalign_core.explain.words import common_words, is_descriptive, word_spans
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Progress, digest_bytes, no_progress
from mmalign_core.types import Media as Text
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.inputs import place_media, text_encoder
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.explanation.masked_medium import run_encoder
from mmalign_core.workflow.recommendation.answers import Answer

MOST_OWN = 1500
"""Number of the collection's most frequent words that are used: 512 numbers each take 3 MB. Chosen, not measured."""


@dataclass(frozen=True)
class AnswerWords:
    """In the item's `modality`: words of the `query` and of the `item`, each with the cosine of the
    decomposition, and (label, weight) of the words `shared` by both."""

    modality: str
    query: ConceptWords
    item: ConceptWords
    shared: tuple[tuple[str, float], ...]


def vocabulary(run: Run, *, store: Store, settings: Settings | None = None) -> EmbeddingSet:
    """Return words placed in the run's space: `ids` are the words, `vectors` (c, k) their places.

    They are encoded once and kept in the store. BadInput if the run has no text by an encoder of ours.
    """
    run_encoder(run, "text")
    words = tuple(dict.fromkeys([*collection_words(run), *_labels(run)]))
    media = [Text(word, "text", digest_bytes(word.encode()), text=word) for word in words]
    if not media:
        raise BadInput(say("this run has no words to describe places with"))
    name = text_encoder(run.encoders)
    model = encoder(name, "text")
    return place_media(run.aligner, media, model, name, store=store, cache=store, settings=settings)


def collection_words(run: Run) -> list[str]:
    """Return the collection's most frequent words, without `common_words`."""
    texts = [m.text for m in run.collection.media if m.modality == "text" and m.text]
    holding: Counter[str] = Counter()
    for text in texts:
        holding.update({text[a:b].casefold() for a, b in word_spans(text[:10_000])})
    common = common_words(holding, len(texts))
    kept = ((word, count) for word, count in holding.items() if word not in common and is_descriptive(word))
    return [word for word, _ in sorted(kept, key=lambda row: (-row[1], row[0]))][:MOST_OWN]


def _labels(run: Run) -> list[str]:
    """Return the names of the concepts of this run's encoders."""
    known = {m: reference_of(source) for m, source in run.encoders.items() if is_known(reference_of(source))}
    return [label for modality, reference in known.items() for label in encoder(reference, modality).labels]


def answer_words(
    run: Run,
    answer: Answer,
    item: str,
    *,
    store: Store,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> tuple[AnswerWords, ...]:
    """Return one for each modality that the item has and the query weighs. BadInput if the run has no words.

    Places are centred at the mean of their own modality, because modalities are apart in most shared spaces.
    """
    progress(0.0, say("placing the words of the collection"))
    words = vocabulary(run, store=store, settings=settings)
    progress(0.8, say("describing places in words"))
    row, found = answer.items.row(item), []
    for modality in answer.items.parts:
        query = _query_direction(answer, modality)
        own = answer.items.parts[modality][row].astype(np.float64) - answer.items.mean(modality)
        counts = answer.placed.weights.get(modality, 0.0) > 0 and len(own) == words.vectors.shape[1]
        if counts and answer.items.present(modality)[row] and np.any(query):
            found.append(_words(modality, query, own, words.vectors, words.ids))
    progress(1.0, say("in words"))
    return tuple(found)


def result_words(
    run: Run,
    answer: Answer,
    *,
    store: Store,
    settings: Settings | None = None,
    progress: Progress = no_progress,
    most: int = 3,
) -> dict[str, tuple[str, ...]]:
    """Return result -> at most `most` words that it shares with the query, heaviest first over its modalities.

    Words that repeat an earlier one are left out, and results without a shared word. BadInput if the run has no words.
    """
    words, found = vocabulary(run, store=store, settings=settings), {}
    weighed = [m for m in answer.items.parts if answer.placed.weights.get(m, 0.0) > 0]
    asked = {m: _query_direction(answer, m) for m in weighed}
    for place, result in enumerate(answer.results):
        progress(place / len(answer.results), say("words of result {place}", place=place + 1))
        row, weights = answer.items.row(result.id), dict[str, float]()
        for m, query in asked.items():
            if not answer.items.present(m)[row] or not np.any(query) or len(query) != words.vectors.shape[1]:
                continue
            own = answer.items.parts[m][row].astype(np.float64) - answer.items.mean(m)
            zero = np.zeros(len(own))
            for label, weight in shared_words(query, own, words.vectors, words.ids, centres=(zero, zero)):
                weights[label] = max(weights.get(label, 0.0), weight)
        if weights:
            found[result.id] = _different(sorted(weights, key=lambda label: -weights[label]))[:most]
    return found


def _different(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that have no word in common with an earlier one: the first name of each, in lower case."""
    found: list[str] = []
    for label in labels:
        name = label.split(",")[0].casefold()
        if not set(name.split()) & {word for kept in found for word in kept.split()}:
            found.append(name)
    return tuple(found)


def _words(modality: str, query: np.ndarray, own: np.ndarray, words: np.ndarray, labels: Sequence[str]) -> AnswerWords:
    """Return the words of both directions, which are centred at their modality's mean."""
    zero = np.zeros(len(own))
    of_query, of_item = (concept_words(direction, words, labels, centre=zero) for direction in (query, own))
    return AnswerWords(modality, of_query, of_item, shared_words(query, own, words, labels, centres=(zero, zero)))


def _query_direction(answer: Answer, modality: str) -> np.ndarray:
    """Return (k,) the weighted sum of the query's signals, each minus the mean of its own modality."""
    total = np.zeros(answer.items.parts[modality].shape[1])
    for placed in answer.placed.parts:
        if placed.signal is not None and modality in placed.signal.points:
            kind = placed.part.kind if placed.part.kind in answer.items.parts else modality
            point = unit_rows(np.asarray(placed.signal.points[modality], np.float64)[None])[0]
            total += placed.part.weight * (point - answer.items.mean(kind))
    profile = answer.items.profile(answer.placed.history).get(modality) if answer.placed.history else None
    if profile is not None and np.any(profile):
        total += unit_rows(profile[None])[0] - answer.items.mean(modality)
    return total
