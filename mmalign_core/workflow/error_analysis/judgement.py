"""Use case: what each query of a run was answered with, judged as the run's report measured it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mmalign_core.cost import Cost
from mmalign_core.metrics.retrieval import right_answers
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import Split
from mmalign_core.store import Store
from mmalign_core.triage.judgements import Judgements, joined, judgements_of
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.alignment.inputs import Sets
from mmalign_core.workflow.alignment.measurement import Thresholds, fit_parts
from mmalign_core.workflow.alignment.plan import hold_out, make_plan
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.encoded import encoded_again

Direction = tuple[str, str]


@dataclass(frozen=True)
class _Fold:
    """Where one fit places the measured items of the pair; `bank`: its training items, as queries known beforehand.

    `number`: from 1 where these items were held out, else 0.
    """

    number: int
    space: Sets
    bank: Sets
    thresholds: Thresholds


def directions_of(run: Run) -> tuple[Direction, Direction]:
    """Both directions that the run was measured in; BadInput where nothing was."""
    if not run.report.get("metrics"):
        why = run.report.get("unmeasured") or "nothing was aligned"
        raise BadInput(f"run '{run.id}' has no measured pairs ({why}), so nothing can be called an error")
    a, b = run.choices.pair
    return (a, b), (b, a)


def direction_named(run: Run, name: str) -> Direction:
    """The direction that is written so ("image->text"); BadInput lists those of the run."""
    known = {"->".join(way): way for way in directions_of(run)}
    if name not in known:
        raise BadInput(f"unknown direction '{name}'; run '{run.id}' was measured in: {', '.join(known)}")
    return known[name]


def judge(run: Run, direction: Direction, *, store: Store, progress: Progress = no_progress) -> Judgements:
    """The answerable queries of one direction, by row of their modality in the run's space.

    Held-out queries are ranked among the held-out candidates of their fold, by the fit that did not see them, with
    the bank and the threshold of that fit: their ranks and decisions are those of the run's report. With folds each
    fold is fitted again for it. All other queries are ranked among all candidates in the run's space. BadInput where
    nothing was measured in this direction, or the vectors that the folds were fitted on are gone.
    """
    return judge_all(run, [direction], store=store, progress=progress)["->".join(direction)]


def judge_all(
    run: Run, directions: Sequence[Direction] | None = None, *, store: Store, progress: Progress = no_progress
) -> dict[str, Judgements]:
    """Direction ("image->text") -> its judgements, as `judge` gives them, with each fold fitted but once."""
    measured = directions_of(run)
    for way in directions or ():
        direction_named(run, "->".join(way))
    folds = _folds(run, store, progress)
    return {"->".join(way): _judged(run, way, folds) for way in directions or measured}


def held_out_parts(run: Run) -> tuple[Split, ...]:
    """The items that each of the run's fits was fitted on and measured on; () where nothing was held out."""
    if not run.choices.holds_out:
        if run.report["split"] != "none":
            raise BadInput(f"run '{run.id}' does not say which items it held out; align the data again")
        return ()
    return hold_out(run.collection, {m: run.result.space[m] for m in run.choices.pair}, run.choices).parts


def _folds(run: Run, store: Store, progress: Progress) -> list[_Fold]:
    parts, pair = held_out_parts(run), run.choices.pair
    if run.choices.folds or run.choices.fold_column:
        return _fitted_again(run, store, progress)
    thresholds = run.report.get("threshold", {})
    space = {modality: run.result.space[modality] for modality in pair}
    if not parts:
        return [_Fold(0, space, {}, thresholds)]
    (part,) = parts
    test, train = ({m: rows.of_items(items) for m, rows in space.items()} for items in (part.test, part.train))
    return [_Fold(1, test, train if run.choices.scoring().takes_bank else {}, thresholds)]


def _fitted_again(run: Run, store: Store, progress: Progress) -> list[_Fold]:
    """The folds as they were measured: the run keeps the fit on all items alone."""
    try:
        encoding = encoded_again(run, store=store)
    except BadInput as error:
        raise BadInput(f"the folds of run '{run.id}' cannot be fitted again: {error}; align the data again") from error
    plan = make_plan(run.collection, encoding, run.choices, store=store)
    fitted = fit_parts(plan, Cost(), progress)[1]
    return [_Fold(number, fold.space, fold.bank, fold.thresholds) for number, fold in enumerate(fitted, 1)]


def _judged(run: Run, direction: Direction, folds: Sequence[_Fold]) -> Judgements:
    """The judgements of all folds, and of the queries that no fold holds, as rows of the run's space."""
    (source, target), (sources, targets) = direction, run.sets(*direction)
    scoring, parts, rows = run.choices.scoring(), [], []
    for fold in folds:
        own = scoring
        if scoring.takes_suggestion:
            own = scoring.with_threshold(fold.thresholds["->".join(direction)]["suggested"])
        places = _rows_of(targets, fold.space[target])
        queries, found = _among(direction, fold.space[source], fold.space[target], own, fold.bank.get(source), fold)
        rows.append(_rows_of(sources, fold.space[source])[queries])
        parts.append(replace(found, chosen=places[found.chosen], right=places[found.right]))
    if folds[0].number:
        queries, found = _among(direction, sources, targets, scoring)
        rest = ~np.isin(queries, np.concatenate(rows))
        rows.append(queries[rest])
        parts.append(found.take(rest))
    every = np.concatenate(rows)
    return joined(parts, sources.take(every), targets).take(np.argsort(every))


def _among(
    direction: Direction,
    sources: EmbeddingSet,
    targets: EmbeddingSet,
    scoring: Scoring,
    bank: EmbeddingSet | None = None,
    fold: _Fold | None = None,
) -> tuple[np.ndarray, Judgements]:
    """The rows of the answerable queries, and how they fare among these targets."""
    rows = np.flatnonzero(right_answers(sources, targets).answerable)
    queries = sources.take(rows)
    scores = scoring.scores(queries, targets, bank)
    matches = scoring.for_sizes(len(queries), len(targets)).match(scores)
    return rows, judgements_of(direction, queries, targets, scores, matches, fold=fold.number if fold else 0)


def _rows_of(rows: EmbeddingSet, part: EmbeddingSet) -> np.ndarray:
    """Where the rows of the part, those of some items in their present order, stand among all rows."""
    items = set(part.ids)
    return np.array([row for row, item in enumerate(rows.ids) if item in items], int)
