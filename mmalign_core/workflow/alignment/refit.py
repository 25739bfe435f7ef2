"""A run measured again: its vectors as encoded, its plan made anew, and what was measured in which space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mmalign_core.cost import Cost
from mmalign_core.encoders.batched.stored import encode_set
from mmalign_core.progress import within
from mmalign_core.scoring.decision import Scoring
from mmalign_core.settings import Settings
from mmalign_core.spaces import reference_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.alignment.inputs import Sets, usable_sets
from mmalign_core.workflow.alignment.measurement import fit, place_part, suggest
from mmalign_core.workflow.alignment.plan import AlignmentPlan, hold_out, plan_of
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.encoding import ready


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
    collection = run.collection
    kept = tuple(medium for medium in collection.media if medium.modality in run.encoders)
    vectors = {modality: rows for modality, rows in collection.vectors.items() if modality in run.encoders}
    wanted = {name: reference_of(key) for name, key in run.encoders.items() if name not in vectors}
    narrowed = replace(collection, media=kept, vectors=vectors)
    sources = vectors | ready(narrowed, wanted, store, settings or Settings())
    found: dict[str, EmbeddingSet] = {}
    for place, (modality, key) in enumerate(run.encoders.items()):
        source = sources[modality]
        if not isinstance(source, EmbeddingSet):
            shown = within(progress, place / len(run.encoders), (place + 1) / len(run.encoders))
            media = collection.media_of(modality)
            source, _, _ = encode_set(source, media, store=store, settings=settings, progress=shown)
        rows: EmbeddingSet = source
        _check_same(run, modality, key, rows)
        found[modality] = rows
    return dict(usable_sets(found, run.choices, store, collection.media, progress))


def _check_same(run: Run, modality: str, key: str, rows: EmbeddingSet) -> None:
    """BadInput unless these are the rows that the run placed."""
    placed = run.result.space.get(modality)
    if rows.encoder != key or (placed is not None and (placed.ids, placed.keys) != (rows.ids, rows.keys)):
        raise BadInput(
            f"the {modality} of run '{run.id}' cannot be encoded again as it was: files are gone or changed, or "
            f"'{key}' is now '{rows.encoder}'; align again"
        )


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
    if held.unmeasured:
        return ()
    if len(held.parts) > 1:
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
