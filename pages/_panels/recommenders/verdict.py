"""One sentence on top of the Recommenders page: which recommender is best on what, and whether that is sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmalign_core.plots import SLICE_WORDS
from mmalign_core.wording import tr, tr_list
from mmalign_core.workflow import RandomOrder, RecommenderRow, SliceLeader, slice_leaders

_SLICES = ("all", "warm", "cold", "short", "long")
"""The slices of the sentence, the whole first."""


def verdict(rows: Sequence[RecommenderRow], facts: Mapping[str, Any], k: int) -> str:
    """Return which recommender is best over all with its interval and rivals, and which is best where that differs.

    `rows` in ranking order. '' if no recommender has put a right answer among the first `k` for anybody.
    """
    best = slice_leaders(rows, f"ndcg@{k}")
    if "all" not in best:
        return ""
    first = best["all"]
    alone = sum(not row["error"] and not row["baseline"] for row in rows) == 1
    measured = tr(
        "{numbers}, {users_measured:,} users", numbers=_numbers(first, k), users_measured=facts["users_measured"]
    )
    words = tr(
        "{name} ranks best over all: {measured}, {rivals}",
        name=first.name,
        measured=measured,
        rivals=_rivals(first, alone),
    )
    others: dict[str, list[str]] = {}
    for name in _SLICES[1:]:
        if name in best and best[name].name != first.name:
            others.setdefault(best[name].name, []).append(name)
    parts = [
        tr(
            "for {listed} it is {leader} ({rivals})",
            listed=_listed([SLICE_WORDS[name] for name in names]),
            leader=leader,
            rivals=_rivals(best[names[0]], alone),
        )
        for leader, names in others.items()
    ]
    return tr_list([words, *parts], "; ") + tr(".")


def _numbers(best: SliceLeader, k: int) -> str:
    low, high = best.interval
    return tr(
        "NDCG at {k} is {value:.1%} (95% interval {low:.1f} to {high:.1f})",
        k=k,
        value=best.value,
        low=100 * low,
        high=100 * high,
    )


def _rivals(best: SliceLeader, alone: bool) -> str:
    """Return what its place is worth: tied with which others, or better than all."""
    if RandomOrder.name in best.alike:
        return tr("not surely better than random order")
    if best.alike:
        return tr("tied with {listed}", listed=_listed(list(best.alike)))
    return tr("better than random order") if alone else tr("better than all others")


def _listed(names: list[str]) -> str:
    return tr_list([tr_list(names[:-1]), names[-1]], " and ") if names[1:] else "".join(names)
