"""Which items are fitted on and which are measured, as a person's choices say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.aligners import ALIGNERS
from mmalign_core.splits import Split, column_folds, folds, items_of, paired_items, shared_content, split, time_split
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow.alignment.choices import Choices

Sets = Mapping[str, EmbeddingSet]


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


def hold_out(collection: Collection, sets: Sets, choices: Choices) -> HeldOut:
    """The split for the pair of modalities; BadInput before any fit when it cannot be made."""
    choices.check_pair(tuple(sets))
    pair = pair_of(collection, sets, choices.pair)
    columns = _columns(collection, choices)
    parts, words = _parts(pair, choices, columns)
    paired = paired_items(pair)
    fitted = [len(paired & set(part.train)) for part in parts]
    measured = sum(len(paired & set(part.test)) for part in parts)
    shared = sum(shared_content(pair, part) for part in parts) if choices.holds_out else None
    return HeldOut(parts, words, round(float(np.mean(fitted))), measured, shared)


def hold_out_if_paired(collection: Collection, sets: Sets, choices: Choices) -> HeldOut:
    """As `hold_out`; but where no item has both modalities, an aligner that learns from no pairs gets all items to fit
    on, and none are measured. BadInput also if such items were to be held out, or to suggest a threshold."""
    needs_pairs = ALIGNERS.get(choices.aligner).needs_pairs
    if choices.holds_out or needs_pairs or choices.scoring().takes_suggestion or _meet(sets, choices.pair):
        return hold_out(collection, sets, choices)
    everything = items_of({m: sets[m] for m in choices.pair})
    why = f"no item has both {' and '.join(choices.pair)}"
    return HeldOut((Split(everything, ()),), "none", 0, 0, None, why)


def check_collection(collection: Collection, choices: Choices) -> None:
    """BadInput if a modality of the pair or a chosen metadata column is absent, or that holds no times.

    All of it is known before anything is encoded.
    """
    choices.check_pair(collection.modalities)
    _columns(collection, choices)


def pair_of(collection: Collection, sets: Sets, pair: tuple[str, str]) -> Sets:
    """The sets of the pair; BadInput unless at least one item has both."""
    if not set(sets[pair[0]].ids) & set(sets[pair[1]].ids):
        raise BadInput(
            f"no item of '{collection.name}' has both {pair[0]} and {pair[1]}: nothing can be held out or measured, "
            "and only an aligner that learns from no pairs can be fitted (align --aligner pivot or bridge)"
        )
    return {m: sets[m] for m in pair}


@dataclass(frozen=True)
class _Columns:
    """The metadata columns that decide the split, item -> value: folds, times as written, times as numbers."""

    folds: Mapping[str, Any]
    written: Mapping[str, Any]
    times: Mapping[str, float]


def _columns(collection: Collection, choices: Choices) -> _Columns:
    folds = {} if choices.fold_column is None else _values(collection, choices.fold_column)
    written = {} if choices.time_column is None else _values(collection, choices.time_column)
    return _Columns(folds, written, _times(written, choices.time_column or ""))


def _meet(sets: Sets, pair: tuple[str, str]) -> bool:
    """Whether an item has both modalities; True also where one of them is absent, so that `hold_out` says so."""
    return not set(pair) <= set(sets) or bool(set(sets[pair[0]].ids) & set(sets[pair[1]].ids))


def _parts(pair: Sets, choices: Choices, columns: _Columns) -> tuple[tuple[Split, ...], str]:
    """The splits and in words how they were made."""
    if choices.fold_column is not None:
        parts = column_folds(pair, columns.folds, choices.fold_column)
        return parts, f"{len(parts)} folds by '{choices.fold_column}'"
    if choices.folds:
        return folds(pair, choices.folds, choices.seed), f"{choices.folds} folds"
    if choices.time_column is not None and choices.test:
        part = time_split(pair, columns.times, choices.test, choices.time_column)
        first = columns.written[min(part.test, key=columns.times.__getitem__)]
        return (part,), f"test {choices.test:g}, the latest by '{choices.time_column}' (from {first})"
    if choices.test:
        return (split(pair, choices.test, choices.seed),), f"test {choices.test:g}"
    everything = items_of(pair)
    return (Split(everything, everything),), "none"


def _values(collection: Collection, column: str) -> dict[str, Any]:
    """Item -> value of this metadata column, for the items that have one."""
    if column not in collection.items.columns:
        known = ", ".join(map(str, collection.items.columns)) or "none"
        raise BadInput(f"'{collection.name}' has no metadata column '{column}'; it has: {known}")
    present = collection.items[column].dropna()
    return dict(zip(present.index, present.tolist()))


def _times(values: Mapping[str, Any], column: str) -> dict[str, float]:
    """Item -> moment as a number: numbers as they are, dates (ISO 8601) as seconds."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values.values()):
        return {item: float(value) for item, value in values.items()}
    words = [str(value) for value in values.values()]
    moments = pd.to_datetime(pd.Series(words, dtype=object), errors="coerce", format="ISO8601", utc=True)
    for (item, value), moment in zip(values.items(), moments):
        if pd.isna(moment):
            raise BadInput(
                f"the time column '{column}' holds {value!r} (item '{item}'), which is neither a number nor a date "
                "such as 2024-05-31"
            )
    return {item: moment.timestamp() for item, moment in zip(values, moments)}
