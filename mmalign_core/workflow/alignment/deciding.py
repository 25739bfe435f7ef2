"""From which score on a pair counts: a threshold suggested by pairs that the aligner was not fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.cost import Cost, timed
from mmalign_core.metrics.direction import bank_vectors
from mmalign_core.metrics.right_answers import right_answers
from mmalign_core.metrics.threshold import threshold_curve
from mmalign_core.scoring.matchers import MATCHERS, Matcher
from mmalign_core.splits import split
from mmalign_core.types import BadInput, EmbeddingSet, Progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.fitting import fit, placed, wants_bank
from mmalign_core.workflow.alignment.preparing import Sets

Suggested = Mapping[str, Mapping[str, Any]]
"""Direction -> suggested (the threshold), precision, recall, f1, n, decided, reached, curve."""
VALIDATION = 0.2
"""Share of the training items that stand in for new ones."""


def has_threshold(choices: Choices) -> bool:
    """Whether the matcher decides by a threshold that can be suggested."""
    return "suggested" in MATCHERS.get(choices.matcher).declared_params()


def takes_suggestion(choices: Choices) -> bool:
    """Whether the suggested threshold is to be used in place of the chosen one."""
    return has_threshold(choices) and choices.new_matcher().params["suggested"]


def suggest(sets: Sets, items: Sequence[str], choices: Choices, cost: Cost, progress: Progress) -> Suggested:
    """The threshold of greatest F1 for each direction: fitted on four fifths of these items, judged on the rest.

    The aligner is fitted once more, for scores of pairs it has seen are too high to judge by. BadInput if the items
    do not suffice to keep any apart.
    """
    if ALIGNERS.get(choices.aligner).transductive:
        raise BadInput(f"'{choices.aligner}' places only what it was fitted on: no pairs can be kept apart to judge by")
    part, own = split({m: sets[m].of_items(items) for m in choices.pair}, VALIDATION, choices.seed), Cost()
    with timed(cost.seconds, "threshold"):
        fitted = fit(sets, part.train, choices, own, progress)
        space, bank = (placed(fitted, sets, side, choices, own) for side in (part.test, part.train))
        first, second = choices.pair
        return {
            f"{source}->{target}": _suggestion(space[source], space[target], bank[source], choices)
            for source, target in ((first, second), (second, first))
        }


def suggested_or_why_not(
    sets: Sets, items: Sequence[str], choices: Choices, cost: Cost, progress: Progress
) -> Mapping[str, Any]:
    """The suggestion to show beside a chosen threshold; {"error": reason} where there can be none."""
    try:
        return suggest(sets, items, choices, cost, progress)
    except BadInput as error:
        return {"error": str(error)}


def with_suggested(choices: Choices, thresholds: Sequence[Suggested]) -> Choices:
    """The choices with the threshold that later decisions of the run go by: that of the pair's first direction,
    the mean of the folds. The same choices where none was suggested."""
    if not thresholds:
        return choices
    way = "->".join(choices.pair)
    mean = sum(by[way]["suggested"] for by in thresholds) / len(thresholds)
    return _with_threshold(choices, mean)


def decider(choices: Choices, way: str, by: Suggested) -> Matcher:
    """The matcher with the threshold suggested for this direction."""
    return _with_threshold(choices, by[way]["suggested"]).new_matcher()


def _with_threshold(choices: Choices, threshold: float) -> Choices:
    return replace(choices, matcher_params={**(choices.matcher_params or {}), "threshold": threshold})


def _suggestion(sources: EmbeddingSet, targets: EmbeddingSet, bank: EmbeddingSet, choices: Choices) -> dict[str, Any]:
    similarity, known = choices.new_similarity(), bank_vectors(bank if wants_bank(choices) else None)
    scores = choices.new_correction().scores(similarity, sources.vectors, targets.vectors, known)
    curve = threshold_curve(scores, right_answers(sources, targets), limit=choices.new_matcher().params["limit"])
    found = curve.suggest().as_json()
    return {"suggested": found.pop("threshold"), **found, "curve": curve.thinned()}
