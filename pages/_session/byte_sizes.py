"""How many bytes of memory a value takes: arrays and tables exactly, long containers by a sample of their parts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

_SAMPLE = 32
"""Parts of a container, and cells of a column, that stand for all; our choice: a size need not be exact."""
_DEEPEST = 12
"""Levels that are followed; our choice: results of the core have half as many."""


def bytes_of(value: Any, seen: set[int] | None = None) -> int:
    """Return the bytes that the value takes beyond what `seen` holds; what is counted joins `seen`, by its id.

    Arrays that lie in a file (memory maps) count nothing. Modules, functions and classes count nothing.
    """
    return _size(value, set() if seen is None else seen, 0)


def _size(value: Any, seen: set[int], depth: int) -> int:
    nothing = value is None or isinstance(value, _NOTHING) or callable(value)
    if nothing or depth > _DEEPEST or id(value) in seen:
        return 0
    seen.add(id(value))
    for kinds, size in _SIZES:
        if isinstance(value, kinds):
            return size(value, seen, depth)
    if isinstance(given := getattr(value, "nbytes", None), int):
        return given
    if hasattr(value, "to_plotly_json"):  # a figure also holds what checks it, which all figures share
        return _size(value.to_plotly_json(), seen, depth)
    return sys.getsizeof(value) + sum(_size(part, seen, depth + 1) for part in _attributes(value))


def _attributes(value: Any) -> list[Any]:
    named = list(vars(value).values()) if hasattr(value, "__dict__") else []
    slots = getattr(type(value), "__slots__", ())
    return named + [getattr(value, name, None) for name in ([slots] if isinstance(slots, str) else slots)]


def _frame(value: pd.DataFrame, seen: set[int], depth: int) -> int:
    columns = [value[name] for name in dict.fromkeys(value)]
    return sum(_column(one, seen, depth) for one in [*columns, value.index])


def _mapping(value: Mapping[Any, Any], seen: set[int], depth: int) -> int:
    return sys.getsizeof(value) + _sampled(value.items(), len(value), seen, depth)


def _several(value: Sequence[Any] | AbstractSet[Any], seen: set[int], depth: int) -> int:
    return sys.getsizeof(value) + _sampled(value, len(value), seen, depth)


def _array(value: np.ndarray, seen: set[int], depth: int) -> int:
    owner: Any = value
    while isinstance(owner, np.ndarray) and owner.base is not None:
        if isinstance(owner, np.memmap):
            return 0
        owner = owner.base
    if owner is not value and id(owner) in seen:
        return 0
    seen.add(id(owner))
    held = owner.nbytes if isinstance(owner, np.ndarray) else value.nbytes
    return held + (_sampled(value.ravel(), value.size, seen, depth) if value.dtype == object else 0)


def _column(values: pd.Series | pd.Index, seen: set[int], depth: int) -> int:
    if isinstance(values, pd.MultiIndex):
        return int(values.memory_usage())
    held = int(values.memory_usage(index=False) if isinstance(values, pd.Series) else values.memory_usage())
    return held + (_sampled(values, len(values), seen, depth) if values.dtype == object else 0)


def _sampled(parts: Iterable[Any], count: int, seen: set[int], depth: int) -> int:
    """The size of all parts, from the first ones. What two of them share counts once."""
    if not count:
        return 0
    taken = list(islice(parts, _SAMPLE))
    return round(sum(_size(part, seen, depth + 1) for part in taken) * count / len(taken))


_NOTHING = (bool, int, float, type)
_SIZES: tuple[tuple[Any, Callable[[Any, set[int], int], int]], ...] = (
    ((str, bytes, bytearray), lambda value, seen, depth: sys.getsizeof(value)),
    (np.ndarray, _array),
    (pd.DataFrame, _frame),
    ((pd.Series, pd.Index), _column),
    (Mapping, _mapping),
    ((Sequence, AbstractSet), _several),
)
"""Types -> the size of a value of theirs; the first that fits."""
