"""Columns of interactions: ratings and times as numbers, with what was understood and what cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from mmalign_core.data.moment_columns import moments_of_numbers, moments_of_texts
from mmalign_core.data.tabular.cells import Cells
from mmalign_core.data.tabular.mixed_cells import MixedCells, mixed_cells

_TRUTH = {"true": 1.0, "yes": 1.0, "y": 1.0, "t": 1.0, "false": 0.0, "no": 0.0, "n": 0.0, "f": 0.0}
"""Words of ratings that say yes or no."""
_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True)
class EventColumn:
    """The numbers (n,) of one column of events, NaN where there is none.

    `wrong`: place -> why the cell cannot be, as the end of a sentence; `said`: sentences on how the column was read.
    """

    numbers: np.ndarray
    wrong: Mapping[int, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def read_ratings(cells: Cells) -> EventColumn:
    """Ratings: numbers, also with a decimal comma, or yes and no as 1 and 0."""
    mixed = mixed_cells(cells)
    numbers, said = mixed.numbers.copy(), [*_empty(mixed, "rating")]
    places = np.flatnonzero(mixed.texts.is_valid().to_numpy(zero_copy_only=False))
    coded = mixed.texts.take(pa.array(places)).dictionary_encode()
    words, own = coded.dictionary.to_pylist(), coded.indices.to_numpy()
    read = [_TRUTH.get(word.lower(), _with_comma(word)) for word in words]
    numbers[places] = np.array(read, np.float64)[own]
    infinite = np.flatnonzero(np.isinf(numbers))
    wrong = dict.fromkeys(infinite.tolist(), "which is infinite")
    for place, number in zip(places.tolist(), own.tolist()):
        if np.isnan(read[number]):
            wrong[place] = "which is infinite" if _is_infinite(words[number]) else "which is not a number"
    said += ["the words of ratings are read as yes (1) and no (0)"] if any(w.lower() in _TRUTH for w in words) else []
    said += (
        ["a comma in ratings is read as the decimal point"]
        if any(_with_comma(w) == _with_comma(w) for w in words)
        else []
    )
    return EventColumn(numbers, wrong, tuple(said))


def read_times(cells: Cells) -> EventColumn:
    """Times in Unix seconds, of any usual form; see `mmalign_core.data.moment_columns`."""
    mixed = mixed_cells(cells)
    counted, written = moments_of_numbers(mixed.numbers), moments_of_texts(mixed.texts)
    numbers = np.where(np.isnan(counted.seconds), written.seconds, counted.seconds)
    infinite = {p: "which is infinite" for p in written.wrong if _is_infinite(mixed.texts[p].as_py())}
    said = (*_empty(mixed, "timestamp"), *counted.said, *written.said)
    return EventColumn(numbers, {**counted.wrong, **written.wrong, **infinite}, said)


def _with_comma(word: str) -> float:
    """The number with a decimal comma; NaN if it is none."""
    return float(word.replace(",", ".")) if _COMMA.fullmatch(word) else np.nan


def _is_infinite(word: str) -> bool:
    return word.lower().lstrip("+-") in ("inf", "infinity")


def _empty(mixed: MixedCells, name: str) -> list[str]:
    """A sentence on cells such as 'nan'."""
    if not mixed.empty:
        return []
    count, word = len(mixed.empty), next(iter(mixed.empty.values()))
    times = "once" if count == 1 else f"{count:,} times"
    return [f"the {name} '{word}' ({times}) counts as none; its rows are kept"]
