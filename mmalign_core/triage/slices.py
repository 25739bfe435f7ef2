"""Slices: groups of queries that share a property, and how far their metric lies from that of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmalign_core.metrics.bootstrap import RESAMPLES, interval, resampled_means, share_interval
from mmalign_core.metrics.permutation import PERMUTATIONS, permutation_p
from mmalign_core.types import BadInput
from mmalign_core.wording import say

SMALLEST = 10
"""Fewest items inside a slice and outside of it; our choice: the interval of a share of fewer spans half the scale."""
LEVEL = 0.05
"""Share of false ones that is tolerated among the slices that are called different (Benjamini & Hochberg 1995)."""
_Ends = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Group:
    """Queries that share a property, before anything is measured.

    `key` names the group in addresses and files: "group=mammals", "year:2", "cluster:3". `kind`: "metadata",
    "modalities", "caption length", "language", "duplicate", "cause" or "cluster". `label`: what a person reads.
    `defined_by`: the property as plain data. `members` (m,) bool. `among` (m,) bool: the queries that it is compared
    with, itself included; None: all.
    """

    key: str
    kind: str
    label: str
    defined_by: Mapping[str, Any]
    members: np.ndarray
    among: np.ndarray | None = None


@dataclass(frozen=True)
class Slice:
    """A group with its metric. `items`: its distinct items, in the order of the queries.

    `value` and `rest` are means over its `n` queries and over the `n_rest` others that it is compared with, with 95%
    intervals. `difference` = value - rest. `p` is of a permutation test; `q` is p after Benjamini and Hochberg's
    correction over all slices tried, NaN before it.
    """

    group: Group
    items: tuple[str, ...]
    n: int
    value: float
    ci95: tuple[float, float]
    n_rest: int
    rest: float
    rest_ci95: tuple[float, float]
    difference: float
    difference_ci95: tuple[float, float]
    p: float
    q: float = float("nan")

    @property
    def key(self) -> str:
        """The key of its group."""
        return self.group.key

    @property
    def is_significant(self) -> bool:
        """Whether it differs from the rest, with at most 5% of such slices false ones."""
        return self.q < LEVEL


def sizeable(groups: Sequence[Group], items: Sequence[str], smallest: int = SMALLEST) -> list[Group]:
    """Return the groups with at least so many items inside, and outside as well; the first of those that are equal.

    `items` (m,): the item of each query. Keys that occur twice get a number: "cause=hub", "cause=hub#2".
    """
    numbers = np.unique(np.asarray(items), return_inverse=True)[1].ravel()
    seen: set[tuple[bytes, bytes]] = set()
    taken: dict[str, int] = {}
    kept = []
    for group in groups:
        among = np.ones(len(numbers), bool) if group.among is None else group.among
        inside, outside = group.members & among, ~group.members & among
        same = inside.tobytes(), outside.tobytes()
        if min(len(np.unique(numbers[inside])), len(np.unique(numbers[outside]))) < smallest or same in seen:
            continue
        seen.add(same)
        taken[group.key] = times = taken.get(group.key, 0) + 1
        kept.append(group if times == 1 else replace(group, key=f"{group.key}#{times}"))
    return kept


def measure_slices(
    groups: Sequence[Group],
    values: np.ndarray,
    items: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    permutations: int = PERMUTATIONS,
) -> tuple[Slice, ...]:
    """Return each group's mean of `values` (m,) in 0..1 beside that of the rest, without q.

    Intervals are of the bootstrap over items, with all queries of an item drawn together. A side whose values are all
    0 or all 1 has no spread to resample: it gets Wilson's interval of so many items, and the difference the interval
    that both sides' intervals make together (Newcombe 1998, method 10).
    BadInput where lengths differ, values are no numbers in 0..1, or a group or its rest is empty.
    """
    values = np.asarray(values, float)
    _check(groups, values, items)
    if not groups:
        return ()
    item = np.unique(np.asarray(items), return_inverse=True)[1].ravel()
    sides = [(group.members & _among(group), ~group.members & _among(group)) for group in groups]
    drawn = _drawn_means([side for pair in sides for side in pair], values, item, seed, resamples)
    p = _p_values(groups, values, items, seed, permutations)
    means = zip(drawn[::2], drawn[1::2])
    rows = zip(groups, sides, means, p.tolist(), strict=True)
    return tuple(_slice(group, side, values, items, mean, chance) for group, side, mean, chance in rows)


def corrected(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    """Return the slices with q: p corrected for as many comparisons (Benjamini & Hochberg 1995)."""
    from scipy.stats import false_discovery_control

    if not slices:
        return ()
    q = false_discovery_control([one.p for one in slices])
    return tuple(replace(one, q=float(value)) for one, value in zip(slices, q))


def _slice(
    group: Group,
    sides: tuple[np.ndarray, np.ndarray],
    values: np.ndarray,
    items: Sequence[str],
    drawn: tuple[np.ndarray, np.ndarray],
    p: float,
) -> Slice:
    inside, outside = sides
    value, rest = float(values[inside].mean()), float(values[outside].mean())
    around = _around(values, items, inside, drawn[0]), _around(values, items, outside, drawn[1])
    return Slice(
        group,
        tuple(dict.fromkeys(items[row] for row in np.flatnonzero(inside).tolist())),
        n=int(inside.sum()),
        value=value,
        ci95=around[0],
        n_rest=int(outside.sum()),
        rest=rest,
        rest_ci95=around[1],
        difference=value - rest,
        difference_ci95=_apart(value, rest, around, drawn),
        p=p,
    )


def _among(group: Group) -> np.ndarray:
    return np.ones(len(group.members), bool) if group.among is None else group.among


def _check(groups: Sequence[Group], values: np.ndarray, items: Sequence[str]) -> None:
    if len(values) != len(items) or not np.isfinite(values).all() or ((values < 0) | (values > 1)).any():
        raise BadInput(
            say(
                "{n} values for {queries} queries; give one number from 0 to 1 for each query, none missing",
                n=len(values),
                queries=len(items),
            )
        )
    for group in groups:
        if len(group.members) != len(values) or len(_among(group)) != len(values):
            raise BadInput(
                say(
                    "slice '{key}' marks {n} queries of {queries}; mark every query",
                    key=group.key,
                    n=len(group.members),
                    queries=len(values),
                )
            )
        if not (group.members & _among(group)).any() or not (~group.members & _among(group)).any():
            raise BadInput(
                say("slice '{key}' holds no query or all of them, so there is nothing to compare", key=group.key)
            )


def _drawn_means(
    sides: Sequence[np.ndarray], values: np.ndarray, item: np.ndarray, seed: int, resamples: int
) -> list[np.ndarray]:
    """For each set of queries (m,) bool its mean (resamples,) over items drawn with replacement, NaN without any."""
    columns = {}
    for place, side in enumerate(sides):
        columns[f"sum {place}"] = np.bincount(item, values * side)
        columns[f"count {place}"] = np.bincount(item, side.astype(float))
    means = resampled_means(columns, seed=seed, resamples=resamples)
    with np.errstate(invalid="ignore"):
        return [means[f"sum {place}"] / means[f"count {place}"] for place in range(len(sides))]


def _around(values: np.ndarray, items: Sequence[str], side: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    """The interval of the mean of one side."""
    observed = float(values[side].mean())
    if observed in (0.0, 1.0):
        own = len({items[row] for row in np.flatnonzero(side).tolist()})
        return share_interval(round(observed * own), own)
    low, high = interval(drawn[np.isfinite(drawn)])
    return min(low, observed), max(high, observed)


def _apart(one: float, other: float, around: _Ends, drawn: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """The interval of the difference of two means; `around`: the interval of each."""
    observed = one - other
    if {one, other} & {0.0, 1.0}:
        (low, high), (lower, upper) = around
        below, above = np.hypot(one - low, upper - other), np.hypot(high - one, other - lower)
        return float(observed - below), float(observed + above)
    apart = drawn[0] - drawn[1]
    low, high = interval(apart[np.isfinite(apart)])
    return min(low, observed), max(high, observed)


def _p_values(
    groups: Sequence[Group], values: np.ndarray, items: Sequence[str], seed: int, permutations: int
) -> np.ndarray:
    """The p of each group among the queries that it is compared with; groups that share them are permuted together."""
    among: dict[bytes, list[int]] = {}
    for place, group in enumerate(groups):
        among.setdefault(_among(group).tobytes(), []).append(place)
    found = np.ones(len(groups))
    for places in among.values():
        rows = np.flatnonzero(_among(groups[places[0]]))
        members = np.stack([groups[place].members[rows] for place in places], axis=1)
        own = [items[row] for row in rows.tolist()]
        found[places] = permutation_p(values[rows], members, own, seed=seed, permutations=permutations)
    return found
