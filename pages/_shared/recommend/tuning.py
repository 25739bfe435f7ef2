"""The controls that answer at once: modality weights, diversity, popularity, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mmalign_core.workflow import FittedRecommender
from pages._shared import header

_NARROW = 168
_DIVERSITY = "At 0 by score alone; the higher, the more an item loses for being like one above it (MMR)."
_POPULARITY = "Above 0 favours what many users have met, below 0 what few have."


@dataclass(frozen=True)
class Tuning:
    """How an answer is ordered: `weights` modality -> weight, {} where the recommender reads no places."""

    weights: Mapping[str, float]
    diversity: float
    popularity: float
    k: int


def sliders(fitted: FittedRecommender) -> Tuning:
    """One row of sliders."""
    with st.container(horizontal=True, gap="small", key="tuning"):
        return _tuning(fitted, "", None)


def behind(fitted: FittedRecommender, which: str, *, k: int | None = None) -> Tuning:
    """The same behind a button, for one of two answers; the second takes its number of items `k` from the first."""
    with st.popover(f"Weights and order of {which}", icon=":material/tune:", key=f"tune.{k is None}"):
        return _tuning(fitted, "" if k is None else "rival.", k)


def _tuning(fitted: FittedRecommender, prefix: str, k: int | None) -> Tuning:
    weights = _weights(fitted, prefix)
    diversity = _slider("Diversity", f"{prefix}diversity", 0.0, 1.0, 0.0, 0.05, _DIVERSITY)
    met = fitted.interactions is not None and len(fitted.interactions) > 0
    popularity = _slider("Popularity", f"{prefix}popularity", -1.0, 1.0, 0.0, 0.1, _POPULARITY) if met else 0.0
    most = max(2, min(30, len(fitted.items.ids)))
    return Tuning(weights, diversity, popularity, k or _slider("How many", "k", 1, most, min(10, most), 1, None))


def _weights(fitted: FittedRecommender, prefix: str) -> dict[str, float]:
    if not fitted.model.reads_places or len(fitted.items.parts) < 2:
        return {}
    return {
        m: _slider(header.modality_word(m), f"{prefix}weight.{m}", 0.0, 2.0, 1.0, 0.05,
                   f"How much the items' {m} counts; 0 leaves it out.")
        for m in fitted.items.parts
    }  # fmt: skip


def _slider(label: str, key: str, low: Any, high: Any, usual: Any, step: Any, help: str | None) -> Any:
    return st.slider(label, low, high, usual, step, key=key, bind="query-params", help=help, width=_NARROW)
