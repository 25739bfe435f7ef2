"""The plan of an alignment: which items are fitted on and measured, in which modalities, and how they are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.data.moment_columns import NO_MOMENT, moments_of_texts
from mmalign_core.data.ordered_texts import ordered_texts
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import Split, column_folds, folds, items_of, paired_column, shared_content, split, time_split
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, Progress, no_progress
from mmalign_core.types.strings import Strings, joined_strings
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import Sets, joinable, usable_sets
from mmalign_core.workflow.alignment.model_texts import without_model_texts
from mmalign_core.workflow.encoding import Encoding


@dataclass(frozen=True)
class HeldOut:
    """One split, or one per fold, and in `words` how it was made.

    `n_train`: paired items in the fit (the mean of the folds), `n_test`: paired items measured. `shared_content`: how
    many of those share a content with an item of their fit; None where nothing is held out. Splits by content keep it
    0; folds and times that the data gives are kept as given, and this number says what that lets through.
    `unmeasured`: why nothing can be measured; '' where something is.
    """

    parts: tuple[Split, ...]
    words: str
    n_train: int
    n_test: int
    shared_content: int | None
    unmeasured: str = ""

    def report(self) -> dict[str, Any]:
        """The part of `align --json` that says what was measured."""
        return {
            "split": self.words,
            "n_train": self.n_train,
            "n_test": self.n_test,
            "shared_content": self.shared_content,
            "unmeasured": self.unmeasured,
        }


@dataclass(frozen=True)
class Part:
    """One fit. `train`: the items of the split to fit on; `test`: those to measure.

    `fitted`: `train`, and for an aligner that learns from no pairs also the items that have neither modality of the
    pair. `modalities`: the pair, and the others of which `fitted` holds enough.
    """

    train: Sequence[str]
    test: Sequence[str]
    fitted: Sequence[str]
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
        return self.part(Split(items_of(self.sets), ()))

    def part(self, split: Split) -> Part:
        """The fit of this split."""
        return _part(self.sets, self.choices, split)

    def pair_of(self, items: Sequence[str]) -> Sets:
        """The rows of these items in both modalities of the pair, as the aligner reads them."""
        return {modality: self.sets[modality].of_items(items) for modality in self.choices.pair}

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

    The collection decides the split, by its columns where the choices name one. `held`: a split made before, for
    several plans that share it. Where no item has both modalities, and the choices allow it, all items are fitted on
    and none are measured. BadInput says why the choices cannot work.
    """
    if choices.holds_out and ALIGNERS.get(choices.aligner).transductive:
        raise BadInput(
            f"'{choices.aligner}' places only the rows it was fitted on, so it cannot be measured on held-out items; "
            "measure it without a test share or folds, or choose another aligner"
        )
    held = held or hold_out(collection, encoding.sets, choices, needs_pairs=choices.needs_pairs)
    return plan_of(usable_sets(encoding.sets, choices, store, encoding.media, progress), held, choices)


def plan_of(sets: Sets, held: HeldOut, choices: Choices) -> AlignmentPlan:
    """The plan for sets that are as the aligner reads them already."""
    scoring = choices.scoring()
    parts = tuple(_part(sets, choices, split) for split in held.parts)
    return AlignmentPlan(choices, scoring, sets, held, parts, choices.holds_out and scoring.takes_bank)


def hold_out(collection: Collection, sets: Sets, choices: Choices, *, needs_pairs: bool = True) -> HeldOut:
    """The split for the pair of modalities; BadInput before any fit when it cannot be made.

    Where no item has both modalities, that is BadInput if the fit or a measure `needs_pairs`; else all items are
    fitted on and none are measured.
    """
    choices.check_pair(tuple(sets))
    pair = {modality: sets[modality] for modality in choices.pair}
    paired = paired_column(pair)
    if not len(paired):
        why = f"no item has both {' and '.join(choices.pair)}"
        if not needs_pairs:
            return HeldOut((Split(items_of(pair), ()),), "none", 0, 0, None, why)
        raise BadInput(
            f"no item of '{collection.name}' has both {' and '.join(choices.pair)}: nothing can be held out or "
            "measured, and only an aligner that learns from no pairs can be fitted (align --aligner pivot or bridge)"
        )
    made = _splits(pair, choices, _column(collection, choices))
    parts, words, why = without_model_texts(*made, paired, collection, choices)
    n_train = round(float(np.mean([np.count_nonzero(paired.among(part.train)) for part in parts])))
    measured = [paired.take(np.flatnonzero(paired.among(part.test))) for part in parts]
    if why := why or _all_alike(pair, measured):
        return HeldOut(parts, words, n_train, 0, None, why)
    n_test = sum(map(len, measured))
    shared = sum(shared_content(pair, part) for part in parts) if choices.holds_out else None
    return HeldOut(parts, words, n_train, n_test, shared)


def _all_alike(pair: Sets, measured: Sequence[Strings]) -> str:
    """Why nothing can be told apart, if a part's measured items all share their content in one modality; else ''."""
    if all(len(items) < 2 for items in measured):
        return ""
    for modality, rows in pair.items():
        ids, keys = Strings.of(rows.ids), Strings.of(rows.keys)
        kinds = (keys.take(np.flatnonzero(ids.among(items))).numbered()[1] for items in measured)
        if all(len(distinct) < 2 for distinct in kinds):
            return f"all rows of {modality} are the same, so every candidate would be a right answer"
    return ""


def check_collection(collection: Collection, choices: Choices) -> None:
    """BadInput if a modality of the pair or a chosen metadata column is absent, or that holds no times.

    All of it is known before anything is encoded.
    """
    choices.check_pair(collection.modalities)
    _column(collection, choices)


@dataclass(frozen=True)
class _Column:
    """The metadata column that decides the split, item -> value: as written, and as a moment where it holds times."""

    values: Mapping[str, Any]
    times: Mapping[str, float]


def _splits(pair: Sets, choices: Choices, column: _Column) -> tuple[tuple[Split, ...], str]:
    """The splits and in words how they were made."""
    if choices.parts is not None:
        settled = tuple(Split(train, test) for train, test in choices.parts)
        return settled, f"{len(settled)} folds, as before" if len(settled) > 1 else f"test {choices.test:g}, as before"
    if choices.fold_column is not None:
        parts = column_folds(pair, column.values, choices.fold_column)
        return parts, f"{len(parts)} folds by '{choices.fold_column}'"
    if choices.folds:
        return folds(pair, choices.folds, choices.seed), f"{choices.folds} folds"
    if choices.time_column is not None and choices.test:
        part = time_split(pair, column.times, choices.test, choices.time_column)
        first = column.values[min(part.test, key=column.times.__getitem__)]
        return (part,), f"test {choices.test:g}, the latest by '{choices.time_column}' (from {first})"
    if choices.test:
        return (split(pair, choices.test, choices.seed),), f"test {choices.test:g}"
    everything = items_of(pair)
    return (Split(everything, everything),), "none"


def _column(collection: Collection, choices: Choices) -> _Column:
    """The chosen column, for the items that have a value; BadInput if there is no such column."""
    name = choices.fold_column if choices.time_column is None else choices.time_column
    if name is None:
        return _Column({}, {})
    if name not in collection.items.columns:
        known = ", ".join(map(str, collection.items.columns)) or "none"
        raise BadInput(f"'{collection.name}' has no metadata column '{name}'; it has: {known}")
    present = collection.items[name].dropna()
    values = dict(zip(present.index, present.tolist()))
    return _Column(values, {} if choices.time_column is None else _times(values, name))


def _times(values: Mapping[str, Any], column: str) -> dict[str, float]:
    """Item -> moment as a number: numbers as they are, dates and durations as seconds."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values.values()):
        return {item: float(value) for item, value in values.items()}
    words = pa.array([str(value) for value in values.values()], pa.large_string())
    if (ordered := ordered_texts(words)) is not None:
        return dict(zip(values, ordered.seconds.tolist()))
    wrong = moments_of_texts(words).wrong
    place, why = next(iter(wrong.items()), (0, NO_MOMENT))
    item, value = [*values.items()][place]
    why = "which is neither a number nor a date such as 2024-05-31" if why == NO_MOMENT else why
    raise BadInput(f"the time column '{column}' holds {value!r} (item '{item}'), {why}")


def _part(sets: Sets, choices: Choices, split: Split) -> Part:
    """A part of the items may lack what the whole has: a fold, the earlier half, a small share of the pairs."""
    model, fitted = choices.new_aligner(), split.train
    if not model.needs_pairs:
        # Nobody measures items outside the pair, and sounds alone can join pictures with texts.
        every, pair = items_of(sets), items_of({modality: sets[modality] for modality in choices.pair})
        fitted = joined_strings([Strings.of(fitted), every.take(np.flatnonzero(~every.among(pair)))])
    modalities = tuple(sets)
    if len(sets) > len(choices.pair):
        rows = {modality: replace(rows, sequences=None).of_items(fitted) for modality, rows in sets.items()}
        modalities = tuple(joinable(rows, model, choices.pair))
    return Part(split.train, split.test, fitted, modalities)
