"""What the map shows beside its points: labels, colours, neighbours, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.projection import Projection
from mmalign_core.types import Collection
from mmalign_core.workflow import Run
from pages._shared import cache, previews, state

BY_MODALITY = "modality"
_OWN = {"item", "modality", "row", "key", "x", "y", "z"}


def colourings(collection: Collection) -> list[str]:
    """By modality, or by any metadata column that tells at least two items apart but not all of them."""
    frame = collection.items
    useful = [
        str(c)
        for c in frame
        if pd.api.types.is_numeric_dtype(frame[c]) or 1 < frame[c].astype(str).nunique() < max(len(frame), 3)
    ]
    return [BY_MODALITY, *[c for c in useful if c != BY_MODALITY]]


def colour_values(rows: pd.DataFrame, column: str) -> Sequence[object]:
    """The metadata column of every point (a column named like one of ours carries an underscore)."""
    return rows[f"{column}_" if column in _OWN else column].tolist()


def labels(run: Run, run_key: str) -> list[str]:
    """What hovering over each point of the map shows; points come modality by modality, as the space has them."""
    return [label for modality in run.result.space for label in cache.row_labels(run_key, modality, run)]


def placed_items(run: Run) -> Sequence[str]:
    """Items that have a place in the space, in the collection's order."""
    return cache.placed(run.collection.digest + run.result.digest, run)


def current_item(run: Run) -> str:
    """The item looked at if it has a place in the space, else the first that has several media."""
    placed, item = placed_items(run), state.selected_item()
    if item in placed:
        return item
    held = cache.media_by_item(run.collection.digest, run.collection)
    return next((item for item in placed if len(held[item]) > 1), placed[0])


def neighbours(run: Run, run_key: str, item: str, count: int = 6) -> list[dict[str, Any]]:
    """The nearest other items as cards."""
    found = cache.neighbours(run_key, item, count, run)
    return [previews.card(run.collection, r.id, note=f"{r.score:+.2f} σ", modalities=[]) for r in found]


def quality(projection: Projection) -> None:
    """Trustworthiness and neighbour overlap with the number of points behind them."""
    if projection.quality_n < 2:
        return
    numbers = (
        (
            "trustworthiness",
            projection.trustworthiness,
            "1 is best, a random map has about 0.5: are points that lie"
            " together on the map also together in the space?",
        ),
        (
            "neighbour overlap",
            projection.neighbour_overlap,
            f"Share of the {projection.quality_k} nearest points on the map that are among the nearest in the space.",
        ),
    )
    shown = " · ".join(f"**{name} {value:.3f}**" for name, value, _ in numbers)
    meaning = "  \n".join(f"{name}: {text}" for name, _, text in numbers)
    st.markdown(
        f":gray[{shown} · measured on n = {projection.quality_n:,} points]",
        help=f"{meaning}  \nDistances between far groups mean little on any such map.",
    )
