"""A query on the map: typed words, a picture or a sound, where they lie and what answers them."""

from __future__ import annotations

import json

import numpy as np
import streamlit as st

from mmalign_core.plots import MapQuery
from mmalign_core.wording import tr
from mmalign_core.workflow import Run, SpaceMap
from pages._components import errors
from pages._panels.recommend import queries, query_form
from pages._session import cache, run_cache, state

_ANSWERS = 10
"""Answers that the map links to the query; our choice: as many as the Recommend page shows."""


def show(run: Run, run_key: str, map_key: str, drawn: SpaceMap) -> MapQuery | None:
    """Draw the form of the query, which the Recommend page shares, and return the last text or file of it placed."""
    if not st.toggle(tr("Ask on the map"), key="ask.map", bind="query-params", help=tr("Words, a picture or a sound.")):
        return None
    query_form.show(run)
    parts = [part for part in state.query_parts() or [] if part["kind"] in ("text", "image", "audio", "video")]
    if not parts:
        st.caption(tr("Ask by words, a picture or a sound: a star shows where it lies, lines lead to its answers."))
        return None
    part = {**parts[-1], "weight": 1.0}
    with errors.shown(), st.spinner(tr("placing the query")):
        spec = queries.as_query([part], cache.settings())
        place, answers = run_cache.query_on_map(f"{run_key} {map_key} {json.dumps(part)}", _ANSWERS, run, drawn, spec)
        label = queries.name(part, run.collection, 60)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                tr(":material/star: **{label}** and its {n} nearest items", label=errors.plain(label), n=len(answers))
            )
            st.button(
                tr("Select its answers"), key="space.answers", on_click=state.select_items, args=(list(answers),),
                icon=":material/select_all:",
            )  # fmt: skip
        return MapQuery(label, np.asarray(place), answers)
    return None
