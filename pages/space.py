"""Shared space: the map of every medium, and the clicked item with its neighbours."""

import streamlit as st

from mmalign_core.plots import map_figure
from mmalign_core.workflow import Run, SpaceMap
from pages._shared import errors, gallery, header, map_settings, places, previews, state, waiting


@st.fragment
def explore(run: Run, drawn: SpaceMap) -> None:
    """Controls, map, and beside it how far to trust it and what was clicked."""
    rows = drawn.points
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        colour = st.selectbox(
            "Colour by", places.colourings(run.collection), key="colour", bind="query-params", width=220
        )
        links = st.toggle("Link the media of an item", value=True, key="links", bind="query-params")
        map_settings.show()
    left, right = st.columns([7, 3], gap="large")
    with left:
        values = None if colour == places.BY_MODALITY else places.colour_values(rows, colour)
        figure = map_figure(
            rows,
            places.labels(run, rows),
            colour=values,
            colour_title=colour,
            links=links,
            highlight=state.selected_item(),
        )
        st.plotly_chart(
            figure,
            key="map",
            on_select=clicked,
            selection_mode="points",
            config={"scrollZoom": True, "displaylogo": False},
            alt="Map of the shared space: one point per text, picture and sound",
        )
        places.quality(drawn.projection)
        previews.attribution(run.collection)
    with right:
        look_at(run)


def clicked() -> None:
    """A click on a point looks at its item; clicking beside the points keeps what was shown."""
    point = state.clicked_point("map")
    if point:
        state.select_item(str(point[0]))


def look_at(run: Run) -> None:
    """The item looked at, and what lies nearest to it in the shared space."""
    placed = places.placed_items(run)
    current = state.selected_item() if state.selected_item() in placed else placed[0]
    picked = st.selectbox(
        "Item",
        placed,
        index=placed.index(current),
        key=f"space.item.{current}",
        format_func=lambda i: previews.title(run.collection, i),
        help="Click a point, or find an item by typing.",
    )
    if picked != current:
        state.select_item(picked)
        st.rerun(scope="fragment")
    previews.show_item(run.collection, current, metadata=False, tallest=170)
    with errors.shown():
        near = places.neighbours(run, state.wanted().run_key, current)
        st.caption("Nearest items in the shared space (cosine)")
        gallery.show(near, key="space.near", width=110)


state.through_app("pages/space.py")
header.show("Shared space", "Where does everything lie?")
waiting.need("collection")
run = waiting.need("run")
explore(run, waiting.need("map"))
