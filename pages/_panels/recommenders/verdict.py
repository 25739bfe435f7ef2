"""One sentence on top of the Recommenders page: which recommender is best on what, and whether that is sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmalign_core.plots import SLICE_WORDS
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
    measured = f"{_numbers(first, k)}, {facts['users_measured']:,} users"
    words = f"{first.name} ranks best over all: {measured}, {_rivals(first, alone)}"
    others: dict[str, list[str]] = {}
    for name in _SLICES[1:]:
        if name in best and best[name].name != first.name:
            others.setdefault(best[name].name, []).append(name)
    parts = [f"for {_listed([SLICE_WORDS[name] for name in names])} it is {leader} ({_rivals(best[names[0]], alone)})"
             for leader, names in others.items()]  # fmt: skip
    return "; ".join([words, *parts]) + "."


def _numbers(best: SliceLeader, k: int) -> str:
    low, high = best.interval
    return f"NDCG at {k} is {best.value:.1%} (95% interval {100 * low:.1f} to {100 * high:.1f})"


def _rivals(best: SliceLeader, alone: bool) -> str:
    """Return what its place is worth: tied with which others, or better than all."""
    if RandomOrder.name in best.alike:
        return "not surely better than random order"
    if best.alike:
        return f"tied with {_listed(list(best.alike))}"
    return "better than random order" if alone else "better than all others"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
