"""Fits an aligner on each part of the items, and measures it on the items held out from that part.

A matcher that uses a suggested threshold gets one from pairs outside the fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.cost import Cost, timed
from mmalign_core.metrics.report import Evaluation, evaluation, fused_set, measure_fused
from mmalign_core.metrics.retrieval import Direction, pooled
from mmalign_core.metrics.threshold import suggested_threshold
from mmalign_core.progress import Watch, no_watch, pulsing, within
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import paired_column, split
from mmalign_core.types import BadInput, EmbeddingSet, Progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import Sets, place
from mmalign_core.workflow.alignment.plan import AlignmentPlan, Part

Thresholds = Mapping[str, Mapping[str, Any]]
"""Direction -> suggested (the threshold), precision, recall, f1, n, decided, reached, curve."""
FEWEST_WHOLE = 10
"""Fewest items with every modality to measure: with fewer, recall@10 would always be 1."""
VALIDATION = 0.2
"""Share of the training items held out for thresholds: the same share as in the README's examples."""
_FITTED, _FITTED_AT_ONCE = 0.95, 0.2
"""Share of the progress for the fits, of aligners that are trained in steps and of others. The measurement takes the
rest. Our choice."""


@dataclass(frozen=True)
class Measurement:
    """`aligner`: of the last fit. `evaluation`: the results of all queries of all parts.

    `thresholds`: for each fit those that replace the chosen one; empty unless the matcher uses suggestions.
    `fused`: metrics, ci95 and baseline of whole items as queries and targets; {} if there are too few.
    `start_kept`: whether no fit learned anything beyond what it began with.
    """

    aligner: Aligner
    evaluation: Evaluation
    thresholds: tuple[Thresholds, ...] = ()
    fused: Mapping[str, Any] = field(default_factory=dict)
    start_kept: bool = False


@dataclass(frozen=True)
class Fold:
    """The results of one fit without its aligner: places of the pair and of whole items, and its thresholds.

    `fused`: target -> whole items placed by their other modalities. `whole`: modality -> the same items' places.
    """

    space: Sets
    bank: Sets
    fused: Sets
    whole: Sets
    thresholds: Thresholds
    start_kept: bool


def measure(plan: AlignmentPlan, cost: Cost, progress: Progress, *, watch: Watch = no_watch) -> Measurement:
    """Fit on each part's training items, place its measured items, and measure them all together. Only fit if there
    is nothing to measure. `watch` gets the rows of each fit's history."""
    if plan.held.unmeasured:
        aligner = fit(plan, plan.parts[0], cost, progress, watch=watch)
        return Measurement(aligner, Evaluation({}, {}, plan.choices.seed), start_kept=aligner.start_kept)
    fitted = _FITTED if ALIGNERS.get(plan.choices.aligner).trained else _FITTED_AT_ONCE
    with pulsing(progress, 0.0, "fitting") as told:
        aligner, folds = fit_parts(plan, cost, within(told, 0.0, fitted), watch=watch)
        told(fitted, "measuring")
        with timed(cost.seconds, "match"):
            measured = _evaluation(plan, folds, within(told, fitted, 1.0, "measuring: "))
        thresholds = tuple(fold.thresholds for fold in folds if fold.thresholds)
        kept = all(fold.start_kept for fold in folds)
        return Measurement(aligner, measured, thresholds, _fused_report(plan, folds), kept)


def fit_parts(
    plan: AlignmentPlan, cost: Cost, progress: Progress, *, watch: Watch = no_watch
) -> tuple[Aligner, list[Fold]]:
    """The aligner fitted last, and for each part of the plan where its fit places the measured items."""
    folds, many = [], len(plan.parts)
    for number, part in enumerate(plan.parts, 1):
        words = f"fold {number} of {many}: " if many > 1 else ""
        shown = within(progress, (number - 1) / many, number / many, words)
        aligner = fit(plan, part, cost, shown, watch=watch)
        space, bank = place_part(plan, part, aligner, cost)
        fused, whole = fuse_part(plan, part, aligner)
        thresholds = suggest(plan, part, aligner, cost, shown) if plan.scoring.takes_suggestion else {}
        folds.append(Fold(space, bank, fused, whole, thresholds, aligner.start_kept))
    return aligner, folds


def fit(plan: AlignmentPlan, part: Part, cost: Cost, progress: Progress, *, watch: Watch = no_watch) -> Aligner:
    """Return a new aligner fitted on this part. `watch` gets the rows of its history during the fit."""
    progress(0.0, f"fitting {plan.choices.aligner}")
    aligner = plan.choices.new_aligner()
    training = {modality: plan.sets[modality].of_items(part.fitted) for modality in part.modalities}
    aligner.watch = watch
    try:
        with cost.fitting():
            return aligner.fit(training, seed=plan.choices.seed, progress=progress)
    finally:
        aligner.watch = no_watch


def place_part(plan: AlignmentPlan, part: Part, aligner: Aligner, cost: Cost) -> tuple[Sets, Sets]:
    """Return the pair's measured rows in the aligner's space, and its training rows there as a query bank.

    The second is {} if the correction uses no bank.
    """
    placed: list[Sets] = []
    for items in (part.test, part.train) if plan.uses_bank else (part.test,):
        pair = plan.pair_of(items)
        with cost.placing(sum(map(len, pair.values()))):
            placed.append({modality: place(aligner, rows) for modality, rows in pair.items()})
    return placed[0], placed[1] if plan.uses_bank else {}


def fuse_part(plan: AlignmentPlan, part: Part, aligner: Aligner) -> tuple[Sets, Sets]:
    """Return the part's measured items that have every modality: for each target of the pair, their places by the
    other modalities together; and their places by each modality alone.

    Both are {} with two modalities, or fewer than FEWEST_WHOLE such items.
    """
    sets = {modality: plan.sets[modality].of_items(part.test) for modality in part.modalities}
    items = paired_column(sets)
    if len(sets) < 3 or len(items) < FEWEST_WHOLE:
        return {}, {}
    sets = {modality: rows.of_items(items) for modality, rows in sets.items()}
    fused: dict[str, EmbeddingSet] = {}
    for target in reversed(plan.choices.pair):
        others = {modality: rows for modality, rows in sets.items() if modality != target}
        fused[target] = fused_set(*aligner.fuse(others), others)
    return fused, {modality: place(aligner, rows) for modality, rows in sets.items()}


def suggest(plan: AlignmentPlan, part: Part, aligner: Aligner, cost: Cost, progress: Progress) -> Thresholds:
    """Return the threshold of greatest F1 for each direction, measured on a fifth of the part's training items.

    A second aligner with the same choices is fitted without them, because scores of pairs in the fit are too high to
    choose a threshold by. BadInput if there are too few items to hold any out.
    """
    plan, own = plan.settled_by(aligner), Cost()
    if ALIGNERS.get(plan.choices.aligner).transductive:
        raise BadInput(
            say(
                "'{name}' places only the rows of its fit, so no pairs can be held out for a threshold",
                name=aligner.name,
            )
        )
    part = plan.part(split(plan.pair_of(part.train), VALIDATION, plan.choices.seed))
    with timed(cost.seconds, "threshold"):
        space, bank = place_part(plan, part, fit(plan, part, own, progress), own)
        ways = (plan.choices.pair, plan.choices.pair[::-1])
        return {f"{a}->{b}": suggested_threshold(plan.scoring, space[a], space[b], bank.get(a)) for a, b in ways}


def threshold_report(plan: AlignmentPlan, measured: Measurement, cost: Cost, progress: Progress) -> dict[str, Any]:
    """Return the report's `threshold`: those of the first fit, else a suggestion to show beside the chosen one.

    {"error": reason} if there is none. {} if the matcher uses no threshold or nothing was measured.
    """
    if measured.thresholds:
        return {"threshold": dict(measured.thresholds[0])}
    if not plan.scoring.has_threshold or plan.held.unmeasured:
        return {}
    try:
        return {"threshold": dict(suggest(plan, plan.parts[0], measured.aligner, cost, progress))}
    except BadInput as error:
        return {"threshold": {"error": str(error)}}


def with_suggested(choices: Choices, used: Sequence[Thresholds]) -> Choices:
    """Return the choices with the threshold for later decisions of the run: that of the pair's first direction, the
    mean over the folds. Return the same choices if none was suggested."""
    if not used:
        return choices
    way = "->".join(choices.pair)
    mean = sum(thresholds[way]["suggested"] for thresholds in used) / len(used)
    return replace(choices, matcher_params={**(choices.matcher_params or {}), "threshold": mean})


def _evaluation(plan: AlignmentPlan, folds: Sequence[Fold], progress: Progress) -> Evaluation:
    """Return the results of all queries, in one space or one for each fold, by the thresholds of their own fold."""
    pair, scoring = plan.choices.pair, plan.scoring
    spaces, banks = [fold.space for fold in folds], [fold.bank for fold in folds]
    own: list[tuple[Scoring, Scoring]] | None = None
    if scoring.takes_suggestion:
        ways = "->".join(pair), "->".join(reversed(pair))
        chosen = [[fold.thresholds[way]["suggested"] for way in ways] for fold in folds]
        own = [(scoring.with_threshold(first), scoring.with_threshold(second)) for first, second in chosen]
    return evaluation(spaces, pair, scoring, banks=banks, scorings=own, progress=progress)


def _fused_report(plan: AlignmentPlan, folds: Sequence[Fold]) -> dict[str, Any]:
    """Return `metrics`, `ci95` and `baseline` of "image+audio->text", its parts alone, and the reverse, for both
    modalities of the pair as the target, with the queries of all folds pooled; {} if nothing was fused.

    Without a correction, so that the effect of the fusion is visible.
    """
    by_way: dict[str, list[Direction]] = {}
    for fold in folds:
        for target, fused in fold.fused.items():
            for way, direction in measure_fused(fused, fold.whole, target, plan.scoring.plain()).items():
                by_way.setdefault(way, []).append(direction)
    report = Evaluation({way: pooled(parts) for way, parts in by_way.items()}, {}, plan.choices.seed).report()
    return {name: report[name] for name in ("metrics", "ci95", "baseline")} if by_way else {}
