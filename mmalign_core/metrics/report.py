"""The report of one aligned pair of modalities: everything `align --json` prints about its quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmalign_core.corrections.base import Correction
from mmalign_core.corrections.scores import Scores
from mmalign_core.matchers.base import Matcher
from mmalign_core.metrics.bootstrap import bootstrap_intervals
from mmalign_core.metrics.relevance import relevance, shuffled_owners
from mmalign_core.metrics.retrieval import Outcome, outcomes
from mmalign_core.metrics.space import alignment, hubness, modality_gap, uniformity
from mmalign_core.similarities.base import Similarity
from mmalign_core.types import BadInput, EmbeddingSet


@dataclass(frozen=True)
class Direction:
    """One direction measured: the queries' items, their outcome, the outcome by chance, and the scores."""

    items: tuple[str, ...]
    outcome: Outcome
    shuffled: Outcome
    candidates: int
    unanswerable: int

    def metrics(self, outcome: Outcome) -> dict[str, float | int]:
        """The metrics of an outcome with the sizes behind them."""
        sizes = {"n": len(self.items), "candidates": self.candidates, "unanswerable": self.unanswerable}
        return {**outcome.metrics(), **sizes}


def evaluate(
    spaces: Sequence[Mapping[str, EmbeddingSet]],
    pair: tuple[str, str],
    similarity: Similarity,
    correction: Correction,
    matcher: Matcher,
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Both directions of a pair of modalities in one shared space, or in one space per held-out fold.

    Folds keep their own candidates; their queries are pooled, `candidates` is the mean, diagnostics are averaged.
    Gives `metrics`, `ci95` and `baseline` (items permuted) by direction ("image->text"), and `space`: gap,
    hubness (the worse direction's, both under `hubness_by_direction`), alignment, uniformity (mean of both
    modalities'). Queries whose item has no right candidate are left out and counted as `unanswerable`. Floats are
    plain Python. BadInput if a modality is absent.
    """
    pairs = [(_present(space, pair[0]), _present(space, pair[1])) for space in spaces]
    ways = {f"{pair[0]}->{pair[1]}": pairs, f"{pair[1]}->{pair[0]}": [(b, a) for a, b in pairs]}
    found = {
        way: pooled([measure(s, t, similarity, correction, matcher, seed=seed) for s, t in sides])
        for way, sides in ways.items()
    }
    return {
        "metrics": {name: d.metrics(d.outcome) for name, d in found.items()},
        "ci95": {name: bootstrap_intervals(d.outcome, d.items, seed=seed) for name, d in found.items()},
        "baseline": {name: d.metrics(d.shuffled) for name, d in found.items()},
        "space": _means([diagnostics(a, b, similarity, correction, seed=seed) for a, b in pairs]),
    }


def pooled(parts: Sequence[Direction]) -> Direction:
    """The queries of several folds as one direction."""
    outcome, shuffled = (
        Outcome(*(np.concatenate([getattr(getattr(p, which), what) for p in parts]) for what in ("ranks", "correct")))
        for which in ("outcome", "shuffled")
    )
    items = tuple(item for part in parts for item in part.items)
    candidates = round(float(np.mean([part.candidates for part in parts])))
    return Direction(items, outcome, shuffled, candidates, sum(part.unanswerable for part in parts))


def diagnostics(
    a: EmbeddingSet, b: EmbeddingSet, similarity: Similarity, correction: Correction, *, seed: int = 0
) -> dict[str, Any]:
    """Gap, hubness, alignment and uniformity of two modalities in one space."""
    ways = {f"{s.modality}->{t.modality}": (s, t) for s, t in ((a, b), (b, a))}
    hubs = {name: hubness(_distinct_targets(correction, similarity, s, t)) for name, (s, t) in ways.items()}
    return {
        "gap": modality_gap(a.vectors, b.vectors),
        "hubness": max(hubs.values()),
        "hubness_by_direction": hubs,
        "alignment": alignment(a, b, seed=seed),
        "uniformity": (uniformity(a, seed=seed) + uniformity(b, seed=seed)) / 2,
    }


def _means(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean of each number over the rows, through nested mappings."""
    return {
        name: _means([row[name] for row in rows])
        if isinstance(rows[0][name], Mapping)
        else float(np.mean([row[name] for row in rows]))
        for name in rows[0]
    }


def measure(
    sources: EmbeddingSet,
    targets: EmbeddingSet,
    similarity: Similarity,
    correction: Correction,
    matcher: Matcher,
    *,
    seed: int = 0,
) -> Direction:
    """Every source row is a query over all target rows; `seed` permutes the items of the baseline."""
    answerable = np.flatnonzero(relevance(sources, targets).answerable)
    queries = sources.take(answerable)
    scores = correction.scores(similarity, queries.vectors, targets.vectors)
    truths = [relevance(queries, targets), relevance(queries, targets, shuffled_owners(targets, seed))]
    outcome, shuffled = outcomes(scores, matcher.match(scores), truths)
    return Direction(queries.ids, outcome, shuffled, len(targets), len(sources) - len(queries))


def _present(space: Mapping[str, EmbeddingSet], modality: str) -> EmbeddingSet:
    if modality not in space or not len(space[modality]):
        raise BadInput(f"there is no {modality} to measure; present: {', '.join(m for m in space if len(space[m]))}")
    return space[modality]


def _distinct_targets(
    correction: Correction, similarity: Similarity, sources: EmbeddingSet, targets: EmbeddingSet
) -> Scores:
    """Identical contents count once: among equal scores the lower index would look like a hub."""
    first = {key: i for i, key in reversed(list(enumerate(targets.keys)))}
    return correction.scores(similarity, sources.vectors, targets.vectors[sorted(first.values())])
