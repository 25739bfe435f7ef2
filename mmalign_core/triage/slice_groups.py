"""Groups of queries by their properties: values of a column, parts of a range of numbers or dates."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mmalign_core.data.ordered_texts import DATE, ordered_texts
from mmalign_core.data.tabular.written_values import shown_duration
from mmalign_core.triage.slices import Group
from mmalign_core.wording import say

_MOST_VALUES = 20
"""Values of one column that become groups, the most frequent first; our choice: as many bars as fit on a screen."""
_FEW_NUMBERS = 10
"""Up to so many distinct numbers are values, as of a rating or a fold; more are cut into parts. Our choice."""
_PARTS = 4
"""Parts of a range, by quartiles; our choice: each then holds a fourth of the items."""
_DISTINCT = 0.5
"""A text column with more distinct values than this share of its items holds ids or free text. Our choice."""


def by_value(kind: str, name: str, values: Sequence[Sequence[str]]) -> list[Group]:
    """One group for each of the most frequent values; `values` (m,) holds those of each query, () for none.

    Queries without any value are a group too, where others have one.
    """
    counts = Counter(value for own in values for value in set(own))
    groups = []
    for value, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_VALUES]:
        members = np.array([value in own for own in values], bool)
        defined = {"column": name, "value": value}
        groups.append(Group(f"{name}={value}", kind, f"{name}: {value}", defined, members))
    return groups + _without(kind, name, np.array([not own for own in values], bool)) if groups else []


def by_part(
    kind: str,
    name: str,
    values: np.ndarray,
    reference: np.ndarray,
    words: Callable[[float], str] = "{:.4g}".format,
    unit: str = "",
) -> list[Group]:
    """One group for each fourth of the range of `reference`, cut at its quartiles; `values` (m,), NaN for none.

    Keys are "year:1", the lowest, to "year:4". Equal quartiles leave fewer groups. Queries without a value are a group
    too, where others have one. `words`: how a number is written; `unit`: what stands behind it.
    """
    reference = reference[np.isfinite(reference)]
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, _PARTS + 1))) if len(reference) else np.zeros(0)
    groups = []
    for part, (low, high) in enumerate(itertools.pairwise(edges), 1):
        is_last = high == edges[-1]
        own = reference[(reference >= low) & ((reference <= high) if is_last else (reference < high))]
        if not len(own):
            continue
        members = (values >= own.min()) & (values <= own.max())
        defined = {"column": name, "from": float(own.min()), "to": float(own.max())}
        bounds = dict.fromkeys([words(own.min()), words(own.max())])
        label = f"{name}: {' to '.join(bounds)}{unit}"
        groups.append(Group(f"{name}:{part}", kind, label, defined, members))
    return groups + _without(kind, name, ~np.isfinite(values)) if groups else []


def by_column(name: str, column: pd.Series, items: Sequence[str]) -> list[Group]:
    """The groups of one metadata column; `column` is indexed by item, `items` (m,) is the item of each query.

    Texts and booleans are values, a JSON list is each of its values, numbers, dates and durations are parts of their
    range. Ids and free text give no groups: texts that hardly repeat, and whole numbers that all differ and are
    consecutive or named id.
    """
    held = column.dropna()
    if held.empty:
        return []
    if all(isinstance(value, bool | np.bool_) for value in held):
        return by_value(
            "metadata", name, _of(items, {item: ("yes" if value else "no",) for item, value in held.items()})
        )
    if pd.api.types.is_numeric_dtype(held) or all(isinstance(value, int | float) for value in held):
        return _of_numbers(name, held.astype(float), items)
    words = held.astype(str)
    ordered = ordered_texts(pa.array(words.tolist(), pa.large_string()))
    if ordered is not None and words.nunique() > _FEW_NUMBERS:
        seconds = dict(zip(map(str, words.index), ordered.seconds.tolist()))
        shown = _day if ordered.kind == DATE else shown_duration
        return by_part("metadata", name, _numbers(items, seconds), ordered.seconds, shown)
    values = {item: _listed(value) for item, value in words.items()}
    if len({value for own in values.values() for value in own}) > max(_DISTINCT * len(words), 2):
        return []
    return by_value("metadata", name, _of(items, values))


def by_causes(causes: Sequence[Sequence[str]], missed: np.ndarray) -> list[Group]:
    """One group for each cause; `causes` (m,) holds the names of each query's causes, `missed` (m,) bool.

    A cause that only wrong queries can have is compared with the other wrong queries: beside all others it would be
    worse by its definition.
    """
    groups = []
    for group in by_value("cause", "cause", causes):
        if group.defined_by["value"] is None:
            continue
        of_wrong = not (group.members & ~missed).any()
        label = say("{label}, among wrong queries", label=group.label) if of_wrong else group.label
        groups.append(Group(group.key, "cause", label, group.defined_by, group.members, missed if of_wrong else None))
    return groups


def _without(kind: str, name: str, members: np.ndarray) -> list[Group]:
    """The group of the queries without a value, where there are any."""
    defined = {"column": name, "value": None}
    return [Group(f"{name}=", kind, say("{name}: no value", name=name), defined, members)] if members.any() else []


def _of_numbers(name: str, held: pd.Series, items: Sequence[str]) -> list[Group]:
    numbers = {str(item): value for item, value in held.items()}
    distinct = np.unique(held)
    if len(distinct) <= _FEW_NUMBERS:
        return by_value("metadata", name, _of(items, {item: (f"{value:.10g}",) for item, value in numbers.items()}))
    if _is_id(name, held.to_numpy()):
        return []
    words = "{:.0f}".format if np.all(distinct == np.round(distinct)) else "{:.4g}".format
    return by_part("metadata", name, _numbers(items, numbers), held.to_numpy(), words)


def _is_id(name: str, values: np.ndarray) -> bool:
    """Whether the numbers only tell items apart."""
    if len(np.unique(values)) < len(values) or (values != np.round(values)).any():
        return False
    consecutive = values.max() - values.min() == len(values) - 1
    return bool(consecutive) or name.casefold().replace("_", " ").split()[-1:] == ["id"]


def _of(items: Sequence[str], values: dict[Any, tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [values.get(item, ()) for item in items]


def _numbers(items: Sequence[str], values: dict[str, float]) -> np.ndarray:
    return np.array([values.get(item, np.nan) for item in items], float)


def _listed(value: str) -> tuple[str, ...]:
    """The texts of a JSON list, or the value alone."""
    if value.startswith("["):
        try:
            found = json.loads(value)
        except ValueError:
            return (value,)
        return tuple(dict.fromkeys(str(one) for one in found))
    return (value,)


def _day(seconds: float) -> str:
    return pd.Timestamp(seconds, unit="s", tz="UTC").date().isoformat()
