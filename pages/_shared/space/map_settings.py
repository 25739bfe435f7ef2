"""The settings of the map: changing them draws it anew in the background."""

from __future__ import annotations

import streamlit as st

from pages._shared import state


def show() -> None:
    """2-D or 3-D at once; the rest behind a button."""
    now = {"dimensions": 2, "n_neighbors": 15, "min_dist": 0.1, "seed": 0} | dict(state.wanted().map)
    shape = st.segmented_control(
        "Dimensions", ["2-D", "3-D"], default=f"{now['dimensions']}-D", required=True, key="space.dimensions"
    )
    if shape and int(shape[0]) != now["dimensions"]:
        _draw(now | {"dimensions": int(shape[0])})
    with st.popover("Map settings", icon=":material/tune:"), st.form("map", border=False):
        near = st.slider(
            "Neighbours",
            2,
            100,
            min(int(now["n_neighbors"]), 100),
            key="space.near.slider",
            help="Few show detail, many show the whole.",
        )
        apart = st.slider(
            "Least distance",
            0.0,
            0.99,
            float(now["min_dist"]),
            0.01,
            key="space.apart",
            help="How tightly points may lie on one another.",
        )
        seed = st.number_input(
            "Seed", 0, 2**31, int(now["seed"]), key="space.seed", help="The same seed gives the same map."
        )
        if st.form_submit_button("Draw", type="primary"):
            _draw(now | {"n_neighbors": near, "min_dist": apart, "seed": seed})


def _draw(settings: dict[str, float | int]) -> None:
    usual = {"dimensions": 2, "n_neighbors": 15, "min_dist": 0.1, "seed": 0}
    state.draw_map(**{name: value for name, value in settings.items() if value != usual[name]})
    st.rerun()
