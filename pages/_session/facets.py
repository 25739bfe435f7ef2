"""Facets of a collection: metadata columns by which items can be chosen, the most telling ones first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.types import Collection
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

    `values`: item -> its value, as text, float or date; items without a value are absent.
    """

    name: str
    kind: str
    values: Mapping[str, Any]
    counts: Mapping[str, int] = field(default_factory=dict)
    low: Any = None
    high: Any = None


def facets_of(collection: Collection) -> list[Facet]:
    """Return the facets of the columns, those first that split the items most evenly and that most items have."""
    return cache.of_collection("facets", collection, _facets)


def _facets(collection: Collection) -> list[Facet]:
    found = [(facet, standing) for name in collection.items if (facet := _facet(collection, name))
             for standing in [_standing(facet, len(collection.ids))]]  # fmt: skip
    return [facet for facet, _ in sorted(found, key=lambda pair: -pair[1])]


def _facet(collection: Collection, name: Any) -> Facet | None:
    """Return the facet of a column, or None if its values are nested, all equal, or all different words."""
    values = collection.items[name].dropna()
    if not len(values) or values.map(_is_nested).any():
        return None
    words = values.astype(str)
    values, words = values[words.str.strip() != ""], words[words.str.strip() != ""]
    if words.nunique() < 2:
        return None
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.astype(float)
        numbers = numbers[np.isfinite(numbers)]
        return _range(str(name), "number", numbers)
    moments = _dates(words)
    if moments is not None:
        return _range(str(name), "date", moments)
    counts = words.value_counts()
    if counts.iloc[0] < _LEAST_REPEATS or 2 * len(counts) > len(words):
        return None
    return Facet(str(name), "category", words.to_dict(), {str(v): int(n) for v, n in counts[:MOST_VALUES].items()})


def _range(name: str, kind: str, values: pd.Series) -> Facet | None:
    low, high = values.min(), values.max()
    return Facet(name, kind, values.to_dict(), low=low, high=high) if len(values) and low < high else None


def _dates(words: pd.Series) -> pd.Series | None:
    """Return the values as dates, or None if one is no ISO date. Bare numbers are no dates."""
    if not words.str.match(r"\d{4}-\d{2}").all():
        return None
    found = pd.to_datetime(words, errors="coerce", format="ISO8601", utc=True)
    return None if found.isna().any() else found.dt.date


def _standing(facet: Facet, items: int) -> float:
    """Return how much a facet tells: the share of items that have it, times the evenness of its values (0..1)."""
    held = len(facet.values) / max(items, 1)
    if facet.kind != "category":
        return held * _OF_RANGES
    shares = np.array(list(facet.counts.values()), dtype=float)
    shares /= shares.sum()
    return held * float(-(shares * np.log(shares)).sum() / np.log(len(shares)))


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | dict | tuple | set) or hasattr(value, "shape")
