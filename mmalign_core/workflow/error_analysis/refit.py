"""A run measured again: its vectors as encoded, its plan made anew, and what was measured in which space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmalign_core.cost import Cost
from mmalign_core.progress import within
from mmalign_core.scoring.decision import Scoring
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.alignment.inputs import Sets, usable_sets
from mmalign_core.workflow.alignment.measurement import fit, place_part, suggest
from mmalign_core.workflow.alignment.plan import AlignmentPlan, hold_out, plan_of
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.encoded import encoded_again


@dataclass(frozen=True)
class MeasuredPart:
    """One space in which queries were measured: the held-out rows of the pair, the training rows that a correction
    looks at (`bank`), and direction -> threshold where the matcher takes suggested ones."""

    space: Sets
    bank: Sets = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def scoring(self, scoring: Scoring, way: str) -> Scoring:
        """The scoring with this part's own threshold for the direction."""
        return scoring.with_threshold(self.thresholds[way]) if way in self.thresholds else scoring


def encoded_sets(
    run: Run, *, store: Store, settings: Settings | None = None, progress: Progress = no_progress
) -> dict[str, EmbeddingSet]:
    """Modality -> vectors as encoded, with the concepts, texts and sequences that the run's aligner reads.

    What the store holds is not encoded again. BadInput where media or models are gone, or have changed since.
    """
    found = encoded_again(run, store=store, settings=settings, progress=progress).sets
    own = {modality: found[modality] for modality in run.encoders}
    return dict(usable_sets(own, run.choices, store, run.collection.media, progress))


def plan_again(run: Run, sets: Sets) -> AlignmentPlan:
    """The plan that the run was made by, from its vectors as the aligner reads them: split and parts are the same."""
    held = hold_out(run.collection, sets, run.choices, needs_pairs=run.choices.needs_pairs)
    return plan_of(sets, held, run.choices)


def measured_parts(run: Run, *, store: Store, progress: Progress = no_progress) -> tuple[MeasuredPart, ...]:
    """The spaces that the run's report was measured in; none where nothing was measured.

    One fit placed every row of the run, so with a test share or no split nothing is fitted again. Each of several
    folds is. BadInput where that needs vectors that can no longer be made.
    """
    pair = {modality: run.result.space[modality] for modality in run.choices.pair}
    held = hold_out(run.collection, pair, run.choices, needs_pairs=False)
    if held.unmeasured or not held.parts:
        return ()
    if len(held.parts) != 1:
        return _fold_parts(plan_again(run, encoded_sets(run, store=store, progress=progress)), progress)
    part, scoring = held.parts[0], run.choices.scoring()
    bank = run.choices.holds_out and scoring.takes_bank
    placed = [
        {modality: rows.of_items(items) for modality, rows in pair.items()}
        for items in ((part.test, part.train) if bank else (part.test,))
    ]
    suggested = run.report["threshold"] if scoring.takes_suggestion else {}
    thresholds = {way: found["suggested"] for way, found in suggested.items()}
    return (MeasuredPart(placed[0], placed[1] if bank else {}, thresholds),)


def _fold_parts(plan: AlignmentPlan, progress: Progress) -> tuple[MeasuredPart, ...]:
    found, many = [], len(plan.parts)
    for number, part in enumerate(plan.parts):
        shown = within(progress, number / many, (number + 1) / many, f"fold {number + 1} of {many}: ")
        aligner = fit(plan, part, Cost(), shown)
        space, bank = place_part(plan, part, aligner, Cost())
        used = suggest(plan, part, aligner, Cost(), shown) if plan.scoring.takes_suggestion else {}
        found.append(MeasuredPart(space, bank, {way: each["suggested"] for way, each in used.items()}))
    return tuple(found)
