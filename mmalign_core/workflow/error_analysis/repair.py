"""Use case: repair the training pairs of a run, and measure the fits before and after on the same held-out items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.cost import Cost
from mmalign_core.metrics.report import pooled_evaluation
from mmalign_core.progress import within
from mmalign_core.splits import Split, paired_items
from mmalign_core.store import Store
from mmalign_core.triage.marks import Mark, MarkKind
from mmalign_core.triage.repair import (
    Action,
    Change,
    changed_sets,
    changes_of_marks,
    held_out_changes,
    suggested_changes,
    training_changes,
)
from mmalign_core.triage.repair_effect import Effect
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import Sets
from mmalign_core.workflow.alignment.measurement import Measurement, measure
from mmalign_core.workflow.alignment.plan import AlignmentPlan, HeldOut, hold_out, make_plan
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.error_analysis.encoded import encoded_again
from mmalign_core.workflow.error_analysis.out_of_fold import set_suspicion
from mmalign_core.workflow.error_analysis.repair_outcome import Repair
from mmalign_core.workflow.marks import read_marks

FOLDS = 5
"""Folds by which a run that holds nothing out is measured: the usual number."""
_ENCODED, _MEASURED = 0.1, 0.9
"""Shares of the progress at which encoding ends and the comparison ends. Our choice."""


def repair_run(
    run: Run,
    *,
    store: Store,
    suggested: int | None = None,
    aligner: str | None = None,
    params: Mapping[str, Any] | None = None,
    progress: Progress = no_progress,
) -> Repair:
    """Fit the run's aligner with its training pairs as they are and as repaired, and measure both.

    The repair follows the marks of the run's collection, or, with `suggested`, drops that many of the most suspected
    training pairs; pairs that are marked right are kept. Both fits are measured on the items that the run held out; a
    run that held nothing out is measured by five folds. Held-out pairs that are marked wrong are measured in neither;
    those that are merely suspected are measured in both. `aligner` and its `params` take the place of the run's.
    BadInput where nothing is marked, nothing can be held out, or the run's vectors cannot be had.
    """
    choices = _choices(run, aligner, params)
    marks = read_marks(run.collection, store)
    asked = changes_of_marks(marks, choices.pair)
    _check(run, asked, suggested)
    encoding = encoded_again(run, store=store, progress=within(progress, 0.0, _ENCODED))
    held, choices = _held(run, encoding, asked, choices)
    plan = make_plan(run.collection, encoding, choices, store=store, held=held)
    suspects = None if suggested is None else _suspects(encoding, choices, suggested, marks, store)
    return _compared(run, encoding, plan, asked, suspects, within(progress, _ENCODED, 1.0))


@dataclass(frozen=True)
class RepairPlan:
    """What a repair would change: `training` pairs, and `held_out` ones, which are then not measured or get a second
    right answer. `split`: how both fits would be measured, in words."""

    training: tuple[Change, ...]
    held_out: tuple[Change, ...]
    split: str


def plan_repair(
    run: Run,
    *,
    store: Store,
    suggested: int | None = None,
    aligner: str | None = None,
    progress: Progress = no_progress,
) -> RepairPlan:
    """What `repair_run` would change, without any fit of the run's aligner. BadInput as there."""
    choices = _choices(run, aligner, None)
    marks = read_marks(run.collection, store)
    asked = changes_of_marks(marks, choices.pair)
    _check(run, asked, suggested)
    encoding = encoded_again(run, store=store, progress=within(progress, 0.0, 0.3))
    held, choices = _held(run, encoding, asked, choices)
    first, *more = held.parts
    train, test = [*first.train], set(first.test)
    if more:
        train, test = [*paired_items({m: encoding.sets[m] for m in choices.pair})], set[str]()
    if suggested is None:
        return RepairPlan(training_changes(asked, set(train)), held_out_changes(asked, test), held.words)
    suspects = _suspects(encoding, choices, suggested, marks, store)
    found = suspects.find(train, progress=within(progress, 0.3, 1.0))
    return RepairPlan(found, held_out_changes(asked, test), held.words)


@dataclass(frozen=True)
class _Suspects:
    """Finds the most suspected pairs among any items: of the `pair` at most `most`, and none of the items `kept`."""

    pair: Sets
    most: int
    kept: frozenset[str]
    seed: int
    store: Store

    def find(self, items: Sequence[str], share: float = 1.0, *, progress: Progress = no_progress) -> tuple[Change, ...]:
        """Changes that drop the most suspected pairs of these items; `share` (0..1) of the number to find, at least
        one. They are judged by these items alone, so that no item that measures the repair has a say in it."""
        wanted = sorted(paired_items(self.pair) & set(items))
        sets = {modality: rows.of_items(wanted) for modality, rows in self.pair.items()}
        try:
            found = set_suspicion(sets, store=self.store, seed=self.seed, progress=progress)
        except BadInput as error:
            raise BadInput(f"no training pair can be suspected: {error}") from error
        return suggested_changes(found.values(), found.pair[1], max(1, round(self.most * share)), self.kept)


@dataclass(frozen=True)
class _Fits:
    """One part: the measurements before and after, and the changes among its training and its held-out items."""

    before: Measurement
    after: Measurement
    training: tuple[Change, ...]
    checked: tuple[Change, ...]


def _compared(
    run: Run,
    encoding: Encoding,
    plan: AlignmentPlan,
    asked: Sequence[Change],
    suspects: _Suspects | None,
    progress: Progress,
) -> Repair:
    parts, cost, fits = plan.held.parts, Cost({"read": 0.0, "encode": 0.0, "fit": 0.0, "match": 0.0}), []
    for number, part in enumerate(parts):
        shown = within(progress, _MEASURED * number / len(parts), _MEASURED * (number + 1) / len(parts))
        fits.append(_fits(plan, part, asked, suspects, cost, shown))
    before, after = ([getattr(fit, side).evaluation for fit in fits] for side in ("before", "after"))
    whole = pooled_evaluation(after)
    effect = Effect(pooled_evaluation(before).directions, whole.directions, plan.choices.seed)
    measured = fits[0].after
    if len(parts) > 1:
        used = tuple(threshold for fit in fits for threshold in fit.after.thresholds)
        measured = Measurement(fits[-1].after.aligner, whole, used)
    changes, checked = fits[0].training, fits[0].checked
    if len(parts) > 1:
        changes = (
            tuple(asked)
            if suspects is None
            else suspects.find(plan.whole.train, progress=within(progress, _MEASURED, 1.0))
        )
        checked = ()
    excluded = _excluded(plan, [change for fit in fits for change in fit.checked])
    by = "marks" if suspects is None else "suggested"
    progress(1.0, f"{len(changes)} changes measured")
    return Repair(run, encoding, plan, measured, cost, changes, checked, excluded, effect, by)


def _fits(
    plan: AlignmentPlan,
    part: Split,
    asked: Sequence[Change],
    suspects: _Suspects | None,
    cost: Cost,
    progress: Progress,
) -> _Fits:
    """Both fits of one part; where nothing is changed among its training items, one fit is both."""
    checked = held_out_changes(asked, set(part.test))
    only = replace(plan, sets=changed_sets(plan.sets, checked)).with_split(replace(plan.held, parts=(part,)))
    training = training_changes(asked, set(part.train))
    if suspects is not None:
        # A fold's fit lacks some of the items, and so some of the pairs to find.
        share = 1 - 1 / len(plan.held.parts) if len(plan.held.parts) > 1 else 1.0
        training = suspects.find(part.train, share, progress=within(progress, 0.0, 0.3))
    before = measure(only, Cost({"fit": 0.0, "match": 0.0}), within(progress, 0.3, 0.65, "before: "))
    if not training:
        return _Fits(before, before, (), checked)
    repaired = replace(only, sets=changed_sets(only.sets, training)).with_split(only.held)
    return _Fits(before, measure(repaired, cost, within(progress, 0.65, 1.0, "after: ")), training, checked)


def _excluded(plan: AlignmentPlan, checked: Sequence[Change]) -> tuple[str, ...]:
    """The held-out items whose pair is not measured since it is marked wrong."""
    paired = paired_items({modality: plan.sets[modality] for modality in plan.choices.pair})
    gone = {c.item for c in checked if c.action is Action.DROP and c.modality in plan.choices.pair}
    return tuple(sorted(gone & paired))


def _choices(run: Run, aligner: str | None, params: Mapping[str, Any] | None) -> Choices:
    """The run's choices, of the named aligner; BadInput where it cannot be measured on held-out items."""
    choices = run.choices
    if params and aligner is None:
        raise BadInput("parameters belong to an aligner; name it too")
    if aligner is not None:
        choices = replace(choices, aligner=aligner, params=params)
    choices.check()
    if choices.pair[0] == choices.pair[1]:
        raise BadInput(f"the run holds {choices.pair[0]} alone and aligns nothing; align two modalities first")
    if ALIGNERS.get(choices.aligner).transductive:
        raise BadInput(
            f"'{choices.aligner}' places only the rows it was fitted on, so that no repair can be shown on held-out "
            "items; name another aligner (--aligner)"
        )
    return choices


def _check(run: Run, asked: Sequence[Change], suggested: int | None) -> None:
    if suggested is None and not asked:
        raise BadInput(
            f"'{run.collection.name}' has no marks that ask for a repair of {' and '.join(run.choices.pair)}; mark "
            "wrong pairs (marks), or have pairs suggested (--suggested N)"
        )
    if suggested is not None and suggested < 1:
        raise BadInput(f"{suggested} suggested pairs: at least 1")


def _held(run: Run, encoding: Encoding, asked: Sequence[Change], choices: Choices) -> tuple[HeldOut, Choices]:
    """The run's own split, or five folds; the choices that make it."""
    if choices.holds_out:
        return hold_out(run.collection, encoding.sets, choices), choices
    choices = replace(choices, folds=FOLDS)
    # Folds keep items together that hold the same content: here also those that lend each other media.
    lent = [replace(change, action=Action.ADD) for change in asked if change.other]
    held = hold_out(run.collection, changed_sets(encoding.sets, lent), choices)
    return replace(held, words=f"{held.words} (the run itself holds nothing out)"), choices


def _suspects(encoding: Encoding, choices: Choices, most: int, marks: Sequence[Mark], store: Store) -> _Suspects:
    right = frozenset(mark.item for mark in marks if mark.kind is MarkKind.RIGHT and not mark.outdated)
    pair = {modality: encoding.sets[modality] for modality in choices.pair}
    if most > len(paired_items(pair)) // 2:
        raise BadInput(f"{most} of {len(paired_items(pair))} pairs: at most half of them can be suspected")
    return _Suspects(pair, most, right, choices.seed, store)
