"""Fit an aligner on each part of the items, and measure it on the items held out from that part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmalign_core.aligners import Aligner
from mmalign_core.aligners.base import no_watch
from mmalign_core.cost import Cost, timed
from mmalign_core.metrics.direction import Direction, pooled
from mmalign_core.metrics.fused import fused_set, measure_fused
from mmalign_core.metrics.report import Evaluation, evaluation, measure_all
from mmalign_core.progress import within
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import paired_items
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.workflow.alignment.plan import AlignmentPlan, FittedPart, Part, Watch, fit, fit_and_place
from mmalign_core.workflow.alignment.sets import Sets
from mmalign_core.workflow.alignment.thresholds import Suggested, suggest

FEWEST_WHOLE = 10
"""Fewer items that have every modality are too few to measure: recall@10 would always be 1."""
_FITTED = 0.95
"""Share of the progress that the fits take; judging them takes the rest."""


@dataclass(frozen=True)
class Measurement:
    """`aligner`: the one fitted last; `evaluation`: what every query of all parts met.

    `thresholds`: for each fit those used in place of the chosen one; none unless the matcher takes suggestions.
    `fused`: metrics, ci95 and baseline of whole items as queries and targets; {} where there are too few.
    """

    aligner: Aligner
    evaluation: Evaluation
    thresholds: tuple[Suggested, ...] = ()
    fused: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Fold:
    """What is kept of one fit: places, how whole items fared, the thresholds it suggests. Its aligner can go."""

    space: Sets
    bank: Sets
    fused: Mapping[str, Direction]
    thresholds: Suggested


def measure(plan: AlignmentPlan, cost: Cost, progress: Progress, *, watch: Watch = no_watch) -> Measurement:
    """Fit on each part's training items, place its measured items, and judge them all together; only fit where there
    is nothing to measure. `watch` gets the rows of each fit's history."""
    if plan.held.unmeasured:
        fitted = fit(plan, plan.parts[0], cost, progress, watch=watch)
        return Measurement(fitted, Evaluation({}, {}, plan.choices.seed))
    folds, many = [], len(plan.parts)
    for number, part in enumerate(plan.parts, 1):
        words = f"fold {number} of {many}: " if many > 1 else ""
        shown = within(progress, _FITTED * (number - 1) / many, _FITTED * number / many, words)
        fitted = fit_and_place(plan, part, cost, shown, watch=watch)
        folds.append(_fold(plan, part, fitted, cost, shown))
    progress(_FITTED, "measuring")
    with timed(cost.seconds, "match"):
        judged = _judged(plan, folds)
    thresholds = tuple(fold.thresholds for fold in folds if fold.thresholds)
    return Measurement(fitted.aligner, judged, thresholds, _fused_report(folds, plan.choices.seed))


def _fold(plan: AlignmentPlan, part: Part, fitted: FittedPart, cost: Cost, progress: Progress) -> _Fold:
    rows = {m: plan.sets[m].of_items(part.test) for m in part.modalities}
    fused = measure_fusion(fitted.aligner, rows, plan.choices.pair, plan.scoring)
    asked = plan.scoring.takes_suggestion
    return _Fold(fitted.space, fitted.bank, fused, suggest(plan, part, fitted.aligner, cost, progress) if asked else {})


def _judged(plan: AlignmentPlan, folds: Sequence[_Fold]) -> Evaluation:
    """What every query met in one space, or in one for each fold, decided by the thresholds of its own fold."""
    pair, scoring = plan.choices.pair, plan.scoring
    spaces, banks = [fold.space for fold in folds], [fold.bank for fold in folds]
    found = evaluation(spaces, pair, scoring, banks=banks)
    if not scoring.takes_suggestion:
        return found
    by_way: dict[str, list[Direction]] = {way: [] for way in found.directions}
    for fold in folds:
        for way, directions in by_way.items():
            own = scoring.with_threshold(fold.thresholds[way]["suggested"])
            directions.append(measure_all([fold.space], pair, own, banks=[fold.bank])[way])
    return replace(found, directions={way: pooled(directions) for way, directions in by_way.items()})


def _fused_report(folds: Sequence[_Fold], seed: int) -> dict[str, Any]:
    """`metrics`, `ci95` and `baseline` of the fused directions, the queries of all folds pooled; {} without any."""
    ways = dict.fromkeys(way for fold in folds for way in fold.fused)
    together = {way: pooled([fold.fused[way] for fold in folds if way in fold.fused]) for way in ways}
    report = Evaluation(together, {}, seed).report()
    return {name: report[name] for name in ("metrics", "ci95", "baseline")} if together else {}


def measure_fusion(fitted: Aligner, rows: Sets, pair: tuple[str, str], scoring: Scoring) -> dict[str, Direction]:
    """ "image+audio->text", each of its parts alone, and the way back, for both modalities of the pair as the target.

    Over the items that have every modality of `rows`, which the aligner was fitted on; {} with two modalities, or fewer
    than FEWEST_WHOLE such items. By the plain similarity, so that corrections do not blur what fusing does.
    """
    whole = paired_items(rows)
    if len(rows) < 3 or len(whole) < FEWEST_WHOLE:
        return {}
    rows = {m: s.of_items([*whole]) for m, s in rows.items()}
    space = {
        m: EmbeddingSet(m, s.ids, s.keys, fitted.transform(s), f"{fitted.name}({s.encoder})") for m, s in rows.items()
    }
    found: dict[str, Direction] = {}
    for target in reversed(pair):
        parts = {m: s for m, s in rows.items() if m != target}
        fused = fused_set(*fitted.fuse(parts), parts)
        found |= measure_fused(fused, space, target, scoring.plain())
    return found
