"""Fit an aligner on one part of the items and measure it on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.aligners.base import no_watch
from mmalign_core.cost import Cost, timed
from mmalign_core.metrics.direction import Direction, pooled
from mmalign_core.metrics.report import Evaluation, evaluation, measure_all
from mmalign_core.progress import within
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.types import Progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.deciding import Suggested, decider, suggest, takes_suggestion
from mmalign_core.workflow.alignment.fitting import Watch, fit, joined, placed, refuse_unplaceable, wants_bank
from mmalign_core.workflow.alignment.fusing import fused_directions, fused_report
from mmalign_core.workflow.alignment.holding_out import HeldOut
from mmalign_core.workflow.alignment.preparing import Sets


@dataclass(frozen=True)
class Measured:
    """The aligner fitted last, what was measured of all fits, query by query, for each fit the thresholds used in
    place of the chosen one (none, unless the matcher was told to take the suggested one), and how well whole items
    are found (`fused_report`)."""

    aligner: Aligner
    evaluation: Evaluation
    thresholds: tuple[Suggested, ...] = ()
    fused: Mapping[str, Any] = field(default_factory=dict)


def measure(
    sets: Sets, choices: Choices, held: HeldOut, cost: Cost, progress: Progress, *, watch: Watch = no_watch
) -> Measured:
    """Fit on each part's training items, place its measured items, and judge them all together; only fit where there
    is nothing to measure.

    BadInput before any fit if items are held out and the aligner places only what it was fitted on.
    """
    refuse_unplaceable(choices)
    if held.unmeasured:
        fitted = fit(sets, held.parts[0].train, choices, cost, progress, watch=watch)
        return Measured(fitted, Evaluation({}, {}, choices.seed))
    spaces, banks, thresholds, fused, many = [], [], [], [], len(held.parts)
    for number, part in enumerate(held.parts, 1):
        words = f"fold {number} of {many}: " if many > 1 else ""
        shown = within(progress, 0.95 * (number - 1) / many, 0.95 * number / many, words)
        fitted = fit(sets, part.train, choices, cost, shown, watch=watch)
        spaces.append(placed(fitted, sets, part.test, choices, cost))
        banks.append(placed(fitted, sets, part.train, choices, cost) if wants_bank(choices) else {})
        together = {m: sets[m] for m in joined(sets, part.train, choices)}
        fused.append(fused_directions(fitted, together, part.test, choices))
        if takes_suggestion(choices):
            thresholds.append(suggest(sets, part.train, choices.settled_by(fitted), cost, shown))
    progress(0.95, "measuring")
    evaluation = judge(spaces, banks, choices, cost, thresholds)
    return Measured(fitted, evaluation, tuple(thresholds), fused_report(fused, choices))


def judge(
    spaces: list[Sets], banks: list[Sets], choices: Choices, cost: Cost, thresholds: Sequence[Suggested] = ()
) -> Evaluation:
    """What every query met in one space, or in one per fold; `banks`: the training rows placed in each.

    `thresholds`: for each space those to decide by, by direction, in place of the chosen one.
    """
    how = {"similarity": choices.new_similarity(), "correction": choices.new_correction()}
    with timed(cost.seconds, "match"):
        found = evaluation(spaces, choices.pair, **how, matcher=choices.new_matcher(), banks=banks, seed=choices.seed)
        if not thresholds:
            return found
        parts: dict[str, list[Direction]] = {way: [] for way in found.directions}
        for space, bank, by in zip(spaces, banks, thresholds):
            for way, judged in parts.items():
                own = decider(choices, way, by)
                each = measure_all([space], choices.pair, **how, matcher=own, banks=[bank], seed=choices.seed)
                judged.append(each[way])
    return replace(found, directions={way: pooled(judged) for way, judged in parts.items()})


def is_transductive(choices: Choices) -> bool:
    """Whether any part of the choices looks at all queries together."""
    return (
        ALIGNERS.get(choices.aligner).transductive
        or MATCHERS.get(choices.matcher).transductive
        or choices.new_correction().is_transductive(has_bank=choices.holds_out)
    )
