"""From which score on a pair counts: a threshold suggested by pairs that the aligner was not fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.cost import Cost, timed
from mmalign_core.metrics.right_answers import right_answers
from mmalign_core.metrics.threshold import threshold_curve
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import split
from mmalign_core.types import BadInput, EmbeddingSet, Progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.plan import AlignmentPlan, Part, fit_and_place

Suggested = Mapping[str, Mapping[str, Any]]
"""Direction -> suggested (the threshold), precision, recall, f1, n, decided, reached, curve."""
VALIDATION = 0.2
"""Share of the training items that stand in for new ones: the share that the README's examples hold out."""


def suggest(plan: AlignmentPlan, part: Part, fitted: Aligner, cost: Cost, progress: Progress) -> Suggested:
    """The threshold of greatest F1 for each direction, judged on a fifth of the part's training items.

    An aligner like `fitted` is fitted once more without them, for scores of pairs it has seen are too high to judge
    by. BadInput if the items do not suffice to keep any apart.
    """
    plan, own = plan.settled_by(fitted), Cost()
    if ALIGNERS.get(plan.choices.aligner).transductive:
        raise BadInput(f"'{fitted.name}' places only what it was fitted on: no pairs can be kept apart to judge by")
    pair = {m: plan.sets[m].of_items(part.train) for m in plan.choices.pair}
    apart = plan.part(split(pair, VALIDATION, plan.choices.seed))
    with timed(cost.seconds, "threshold"):
        again = fit_and_place(plan, apart, own, progress)
        first, second = plan.choices.pair
        return {
            f"{source}->{target}": _suggestion(
                plan.scoring, again.space[source], again.space[target], again.bank.get(source)
            )
            for source, target in ((first, second), (second, first))
        }


def threshold_report(
    plan: AlignmentPlan, fitted: Aligner, used: Sequence[Suggested], cost: Cost, progress: Progress
) -> dict[str, Any]:
    """The report's `threshold`: of those `used` in each fit the first, else a suggestion to show beside the chosen one.

    {"error": reason} where there can be none; {} where the matcher decides by no threshold or nothing was measured.
    """
    if used:
        return {"threshold": dict(used[0])}
    if not plan.scoring.has_threshold or plan.held.unmeasured:
        return {}
    try:
        return {"threshold": dict(suggest(plan, plan.parts[0], fitted, cost, progress))}
    except BadInput as error:
        return {"threshold": {"error": str(error)}}


def with_suggested(choices: Choices, used: Sequence[Suggested]) -> Choices:
    """The choices with the threshold that later decisions of the run go by: that of the pair's first direction,
    the mean of the folds. The same choices where none was suggested."""
    if not used:
        return choices
    way = "->".join(choices.pair)
    mean = sum(by[way]["suggested"] for by in used) / len(used)
    return replace(choices, matcher_params={**(choices.matcher_params or {}), "threshold": mean})


def _suggestion(
    scoring: Scoring, sources: EmbeddingSet, targets: EmbeddingSet, known: EmbeddingSet | None
) -> dict[str, Any]:
    scores = scoring.scores(sources, targets, known)
    curve = threshold_curve(scores, right_answers(sources, targets), limit=scoring.matcher.params["limit"])
    found = curve.suggest().as_json()
    return {"suggested": found.pop("threshold"), **found, "curve": curve.thinned()}
