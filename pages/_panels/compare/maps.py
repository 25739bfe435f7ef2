"""The maps of both runs side by side: one selection for both, and the item under the pointer is ringed in both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import two_maps_figure
from mmalign_core.workflow import SpaceMap, turned_map
from pages._components import figures, waiting
from pages._panels.compare.comparison import Comparison, map_task
from pages._session import cache, compared, state
from pages._session.view_spec import ViewSpec

_ASSETS = Path(__file__).parents[3] / "assets"
_KEY = "compare.maps"


def show(
    found: Comparison, specs: tuple[ViewSpec, ViewSpec], names: tuple[str, str], pick: Callable[..., None]
) -> None:
    """Draw both maps, or the progress of the one that is not drawn yet. `pick` gets the items of a selection."""
    drawn = [waiting.result(map_task(run, spec), begin=True) for run, spec in zip(found.runs, specs)]
    if any(one is None for one in drawn):
        return
    labels = [_labels(found, side, specs[side]) for side in (0, 1)]
    chosen = state.selection() or [item for item in [state.selected_item()] if item]
    figures.show(
        two_maps_figure(_turned(drawn), labels, names, chosen=chosen),
        key=_KEY,
        on_select=lambda: _picked(pick),
        selection_mode=("points", "box", "lasso"),
        against=names[0],
        config=figures.ZOOMED,
        alt="The maps of both runs side by side; the selected items are ringed in both",
    )
    _linked()(data={"chart": f".st-key-{_KEY.replace('.', '-')} .js-plotly-plot"}, key="compare.linked")
    st.caption(
        "Point at an item to see where it lies in the other map; click, or draw a box or a lasso, to select in both."
        " The left map is turned to lie as the right one does; distances on it stay. Distances between far groups mean"
        " little on any such map."
    )


def _turned(drawn: list[SpaceMap]) -> list[pd.DataFrame]:
    return [turned_map(drawn[0].points, drawn[1].points), drawn[1].points]


def _labels(found: Comparison, side: int, spec: ViewSpec) -> list[str]:
    run = found.runs[side]
    return [label for modality in run.result.space for label in cache.row_labels(spec.run_key, modality, run)]


def _picked(pick: Callable[..., None]) -> None:
    points = compared.clicked_points(_KEY)
    if points:
        pick(*dict.fromkeys(str(point[0]) for point in points))


def _linked() -> Any:
    return st.components.v2.component(
        "mmalign_linked_maps",
        html='<div class="linked"></div>',
        js=(_ASSETS / "linked_maps.js").read_text(encoding="utf-8"),
    )
