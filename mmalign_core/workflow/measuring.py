"""Fit an aligner on one part of the items and measure it on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.corrections import CORRECTIONS
from mmalign_core.matchers import MATCHERS
from mmalign_core.metrics.report import evaluate
from mmalign_core.similarities import SIMILARITIES
from mmalign_core.splits import Split, folds, split
from mmalign_core.types import Progress, no_progress
from mmalign_core.workflow.choices import Choices
from mmalign_core.workflow.cost import timed
from mmalign_core.workflow.preparing import Sets, place


@dataclass(frozen=True)
class Measured:
    """The aligner to keep, what was measured of it, and how many paired items it was fitted and measured on."""

    aligner: Aligner
    quality: Mapping[str, Any]
    n_train: int
    n_test: int


def measure(sets: Sets, choices: Choices, seconds: dict[str, float], progress: Progress) -> Measured:
    """Fit and measure on the split the choices ask for; the aligner kept is the one of the only, or final, fit."""
    pair_sets = {m: sets[m] for m in choices.pair}
    everything = tuple(dict.fromkeys(item for s in sets.values() for item in s.ids))
    if choices.folds:
        parts = folds(pair_sets, choices.folds, choices.seed)
        return _measure_folds(sets, everything, parts, choices, seconds, progress)
    part = split(pair_sets, choices.test, choices.seed) if choices.test else Split(everything, everything)
    fitted = fit(sets, part.train, choices, seconds, progress)
    quality = judge([held_out(fitted, sets, part.test, choices, seconds)], choices, seconds)
    paired = paired_items(sets, choices.pair)
    return Measured(fitted, quality, len(paired & set(part.train)), len(paired & set(part.test)))


def fit(sets: Sets, items: tuple[str, ...], choices: Choices, seconds: dict[str, float], progress: Progress) -> Aligner:
    """A new aligner of the chosen kind fitted on these items."""
    model = ALIGNERS.create(choices.aligner, **dict(choices.params or {}))
    with timed(seconds, "fit"):
        return model.fit({m: s.of_items(items) for m, s in sets.items()}, seed=choices.seed, progress=progress)


def held_out(fitted: Aligner, sets: Sets, items: tuple[str, ...], choices: Choices, seconds: dict[str, float]) -> Sets:
    """The pair's rows of these items in the shared space."""
    with timed(seconds, "match"):
        return {m: place(fitted, sets[m].of_items(items)) for m in choices.pair}


def judge(spaces: list[Sets], choices: Choices, seconds: dict[str, float]) -> dict[str, Any]:
    """Metrics, ci95, baseline and space diagnostics of one space, or of one per fold."""
    with timed(seconds, "match"):
        return evaluate(
            spaces,
            choices.pair,
            similarity=SIMILARITIES.create(choices.similarity),
            correction=CORRECTIONS.create(choices.correction),
            matcher=MATCHERS.create(choices.matcher, **dict(choices.matcher_params or {})),
            seed=choices.seed,
        )


def _measure_folds(
    sets: Sets,
    items: tuple[str, ...],
    parts: tuple[Split, ...],
    choices: Choices,
    seconds: dict[str, float],
    progress: Progress,
) -> Measured:
    spaces = []
    for done, part in enumerate(parts):
        progress(done / (len(parts) + 1), f"fold {done + 1} of {len(parts)}")
        fitted = fit(sets, part.train, choices, seconds, no_progress)
        spaces.append(held_out(fitted, sets, part.test, choices, seconds))
    progress(len(parts) / (len(parts) + 1), "fit on all items")
    quality = judge(spaces, choices, seconds)
    paired = paired_items(sets, choices.pair)
    kept = fit(sets, items, choices, seconds, no_progress)
    return Measured(kept, quality, len(paired & set(parts[0].train)), len(paired))


def paired_items(sets: Sets, pair: tuple[str, str]) -> set[str]:
    """Items that have both modalities."""
    return set(sets[pair[0]].ids) & set(sets[pair[1]].ids)
