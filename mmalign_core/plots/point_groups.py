"""The colours of a map's points: groups of a category, or a scale of numbers, as one byte a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmalign_core.plots.answer_scores import RIGHT_COLOUR, WRONG_COLOUR
from mmalign_core.plots.colours import OTHER_COLOUR, category_colours, modality_colour

CATEGORIES = 10
"""Categories with their own colour. Chosen: more colours cannot be told apart, and the palette has as many."""
VIRIDIS = (
    "#440154", "#482878", "#3E4989", "#31688E", "#26828E", "#1F9E89", "#35B779", "#6DCD59", "#B4DE2C", "#FDE725",
)  # fmt: skip
"""Ten stops of the colour map viridis of matplotlib: it grows evenly brighter, also for colour-blind people."""
_SCALE_FROM = 3
"""Distinct numbers from which a column is a scale. Chosen: two are a choice, such as no and yes."""
_SCALE_STEPS = 255
"""Codes of a scale: one byte holds them beside 0 for no value."""
NO_VALUE = "none"
_FIXED = {"right": RIGHT_COLOUR, "wrong": WRONG_COLOUR, NO_VALUE: OTHER_COLOUR}
"""Categories that keep their colour, whichever is larger."""


@dataclass(frozen=True)
class Group:
    """Points of one colour. `codes`: the first and the last of their codes."""

    name: str
    colour: str
    count: int
    codes: tuple[int, int]


@dataclass(frozen=True)
class Scale:
    """Numbers from `low` to `high`, their tenfold steps if `logarithmic`; `ticks`: share of the scale and its text."""

    title: str
    low: float
    high: float
    logarithmic: bool
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class MapGroups:
    """What the points are coloured by. `codes` (n,) uint8; `palette`: colours of the first codes.

    With a `scale`, codes from 1 on are its steps, and `numbers` (n,) has the values, NaN without one.
    """

    codes: np.ndarray
    palette: tuple[str, ...]
    groups: tuple[Group, ...]
    scale: Scale | None = None
    numbers: np.ndarray | None = None


def map_groups(
    modality: Sequence[str] | np.ndarray,
    values: Sequence[object] | pd.Series | None,
    title: str = "",
    *,
    logarithmic: bool = False,
) -> MapGroups:
    """Return the groups of n points by their `values` (n,): numbers and dates as a scale, anything else as categories.

    None colours by `modality` (n,). Numbers of a `logarithmic` scale count from 1 on.
    """
    if values is None:
        codes, kinds = pd.factorize(np.asarray(modality, object))
        return _named(codes, {str(kind): modality_colour(str(kind)) for kind in kinds})
    held = values.reset_index(drop=True) if isinstance(values, pd.Series) else pd.Series(list(values), dtype=object)
    numbers = _numbers(held)
    if numbers is not None:
        return _scale(numbers, title, logarithmic)
    return _categories(held)


def _numbers(values: pd.Series) -> np.ndarray | None:
    """Return the values as numbers (n,), dates as years, NaN without a value; None for categories."""
    known = values.dropna()
    if pd.api.types.is_datetime64_any_dtype(values) or (
        len(known) and values.dtype == object and known.map(lambda value: hasattr(value, "timetuple")).all()
    ):
        dates = pd.to_datetime(values, errors="coerce", utc=True)
        return (dates.dt.year + (dates.dt.dayofyear - 1) / 365.25).to_numpy(float)
    numbers = pd.Series(pd.to_numeric(values, errors="coerce"))
    if numbers.notna().sum() == len(known) and numbers.nunique() >= _SCALE_FROM:
        return numbers.to_numpy(float)
    return None


def _scale(numbers: np.ndarray, title: str, logarithmic: bool) -> MapGroups:
    known = np.isfinite(numbers)
    shown = np.log10(np.maximum(numbers, 1)) if logarithmic else numbers
    low = 0.0 if logarithmic else float(shown[known].min())
    high = float(shown[known].max())
    share = (np.where(known, shown, low) - low) / max(high - low, 1e-12)
    codes = np.where(known, 1 + np.round(share * (_SCALE_STEPS - 1)), 0).astype(np.uint8)
    groups = () if known.all() else (Group(NO_VALUE, OTHER_COLOUR, int((~known).sum()), (0, 0)),)
    if logarithmic:
        powers = range(int(np.floor(high)) + 1)
        ticks = tuple((power / max(high, 1e-12), f"{10**power:,}") for power in powers if power <= high)
    else:
        ticks = tuple((share, f"{low + share * (high - low):.4g}") for share in (0.0, 0.5, 1.0))
    scale = Scale(title, low, high, logarithmic, ticks)
    return MapGroups(codes, (OTHER_COLOUR,), groups, scale, np.where(known, shown, np.nan))


def _categories(values: pd.Series) -> MapGroups:
    codes, found = pd.factorize(values.where(values.notna(), NO_VALUE).astype(str))
    counts = np.bincount(codes, minlength=len(found))
    by_size = np.argsort(-counts, kind="stable")
    place = np.empty(len(found), int)
    place[by_size] = np.arange(len(found))
    names = [str(found[number]) for number in by_size]
    tints = category_colours(names[:CATEGORIES])
    tints |= {name: tint for name, tint in _FIXED.items() if name in tints}
    if len(names) > CATEGORIES:
        tints[f"{len(names) - CATEGORIES} others"] = OTHER_COLOUR
    return _named(np.minimum(place[codes], CATEGORIES), tints)


def _named(codes: np.ndarray, tints: Mapping[str, str]) -> MapGroups:
    counts = np.bincount(codes, minlength=len(tints))
    groups = tuple(
        Group(name, tint, int(counts[code]), (code, code)) for code, (name, tint) in enumerate(tints.items())
    )
    return MapGroups(codes.astype(np.uint8), tuple(tints.values()), groups)
