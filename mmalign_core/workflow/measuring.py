"""Fit an aligner on one part of the items and measure it on the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.aligners.base import no_watch
from mmalign_core.corrections import CORRECTIONS
from mmalign_core.matchers import MATCHERS
from mmalign_core.metrics.report import evaluate
from mmalign_core.similarities import SIMILARITIES
from mmalign_core.types import BadInput, Progress
from mmalign_core.workflow.choices import Choices
from mmalign_core.workflow.cost import Cost, timed
from mmalign_core.workflow.holding_out import HeldOut
from mmalign_core.workflow.preparing import Sets, place
from mmalign_core.workflow.scaled import within

Watch = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True)
class Measured:
    """The aligner fitted last, and what was measured of all fits: `quality` as `metrics.report.evaluate` gives it."""

    aligner: Aligner
    quality: Mapping[str, Any]


def measure(
    sets: Sets, choices: Choices, held: HeldOut, cost: Cost, progress: Progress, *, watch: Watch = no_watch
) -> Measured:
    """Fit on each part's training items, place its measured items, and judge them all together.

    BadInput before any fit if items are held out and the aligner places only what it was fitted on.
    """
    refuse_unplaceable(choices)
    spaces, many = [], len(held.parts)
    for number, part in enumerate(held.parts, 1):
        words = f"fold {number} of {many}: " if many > 1 else ""
        shown = within(progress, 0.95 * (number - 1) / many, 0.95 * number / many, words)
        fitted = fit(sets, part.train, choices, cost, shown, watch=watch)
        spaces.append(placed(fitted, sets, part.test, choices, cost))
    progress(0.95, "measuring")
    return Measured(fitted, judge(spaces, choices, cost))


def refuse_unplaceable(choices: Choices) -> None:
    """BadInput if items are to be held out from an aligner that could never place them."""
    if choices.holds_out and ALIGNERS.get(choices.aligner).transductive:
        raise BadInput(
            f"'{choices.aligner}' places only the rows it was fitted on, so it cannot be measured on held-out items; "
            "measure it without a test share or folds, or choose another aligner"
        )


def fit(
    sets: Sets, items: Sequence[str], choices: Choices, cost: Cost, progress: Progress, *, watch: Watch = no_watch
) -> Aligner:
    """A new aligner of the chosen kind fitted on these items, in every modality; `watch` gets rows of its history."""
    progress(0.0, f"fitting {choices.aligner}")
    model = ALIGNERS.create(choices.aligner, **dict(choices.params or {}))
    training = {m: rows for m, s in sets.items() if len(rows := s.of_items(items))}
    model.watch = watch
    try:
        with cost.fitting():
            return model.fit(training, seed=choices.seed, progress=progress)
    finally:
        model.watch = no_watch


def placed(fitted: Aligner, sets: Sets, items: Sequence[str], choices: Choices, cost: Cost) -> Sets:
    """The pair's rows of these items in the shared space."""
    rows = {m: sets[m].of_items(items) for m in choices.pair}
    with cost.placing(sum(map(len, rows.values()))):
        return {m: place(fitted, s) for m, s in rows.items()}


def judge(spaces: list[Sets], choices: Choices, cost: Cost) -> dict[str, Any]:
    """Metrics, ci95, baseline and space diagnostics of one space, or of one per fold."""
    with timed(cost.seconds, "match"):
        return evaluate(
            spaces,
            choices.pair,
            similarity=SIMILARITIES.create(choices.similarity),
            correction=CORRECTIONS.create(choices.correction, **dict(choices.correction_params or {})),
            matcher=MATCHERS.create(choices.matcher, **dict(choices.matcher_params or {})),
            seed=choices.seed,
        )


def is_transductive(choices: Choices) -> bool:
    """Whether any part of the choices looks at all queries together."""
    return (
        ALIGNERS.get(choices.aligner).transductive
        or MATCHERS.get(choices.matcher).transductive
        or CORRECTIONS.get(choices.correction).transductive
    )
