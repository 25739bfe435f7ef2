"""Metadata columns that can hold items out, as folds or as times, and suggested filter conditions."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmalign_core.types import Collection

_MOST_FOLDS = 100
"""Most folds: each fold is one fit, and more would take hours."""
_MOST_VALUES, _LONGEST_VALUE = 12, 60
"""Most values of a column that become conditions, the most frequent ones, and their length. Others can be typed."""
_FOLD_WORDS = ("fold", "split")
_TIME_WORDS = ("time", "date", "year", "created", "added")


def fold_columns(collection: Collection) -> list[str]:
    """Return columns with few enough values for folds, those with names like folds first."""
    items = collection.items
    return _called(_FOLD_WORDS, [name for name in _plain(collection) if 2 <= items[name].nunique() <= _MOST_FOLDS])


def time_columns(collection: Collection) -> list[str]:
    """Return columns of differing numbers or ISO dates, those with names like times first."""
    return _called(_TIME_WORDS, [name for name in _plain(collection) if _are_moments(collection.items[name].dropna())])


def _plain(collection: Collection) -> list[str]:
    """Return columns of single values that differ."""
    columns = [name for name in collection.items if isinstance(name, str)]
    plain = [name for name in columns if not collection.items[name].map(_is_nested).any()]
    return [name for name in plain if collection.items[name].nunique() > 1]


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | dict | tuple | set) or hasattr(value, "shape")


def _are_moments(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values):
        return False
    if pd.api.types.is_numeric_dtype(values):
        return True
    return bool(pd.to_datetime(values.astype(str), errors="coerce", format="ISO8601", utc=True).notna().all())


def _called(words: tuple[str, ...], names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: not any(word in name.lower() for word in words))


def conditions(collection: Collection) -> list[str]:
    """Return suggested filters: `has:modality`, and `column=value` for columns whose values repeat."""
    found = [f"has:{modality}" for modality in collection.modalities]
    for name in _plain(collection):
        values = collection.items[name].dropna().astype(str)
        counts = values[values.str.strip() != ""].value_counts()
        if 1 < len(counts) <= max(len(values) // 2, 3):
            found += [f"{name}={value}" for value in counts.index[:_MOST_VALUES] if len(value) <= _LONGEST_VALUE]
    return found
