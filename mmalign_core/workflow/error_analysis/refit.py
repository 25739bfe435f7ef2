"""A run measured again: what its aligner read, its plan made anew, and what was measured in which space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmalign_core.cost import Cost
from mmalign_core.progress import within
from mmalign_core.scoring.decision import Scoring
from mmalign_core.settings import Settings
from mmalign_core.splits import Split
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.inputs import Sets, usable_sets
from mmalign_core.workflow.alignment.measurement import fit_parts
from mmalign_core.workflow.alignment.plan import AlignmentPlan, hold_out, plan_of
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.run_vectors import encoded_again

_ENCODED = 0.3
"""Share of the progress for the vectors, where folds are fitted again after them. Our choice."""


@dataclass(frozen=True)
class MeasuredPart:
    """One space in which queries were measured.

    `number`: from 1 where these items were held out from the fit, else 0. `space`: the measured rows of the pair;
    `bank`: the training rows that a correction looks at; `thresholds`: direction -> the threshold where the matcher
    takes suggested ones.
    """

    number: int
    space: Sets
    bank: Sets = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def scoring(self, scoring: Scoring, way: str) -> Scoring:
        """The scoring with this part's own threshold for the direction."""
        return scoring.with_threshold(self.thresholds[way]) if way in self.thresholds else scoring


def aligner_inputs(
    run: Run, *, store: Store, settings: Settings | None = None, progress: Progress = no_progress
) -> dict[str, EmbeddingSet]:
    """Modality -> vectors as encoded, with the concepts, texts and sequences that the run's aligner reads.

    What the store holds is not encoded again. BadInput where media or models are gone, or have changed since.
    """
    encoding = encoded_again(run, store=store, settings=settings, progress=within(progress, 0.0, 0.5))
    return dict(usable_sets(encoding.sets, run.choices, store, encoding.media, within(progress, 0.5, 1.0)))


def plan_again(run: Run, sets: Sets) -> AlignmentPlan:
    """The plan that the run was made by, from its vectors as the aligner reads them: split and parts are the same."""
    held = hold_out(run.collection, sets, run.choices, needs_pairs=run.choices.needs_pairs)
    return plan_of(sets, held, run.choices)


def held_out_parts(run: Run) -> tuple[Split, ...]:
    """The items that each of the run's fits was fitted on and measured on; () where nothing was held out."""
    if not run.choices.holds_out:
        if run.report.get("split", "none") != "none":
            raise BadInput(say("run '{id}' does not say which items it held out; align the data again", id=run.id))
        return ()
    return hold_out(run.collection, _placed_pair(run), run.choices).parts


def measured_parts(run: Run, *, store: Store, progress: Progress = no_progress) -> tuple[MeasuredPart, ...]:
    """The spaces that the run's report was measured in; none where nothing was measured.

    One fit placed every row of the run, so with a test share or no split nothing is fitted again. Each of several
    folds is. BadInput where that needs vectors that can no longer be made.
    """
    pair, parts = _placed_pair(run), held_out_parts(run)
    if not run.report.get("metrics"):
        return ()
    if run.choices.folds or run.choices.fold_column:
        return _fold_parts(run, store, progress)
    scoring = run.choices.scoring()
    suggested = run.report["threshold"] if scoring.takes_suggestion else {}
    thresholds = {way: found["suggested"] for way, found in suggested.items()}
    if not parts:
        return (MeasuredPart(0, pair, {}, thresholds),)
    (part,) = parts
    test, train = ({m: rows.of_items(items) for m, rows in pair.items()} for items in (part.test, part.train))
    return (MeasuredPart(1, test, train if scoring.takes_bank else {}, thresholds),)


def _placed_pair(run: Run) -> Sets:
    return {modality: run.result.space[modality] for modality in run.choices.pair}


def _fold_parts(run: Run, store: Store, progress: Progress) -> tuple[MeasuredPart, ...]:
    """The folds as they were measured: the run keeps the fit on all items alone."""
    try:
        sets = aligner_inputs(run, store=store, progress=within(progress, 0.0, _ENCODED))
    except BadInput as error:
        raise BadInput(
            say("the folds of run '{id}' cannot be fitted again: {error}; align the data again", id=run.id, error=error)
        ) from error
    folds = fit_parts(plan_again(run, sets), Cost(), within(progress, _ENCODED, 1.0))[1]
    return tuple(
        MeasuredPart(number, fold.space, fold.bank, {way: each["suggested"] for way, each in fold.thresholds.items()})
        for number, fold in enumerate(folds, 1)
    )
