"""The plan of an alignment: sets, split, modalities and scoring, settled before the first fit. Then fit and place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.aligners.base import no_watch
from mmalign_core.cost import Cost
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import Split, items_of
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, Progress, no_progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.sets import Sets, joinable, place, usable_sets
from mmalign_core.workflow.alignment.split import HeldOut, hold_out_if_paired
from mmalign_core.workflow.encoding import Encoding

Watch = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True)
class Part:
    """One fit. `train`: the items of the split to fit on; `test`: those to measure.

    `fitted`: `train`, and for an aligner that learns from no pairs also the items that have neither modality of the
    pair. `modalities`: the pair, and the others of which `fitted` holds enough.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    fitted: tuple[str, ...]
    modalities: tuple[str, ...]


@dataclass(frozen=True)
class AlignmentPlan:
    """`sets`: the pair and what can join it, as the aligner reads them; `held`: the split; `parts`: its fits.

    `uses_bank`: the correction looks at queries, and training rows apart from the measured ones stand in for them.
    """

    choices: Choices
    scoring: Scoring
    sets: Sets
    held: HeldOut
    parts: tuple[Part, ...]
    uses_bank: bool

    @property
    def whole(self) -> Part:
        """A fit on all items, with none measured."""
        return _part(self.sets, self.choices, Split(items_of(self.sets), ()))

    def part(self, split: Split) -> Part:
        """The fit of this split."""
        return _part(self.sets, self.choices, split)

    def with_split(self, held: HeldOut) -> AlignmentPlan:
        """The same with other items to fit on and to measure."""
        return replace(self, held=held, parts=tuple(map(self.part, held.parts)))

    def settled_by(self, fitted: Aligner) -> AlignmentPlan:
        """The same with the parameters that this fit chose by itself."""
        return replace(self, choices=self.choices.settled_by(fitted))


def make_plan(
    collection: Collection,
    encoding: Encoding,
    choices: Choices,
    *,
    store: Store,
    held: HeldOut | None = None,
    progress: Progress = no_progress,
) -> AlignmentPlan:
    """The plan for this pair of modalities; concepts, texts and sequences that the aligner needs are read for it.

    `held`: a split made before, for several plans that share it. BadInput says why the choices cannot work.
    """
    if choices.holds_out and ALIGNERS.get(choices.aligner).transductive:
        raise BadInput(
            f"'{choices.aligner}' places only the rows it was fitted on, so it cannot be measured on held-out items; "
            "measure it without a test share or folds, or choose another aligner"
        )
    held = held or hold_out_if_paired(collection, encoding.sets, choices)
    sets, scoring = usable_sets(encoding.sets, choices, store, collection.media, progress), choices.scoring()
    parts = tuple(_part(sets, choices, split) for split in held.parts)
    return AlignmentPlan(choices, scoring, sets, held, parts, choices.holds_out and scoring.takes_bank)


def fit(plan: AlignmentPlan, part: Part, cost: Cost, progress: Progress, *, watch: Watch = no_watch) -> Aligner:
    """A new aligner fitted on this part; `watch` gets the rows of its history as they come."""
    progress(0.0, f"fitting {plan.choices.aligner}")
    model = plan.choices.new_aligner()
    training = {m: plan.sets[m].of_items(part.fitted) for m in part.modalities}
    model.watch = watch
    try:
        with cost.fitting():
            return model.fit(training, seed=plan.choices.seed, progress=progress)
    finally:
        model.watch = no_watch


@dataclass(frozen=True)
class FittedPart:
    """`space`: the pair's measured rows in the shared space.

    `bank`: the training rows there, as queries known beforehand; {} where the correction takes none.
    """

    aligner: Aligner
    space: Sets
    bank: Sets


def fit_and_place(
    plan: AlignmentPlan, part: Part, cost: Cost, progress: Progress, *, watch: Watch = no_watch
) -> FittedPart:
    """A new aligner fitted on this part, and the pair's rows that it is measured by, placed in its space."""
    fitted = fit(plan, part, cost, progress, watch=watch)

    def placed(items: Sequence[str]) -> Sets:
        rows = {m: plan.sets[m].of_items(items) for m in plan.choices.pair}
        with cost.placing(sum(map(len, rows.values()))):
            return {m: place(fitted, s) for m, s in rows.items()}

    return FittedPart(fitted, placed(part.test), placed(part.train) if plan.uses_bank else {})


def _part(sets: Sets, choices: Choices, split: Split) -> Part:
    """A part of the items may lack what the whole has: a fold, the earlier half, a small share of the pairs."""
    model, fitted = choices.new_aligner(), split.train
    if not model.needs_pairs:
        # Nobody measures items outside the pair, and sounds alone can join pictures with texts.
        paired = {item for m in choices.pair for item in sets[m].ids}
        fitted = (*fitted, *(item for item in items_of(sets) if item not in paired))
    modalities = tuple(sets)
    if len(sets) > len(choices.pair):
        rows = {m: replace(s, sequences=None).of_items(fitted) for m, s in sets.items()}
        modalities = tuple(joinable(rows, model, choices.pair))
    return Part(split.train, split.test, fitted, modalities)
