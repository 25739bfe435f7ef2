"""Use case: a learning curve, the metric against the number of training pairs on the same held-out items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mmalign_core.cost import Cost
from mmalign_core.progress import within
from mmalign_core.splits import Split, nested, paired_column
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.measurement import measure
from mmalign_core.workflow.alignment.plan import AlignmentPlan, HeldOut, make_plan
from mmalign_core.workflow.encoding import Encoding

MOST_STEPS = 12
"""Most points. The smallest share is then 1/2048: two pairs of a few thousand, the fewest that can be fitted."""
Point = Mapping[str, Any]


def learning_curve(
    collection: Collection,
    encoding: Encoding,
    choices: Choices,
    *,
    store: Store,
    steps: int = 4,
    progress: Progress = no_progress,
) -> list[Point]:
    """Return one point for each share 1/2^(steps-1) … 1/2, 1 of the training items, fewest first.

    The subsets consist of whole content groups, and each contains the smaller ones. The measured items and their
    candidates never change. With folds each point covers all of them. A point: share, pairs (in the fit, mean of the
    folds), metrics and ci95 by direction, seconds (mean of the fits), error (None, or why the pairs are too few, with
    empty metrics and ci95). BadInput if nothing is held out.
    """
    choices.check()
    check_steps(choices, steps)
    plan = make_plan(collection, encoding, choices, store=store, progress=within(progress, 0.0, 0.1))
    return points(plan, subsets(plan, steps), within(progress, 0.1, 1.0))


def check_steps(choices: Choices, steps: int) -> None:
    """Raise BadInput unless items are held out and the number of points is in range."""
    if not choices.holds_out:
        raise BadInput(say("a learning curve measures held-out items; choose a test share or folds"))
    if not 2 <= steps <= MOST_STEPS:
        raise BadInput(
            say("a learning curve of {steps} points; give 2 to {most_steps}", steps=steps, most_steps=MOST_STEPS)
        )


def subsets(plan: AlignmentPlan, steps: int) -> list[tuple[float, HeldOut]]:
    """Return (share, the plan's split with only that share of the training items), smallest first, the whole last."""
    shares = [2.0 ** (step - steps) for step in range(1, steps + 1)]
    pair, held = {m: plan.sets[m] for m in plan.choices.pair}, plan.held
    paired = paired_column(pair)
    smaller = [nested(pair, part.train, shares, plan.choices.seed) for part in held.parts]
    found = []
    for step, share in enumerate(shares):
        parts = tuple(Split(kept[step], part.test) for kept, part in zip(smaller, held.parts))
        pairs = round(float(np.mean([np.count_nonzero(paired.among(part.train)) for part in parts])))
        found.append((share, replace(held, parts=parts, n_train=pairs)))
    return found


def points(plan: AlignmentPlan, parts: Sequence[tuple[float, HeldOut]], progress: Progress) -> list[Point]:
    """Return the points of these subsets."""
    found = []
    for number, (share, held) in enumerate(parts):
        start, end = number / len(parts), (number + 1) / len(parts)
        found.append(
            _point(plan, share, held, within(progress, start, end, say("{n_train} pairs: ", n_train=held.n_train)))
        )
    return found


def _point(plan: AlignmentPlan, share: float, held: HeldOut, progress: Progress) -> Point:
    cost = Cost({"fit": 0.0, "match": 0.0})
    try:
        report = measure(plan.with_split(held), cost, progress).evaluation.report()
    except BadInput as error:
        return point(share, held, {"metrics": {}, "ci95": {}}, 0.0) | {"error": str(error)}
    return point(share, held, report, cost.seconds["fit"] / cost.fits)


def point(share: float, held: HeldOut, report: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Return one point of a curve from its measures."""
    return {
        "share": share,
        "pairs": held.n_train,
        "metrics": report["metrics"],
        "ci95": report["ci95"],
        "seconds": round(seconds, 4),
        "error": None,
    }
