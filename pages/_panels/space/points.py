"""The items of the map: which lie on it, which is in focus, its neighbours; and the settings of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mmalign_core.wording import tr
from mmalign_core.workflow import Run
from pages._components.media import gallery
from pages._components.numbers import fixed
from pages._session import cache, run_cache, state

_DEFAULTS: dict[str, float | int] = {"dimensions": 2, "n_neighbors": 15, "min_dist": 0.1, "seed": 0}
"""The defaults of `workflow.project_run`, which are those of umap-learn."""


def placed_items(run: Run) -> Sequence[str]:
    """Return the items with a place in the space, in the collection's order."""
    return run_cache.placed_items(run.collection.digest + run.result.digest, run)


def current_item(run: Run) -> str:
    """Return the selected item if it lies in the space, else the first item with several modalities."""
    placed, item = placed_items(run), state.selected_item()
    if item in placed:
        return item
    held = cache.media_by_item(run.collection)
    return next((item for item in placed if len(held[item]) > 1), placed[0])


def neighbours(run: Run, run_key: str, item: str, count: int = 6) -> list[dict[str, Any]]:
    """Return the nearest other items as cards."""
    found = run_cache.neighbours(run_key, item, count, run)
    return [gallery.card(run.collection, r.id, note=f"{fixed(r.score, plus=True)} σ", modalities=[]) for r in found]


def map_settings() -> None:
    """Draw the switch between 2-D and 3-D, and a button for the other settings."""
    now = _DEFAULTS | dict(state.view_spec().map)
    shape = st.segmented_control(
        tr("Dimensions"), ["2-D", "3-D"], default=f"{now['dimensions']}-D", required=True, key="space.dimensions"
    )
    if shape and int(shape[0]) != now["dimensions"]:
        _draw_map(now | {"dimensions": int(shape[0])})
    with st.popover(tr("Map settings"), icon=":material/tune:"), st.form("map", border=False):
        near = st.slider(
            tr("Neighbours"),
            2,
            100,
            min(int(now["n_neighbors"]), 100),
            key="space.near.slider",
            help=tr("Few show details, many show the whole."),
        )
        apart = st.slider(
            tr("Least distance"),
            0.0,
            0.99,
            float(now["min_dist"]),
            0.01,
            key="space.apart",
            help=tr("How tightly points may lie on one another."),
        )
        seed = st.number_input(
            tr("Seed"), 0, 2**31, int(now["seed"]), key="space.seed", help=tr("The same seed gives the same map.")
        )
        if st.form_submit_button(tr("Draw"), type="primary"):
            _draw_map(now | {"n_neighbors": near, "min_dist": apart, "seed": seed})


def _draw_map(settings: dict[str, float | int]) -> None:
    state.draw_map(**{name: value for name, value in settings.items() if value != _DEFAULTS[name]})
    st.rerun()
