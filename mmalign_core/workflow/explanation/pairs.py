"""Explanation of a pair of media: maps, components, anchors, attention and concept words, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.aligners.explainable import Attends, HasParts
from mmalign_core.explain.concepts import ConceptWords, concept_words, shared_words
from mmalign_core.explain.masks import REST, Explanation, MediaMap
from mmalign_core.explain.parts import check_grid
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.wording import say, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.explanation.components import Component, anchor_shares, component_shares
from mmalign_core.workflow.explanation.concept_words import vocabulary
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.explanation.media_maps import check_method, map_of, or_note
from mmalign_core.workflow.explanation.placed_media import PlacedMedium, placed_medium

Named = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class PairWords:
    """The words of `a` and of `b`, each with the cosine of the decomposition, and the words of both."""

    a: ConceptWords
    b: ConceptWords
    shared: Named


@dataclass(frozen=True)
class PairExplanation:
    """Why the cosine of `a` and `b` is `score`.

    `maps`: "a" is a's medium against b's place, "b" the reverse, each if it can be made. `components`: exact terms of
    the cosine, for linear aligners. `anchors`: (known item, its term) with `anchor_rest`, if the space's dimensions are
    anchors. `attention`: "a" and "b" -> the known items each attends to, which is no attribution. `concepts`: in words.
    `parts`: (kind of evidence, its exact share of the score), if the aligner joins several.
    Missing fields are () or None, and `notes` give the reasons.
    """

    a: PlacedMedium
    b: PlacedMedium
    score: float
    maps: Mapping[str, MediaMap]
    components: tuple[Component, ...]
    component_rest: float
    anchors: Named
    anchor_rest: float
    attention: Mapping[str, Named]
    concepts: PairWords | None
    parts: Named
    notes: tuple[str, ...]

    @property
    def explanation(self) -> Explanation:
        """Return one decomposition of the score: a's map, else b's, else components, anchors, or a single term."""
        for found in self.maps.values():
            rest = self.score - float(found.values.sum())
            seen = found.explanation
            return Explanation(self.score, (*seen.contributions[:-1], (REST, rest)), seen.method, seen.faithfulness)
        if self.components:
            named = tuple((f"component {c.number}", c.value) for c in self.components)
            return Explanation(self.score, (*named, (REST, self.component_rest)), "components")
        if self.anchors:
            return Explanation(self.score, (*self.anchors, (REST, self.anchor_rest)), "anchors")
        if self.parts:
            rest = self.score - sum(value for _, value in self.parts)
            return Explanation(self.score, (*self.parts, (REST, rest)), say("kinds of evidence"))
        return Explanation(self.score, (("similarity", self.score),), say("similarity, not attribution"))


def explain_pair(
    run: Run,
    a: tuple[str, str],
    b: tuple[str, str],
    *,
    store: Store,
    settings: Settings | None = None,
    method: str = "auto",
    grid: int = 7,
    faithful: bool = True,
    progress: Progress = no_progress,
) -> PairExplanation:
    """Return all explanations of the score of these two. `a`, `b`: (modality, item id), or "ID#2".

    `method` and `grid` as in `media_map`. BadInput for a name that the run does not hold, for a method that is possible
    for neither, or for an invalid grid. Other parts that cannot be made (given vectors, a missing file, a method that
    is not possible for one of the two) become notes.
    """
    check_method(method)
    check_grid(grid)
    left, right = placed_medium(run, *a), placed_medium(run, *b)
    notes: list[str] = []
    maps: dict[str, MediaMap] = {}
    attention: dict[str, Named] = {}
    for side, own, other, start in (("a", left, right, 0.0), ("b", right, left, 0.45)):
        shown = within(progress, start, start + 0.45, f"{own.modality}: ")
        masked = or_note(notes, lambda own=own, shown=shown: _masked(run, own, store, settings, grid, shown))
        if masked is not None:
            made = or_note(notes, lambda m=masked, o=other: map_of(m, o.place, method=method, faithful=faithful))
            maps |= {side: made} if made else {}
            attention |= {side: tuple(run.aligner.attention(masked.row)[0])} if isinstance(run.aligner, Attends) else {}
    if method != "auto" and not maps:
        raise BadInput(notes[0])
    progress(0.9, "words")
    words = or_note(notes, lambda: vocabulary(run, store=store, settings=settings))
    terms = *component_shares(run, left, right, words), *anchor_shares(run, left, right)
    in_words = None if words is None else _words_of_pair(run, left, right, words)
    progress(1.0, "explained")
    score = float(left.place.astype(np.float64) @ right.place)
    parts = _parts(run, left, right)
    return PairExplanation(left, right, score, maps, *terms, attention, in_words, parts, tuple(dict.fromkeys(notes)))


def _parts(run: Run, left: PlacedMedium, right: PlacedMedium) -> Named:
    """The share of each kind of evidence in the score; () where there is but one."""
    spans = run.aligner.parts() if isinstance(run.aligner, HasParts) else {}
    terms = left.place.astype(np.float64) * right.place
    return tuple((name, float(terms[span].sum())) for name, span in spans.items()) if len(spans) > 1 else ()


def _masked(
    run: Run, own: PlacedMedium, store: Store, settings: Settings | None, grid: int, progress: Progress
) -> MaskedMedium:
    if own.medium is None:
        raise BadInput(
            say(
                "{name} was given as a ready-made vector, so there is no {modality} to take apart",
                name=own.name,
                modality=say_word(own.modality),
            )
        )
    return MaskedMedium(run, own.medium, store=store, settings=settings, grid=grid, progress=progress)


def _words_of_pair(run: Run, left: PlacedMedium, right: PlacedMedium, known: EmbeddingSet) -> PairWords:
    words, labels = known.vectors, known.ids
    centres = [run.result.space[placed.modality].vectors.mean(axis=0) for placed in (left, right)]
    own = [concept_words(p.place, words, labels, centre=c) for p, c in zip((left, right), centres)]
    shared = shared_words(left.place, right.place, words, labels, centres=(centres[0], centres[1]))
    return PairWords(own[0], own[1], shared)


def pair_json(found: PairExplanation) -> dict[str, Any]:
    """Return the output of `explain --json`."""
    terms = found.explanation
    words = found.concepts
    return {
        "a": found.a.name,
        "b": found.b.name,
        "score": found.score,
        "contributions": _labelled(terms.contributions),
        "method": terms.method,
        "faithfulness": {side: faithfulness_json(made) for side, made in found.maps.items()},
        "maps": {side: map_json(made) for side, made in found.maps.items()},
        "components": {"rest": found.component_rest, "terms": [dict(vars(c)) for c in found.components]},
        "anchors": {"rest": found.anchor_rest, "terms": _labelled(found.anchors)},
        "parts": _labelled(found.parts),
        "attention weights, not attribution": {side: _labelled(made) for side, made in found.attention.items()},
        "concepts": words
        and {
            **{side: {"words": _labelled(w.words), "cosine": w.cosine} for side, w in (("a", words.a), ("b", words.b))},
            "shared": _labelled(words.shared),
        },
        "notes": list(found.notes),
    }


def map_json(made: MediaMap) -> dict[str, Any]:
    """Return a map as plain dictionaries. `parts` and `rest` sum to `score`."""
    parts = [
        {"label": part.label, "place": list(part.place), "value": float(value)}
        | ({"sense": part.sense} if part.sense else {})
        for part, value in zip(made.parts, made.values)
    ]
    return {
        "modality": made.modality,
        "method": made.method,
        "score": made.score,
        "parts": parts,
        "rest": made.rest,
        "faithfulness": faithfulness_json(made),
    }


def faithfulness_json(made: MediaMap) -> dict[str, Any] | None:
    """Return the numbers, and whether the map is better than a random order; None if that was not measured."""
    seen = made.faithfulness
    return seen and {**vars(seen), "interval": list(seen.interval), "better": seen.better}


def _labelled(rows: Named) -> list[dict[str, Any]]:
    return [{"label": label, "value": value} for label, value in rows]
