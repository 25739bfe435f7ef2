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
from mmalign_core.triage.repair import (
    Action,
    Change,
    changed_sets,
    changes_of_marks,
    changes_within_folds,
    held_out_changes,
    training_changes,
)
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say, say_list
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.measurement import Measurement
from mmalign_core.workflow.alignment.plan import AlignmentPlan, HeldOut, hold_out, make_plan
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.error_analysis.refit import held_out_parts
from mmalign_core.workflow.error_analysis.repair_fits import RepairedPart, RepairProof, effect_of, fit_both
from mmalign_core.workflow.error_analysis.repair_outcome import Repair
from mmalign_core.workflow.error_analysis.repair_suspects import Suspects, find_suspects
from mmalign_core.workflow.error_analysis.run_vectors import encoded_again
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

    The repair follows the marks of the run's collection, or, with `suggested`, drops or re-pairs at most that many of
    the most suspected training pairs; pairs that are marked right are kept. Both fits are measured on the items that
    the run held out; a run that held nothing out is measured by five folds. Held-out pairs that are marked wrong are
    measured in neither; those that are merely suspected are measured in both. `aligner` and its `params` take the
    place of the run's. BadInput where nothing is marked, nothing can be held out, or the run's vectors cannot be had.
    """
    choices = _choices(run, aligner, params)
    marks = read_marks(run.collection, store)
    asked = changes_of_marks(marks, choices.pair)
    _check(run, asked, suggested)
    encoding = encoded_again(run, store=store, progress=within(progress, 0.0, _ENCODED))
    held, choices = _held(run, encoding, asked, choices)
    asked = changes_within_folds(asked, [part.test for part in held.parts])
    plan = make_plan(run.collection, encoding, choices, store=store, held=held)
    suspects = None if suggested is None else find_suspects(encoding, choices, held, suggested, marks, store)
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
    asked = changes_within_folds(asked, [part.test for part in held.parts])
    first, *more = held.parts
    train, test = [*first.train], set(first.test)
    if more:
        train, test = [*paired_items({m: encoding.sets[m] for m in choices.pair})], set[str]()
    if suggested is None:
        return RepairPlan(training_changes(asked, set(train)), held_out_changes(asked, test), held.words)
    suspects = find_suspects(encoding, choices, held, suggested, marks, store)
    found = suspects.find(train, progress=within(progress, 0.3, 1.0))
    if run.choices.holds_out:
        found = changes_within_folds(found, [part.test for part in held.parts])
    return RepairPlan(found, held_out_changes(asked, test), held.words)


def _compared(
    run: Run,
    encoding: Encoding,
    plan: AlignmentPlan,
    asked: Sequence[Change],
    suspects: Suspects | None,
    progress: Progress,
) -> Repair:
    splits, cost, fits = plan.held.parts, Cost({"read": 0.0, "encode": 0.0, "fit": 0.0, "match": 0.0}), []
    for number, split in enumerate(splits):
        shown = within(progress, _MEASURED * number / len(splits), _MEASURED * (number + 1) / len(splits))
        part = _changed_part(plan, split, asked, suspects, within(shown, 0.0, 0.3))
        fits.append(fit_both(plan, part, cost, within(shown, 0.3, 1.0)))
    measured, changes, checked = fits[0].after, fits[0].part.training, fits[0].part.checked
    if len(splits) > 1:
        used = tuple(threshold for fit in fits for threshold in fit.after.thresholds)
        whole = pooled_evaluation([fit.after.evaluation for fit in fits])
        kept = all(fit.after.start_kept for fit in fits)
        measured, checked = Measurement(fits[-1].after.aligner, whole, used, start_kept=kept), ()
        changes = _changes_of_all(run, plan, asked, suspects, within(progress, _MEASURED, 1.0))
    excluded = _excluded(plan, [change for fit in fits for change in fit.part.checked])
    by = "marks" if suspects is None else "suggested"
    proof = RepairProof(plan.choices, tuple(fit.part for fit in fits), run.collection.digest)
    progress(1.0, say("{n} changes measured", n=len(changes)))
    effect = effect_of(fits, plan.choices.seed)
    return Repair(run, encoding, plan, measured, cost, changes, checked, excluded, effect, by, proof)


def _changed_part(
    plan: AlignmentPlan, split: Split, asked: Sequence[Change], suspects: Suspects | None, progress: Progress
) -> RepairedPart:
    """What is changed in one part; BadInput where no pair is left to fit or to measure."""
    checked, training = held_out_changes(asked, set(split.test)), training_changes(asked, set(split.train))
    only = replace(plan, sets=changed_sets(plan.sets, checked)).with_split(replace(plan.held, parts=(split,)))
    _check_left(only, split, checked, training)
    if suspects is not None:
        # A fold's fit lacks some of the items, and so some of the pairs to find.
        share = 1 - 1 / len(plan.held.parts) if len(plan.held.parts) > 1 else 1.0
        training = suspects.find(split.train, share, progress=progress)
    return RepairedPart(split, training, checked)


def _changes_of_all(
    run: Run, plan: AlignmentPlan, asked: Sequence[Change], suspects: Suspects | None, progress: Progress
) -> tuple[Change, ...]:
    """The changes of the fit on all items, where the measured fits are those of folds."""
    if suspects is None:
        return tuple(asked)
    found = suspects.find(plan.whole.train, progress=progress)
    # A run by folds is measured by them again: what one fold lent to another would be learned from there.
    return changes_within_folds(found, [part.test for part in plan.held.parts]) if run.choices.holds_out else found


def _check_left(plan: AlignmentPlan, part: Split, checked: Sequence[Change], training: Sequence[Change]) -> None:
    """BadInput where the marks leave no pair to measure, or none to fit."""
    left = paired_items(changed_sets({m: plan.sets[m] for m in plan.choices.pair}, training))
    for changes, items, what in ((checked, part.test, "measure"), (training, part.train, "fit")):
        if changes and not left & set(items):
            raise BadInput(
                say("the marks leave no pair to {what}: every one is marked wrong; undo some of them", what=what)
            )


def _excluded(plan: AlignmentPlan, checked: Sequence[Change]) -> tuple[str, ...]:
    """The held-out items whose pair is not measured since it is marked wrong."""
    paired = paired_items({modality: plan.sets[modality] for modality in plan.choices.pair})
    gone = {c.item for c in checked if c.action is Action.DROP and c.modality in plan.choices.pair}
    return tuple(sorted(gone & paired))


def _choices(run: Run, aligner: str | None, params: Mapping[str, Any] | None) -> Choices:
    """The run's choices, of the named aligner; BadInput where it cannot be measured on held-out items."""
    choices = run.choices
    if params and aligner is None:
        raise BadInput(say("parameters belong to an aligner; name it too"))
    if aligner is not None:
        choices = replace(choices, aligner=aligner, params=params)
    choices.check()
    if choices.pair[0] == choices.pair[1]:
        raise BadInput(
            say("the run holds {pair} alone and aligns nothing; align two modalities first", pair=choices.pair[0])
        )
    if ALIGNERS.get(choices.aligner).transductive:
        raise BadInput(
            say(
                "'{aligner}' places only the rows it was fitted on, so that no repair can be shown on held-out "
                "items; name another aligner (--aligner)",
                aligner=choices.aligner,
            )
        )
    return choices


def _check(run: Run, asked: Sequence[Change], suggested: int | None) -> None:
    if suggested is None and not asked:
        raise BadInput(
            say(
                "'{name}' has no marks that ask for a repair of {pair}; mark wrong pairs (marks), or have pairs "
                "suggested (--suggested N)",
                name=run.collection.name,
                pair=say_list(run.choices.pair, " and "),
            )
        )
    if suggested is not None and suggested < 1:
        raise BadInput(say("{suggested} suggested pairs: at least 1", suggested=suggested))


def _held(run: Run, encoding: Encoding, asked: Sequence[Change], choices: Choices) -> tuple[HeldOut, Choices]:
    """The run's own split, or five folds; the choices that make it."""
    if choices.holds_out:
        return hold_out(run.collection, encoding.sets, choices), choices
    held_out_parts(run)  # BadInput where an earlier version did not keep them
    choices = replace(choices, folds=FOLDS)
    # Folds keep items together that hold the same content: here also those that lend each other media.
    lent = [replace(change, action=Action.ADD) for change in asked if change.other]
    try:
        held = hold_out(run.collection, changed_sets(encoding.sets, lent), choices)
    except BadInput as error:
        why = str(error).partition(";")[0]
        raise BadInput(
            say("the run holds nothing out, and its data cannot be measured by folds: {why}", why=why)
        ) from error
    return replace(held, words=say("{words} (the run itself holds nothing out)", words=held.words)), choices
