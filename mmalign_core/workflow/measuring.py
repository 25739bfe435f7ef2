"""Fit an aligner on one part of the items and measure it on the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.aligners.base import no_watch
from mmalign_core.corrections import CORRECTIONS, Correction
from mmalign_core.matchers import MATCHERS
from mmalign_core.metrics.report import Evaluation, evaluation
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
    """The aligner fitted last, and what was measured of all fits, query by query."""

    aligner: Aligner
    evaluation: Evaluation


def measure(
    sets: Sets, choices: Choices, held: HeldOut, cost: Cost, progress: Progress, *, watch: Watch = no_watch
) -> Measured:
    """Fit on each part's training items, place its measured items, and judge them all together.

    BadInput before any fit if items are held out and the aligner places only what it was fitted on.
    """
    refuse_unplaceable(choices)
    spaces, banks, many = [], [], len(held.parts)
    for number, part in enumerate(held.parts, 1):
        words = f"fold {number} of {many}: " if many > 1 else ""
        shown = within(progress, 0.95 * (number - 1) / many, 0.95 * number / many, words)
        fitted = fit(sets, part.train, choices, cost, shown, watch=watch)
        spaces.append(placed(fitted, sets, part.test, choices, cost))
        banks.append(placed(fitted, sets, part.train, choices, cost) if wants_bank(choices) else {})
    progress(0.95, "measuring")
    return Measured(fitted, judge(spaces, banks, choices, cost))


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


def judge(spaces: list[Sets], banks: list[Sets], choices: Choices, cost: Cost) -> Evaluation:
    """What every query met in one space, or in one per fold; `banks`: the training rows placed in each."""
    with timed(cost.seconds, "match"):
        return evaluation(
            spaces,
            choices.pair,
            similarity=SIMILARITIES.create(choices.similarity),
            correction=_correction(choices),
            matcher=MATCHERS.create(choices.matcher, **dict(choices.matcher_params or {})),
            banks=banks,
            seed=choices.seed,
        )


def wants_bank(choices: Choices) -> bool:
    """Whether the correction looks at queries, and there are training rows apart from those measured to stand in."""
    correction = _correction(choices)
    return choices.holds_out and correction.is_transductive(False) and not correction.is_transductive(True)


def is_transductive(choices: Choices) -> bool:
    """Whether any part of the choices looks at all queries together."""
    return (
        ALIGNERS.get(choices.aligner).transductive
        or MATCHERS.get(choices.matcher).transductive
        or _correction(choices).is_transductive(has_bank=choices.holds_out)
    )


def _correction(choices: Choices) -> Correction:
    return CORRECTIONS.create(choices.correction, **dict(choices.correction_params or {}))
