"""Facets of a collection: metadata columns by which items can be chosen, the most telling ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mmalign_core.types import Collection
from mmalign_core.types.digests import arrow_texts
from pages._session import cache

MOST_VALUES = 50
"""Values of a category in its menu, the most frequent ones; our choice: a longer menu is not read."""
_LEAST_REPEATS = 2
"""Items of the most frequent value of a category: where no value repeats, the column names the items."""
_OF_RANGES = 0.5
"""Standing of a range beside categories, whose evenness is 0..1; our choice: an even category tells more."""


@dataclass(frozen=True)
class Facet:
    """A column: a "category" with `counts`, most frequent first, or a "number" or "date" from `low` to `high`.

    `values`: Arrow column of the value of each item of the collection, in order: a text, a number or a date, null for
    an item without one. `whole`: the numbers are whole.
    """

    name: str
    kind: str
    values: Any
    counts: Mapping[str, int] = field(default_factory=dict)
    low: Any = None
    high: Any = None
    whole: bool = False

    def among(self, chosen: Sequence[str]) -> np.ndarray:
        """Return (n,) bool: which items have one of these values."""
        return _as_mask(pc.is_in(self.values, value_set=pa.array(list(chosen), self.values.type)))

    def between(self, low: Any, high: Any) -> np.ndarray:
        """Return (n,) bool: which items have a value from `low` to `high`."""
        first, last = (pa.scalar(bound, self.values.type) for bound in (low, high))
        return _as_mask(pc.and_(pc.greater_equal(self.values, first), pc.less_equal(self.values, last)))


def _as_mask(found: Any) -> np.ndarray:
    return np.array(pc.fill_null(found, False), bool)


def facets_of(collection: Collection) -> list[Facet]:
    """Return the facets of the columns, those first that split the items most evenly and that most items have."""
    return cache.of_collection("facets", collection, _facets)


def _facets(collection: Collection) -> list[Facet]:
    found = [(facet, _standing(facet)) for name in collection.items if (facet := _facet(collection, name))]
    return [facet for facet, _ in sorted(found, key=lambda pair: -pair[1])]


def _facet(collection: Collection, name: Any) -> Facet | None:
    """Return the facet of a column, or None if its values are nested, all equal, or all different words."""
    values = collection.items[name]
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        return _range(str(name), "number", pa.array(numbers, mask=~np.isfinite(numbers)))
    words = _words(values)
    if words is None or words.null_count == len(words):
        return None
    dates = _dates(words)
    if dates is not None:
        return _range(str(name), "date", dates)
    counted = pc.value_counts(words.drop_null())
    if len(counted) < 2 or 2 * len(counted) > len(words) - words.null_count:
        return None
    order = np.argsort(-np.array(counted.field("counts")), kind="stable")[:MOST_VALUES]
    counts = {v["values"]: v["counts"] for v in counted.take(pa.array(order)).to_pylist()}
    if next(iter(counts.values())) < _LEAST_REPEATS:
        return None
    return Facet(str(name), "category", words, counts)


def _words(values: pd.Series) -> Any:
    """Return the values as texts, those of blanks alone as missing; None if one is nested."""
    if isinstance(values.dtype, pd.StringDtype):
        words = arrow_texts(values)
    else:
        if values.map(_is_nested).any():
            return None
        words = pa.array([None if gone else str(v) for v, gone in zip(values, values.isna())], pa.large_string())
    filled = pc.greater(pc.binary_length(pc.utf8_trim_whitespace(words)), 0)
    return pc.if_else(pc.fill_null(filled, False), words, pa.scalar(None, pa.large_string()))


def _range(name: str, kind: str, values: Any) -> Facet | None:
    ends = pc.min_max(values).as_py()
    if ends["min"] is None or not ends["min"] < ends["max"]:
        return None
    whole = kind == "number" and bool(pc.all(pc.equal(values, pc.trunc(values))).as_py())
    return Facet(name, kind, values, low=ends["min"], high=ends["max"], whole=whole)


def _dates(words: Any) -> Any:
    """Return the values as dates, or None if one is no ISO date. Bare numbers are no dates."""
    if not pc.all(pc.match_substring_regex(words, r"^\d{4}-\d{2}")).as_py():
        return None
    found = pd.to_datetime(pd.Series(words.to_pandas()), errors="coerce", format="ISO8601", utc=True)
    known = words.is_valid().to_numpy(zero_copy_only=False)
    if found[known].isna().any():
        return None
    return pa.array(found.dt.date, pa.date32(), from_pandas=True)


def _standing(facet: Facet) -> float:
    """Return how much a facet tells: the share of items that have it, times the evenness of its values (0..1)."""
    held = 1 - facet.values.null_count / max(len(facet.values), 1)
    if facet.kind != "category":
        return held * _OF_RANGES
    shares = np.array(list(facet.counts.values()), dtype=float)
    shares /= shares.sum()
    return held * float(-(shares * np.log(shares)).sum() / np.log(len(shares)))


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | dict | tuple | set) or hasattr(value, "shape")
