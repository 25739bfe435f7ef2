"""Compare: the open run and another one: metrics, queries won and lost, maps, drift, choices and data."""

import streamlit as st

from mmalign_core.wording import tr
from pages._components import header, waiting
from pages._components.media import previews
from pages._panels.compare import changes, choice, comparison, maps, metrics, queries
from pages._panels.compare.comparison import Comparison
from pages._session import state
from pages._session.compared_run import OtherRun

FRAGMENTS = ["compare.won", "compare.map", "compare.drift"]
# parts of the page that show the selected item


def pick(*items: str) -> None:
    """Select one item, or several as the selection, in every part of the page."""
    if len(items) == 1:
        state.select_item(items[0])
    state.select_items(items if len(items) > 1 else [])
    st.rerun(FRAGMENTS)


@st.fragment(key="compare.won")
def draw_queries(found: Comparison, keys: tuple[str, str], names: tuple[str, str]) -> None:
    """Draw the queries won and lost."""
    st.subheader(tr("Which queries were won and lost?"), anchor=False)
    queries.show(found, keys, names, pick)


@st.fragment(key="compare.map")
def draw_maps(found: Comparison, other: OtherRun, names: tuple[str, str]) -> None:
    """Draw both maps."""
    st.subheader(tr("Where does everything lie in both?"), anchor=False)
    maps.show(found, (other.spec, state.view_spec()), names, pick)


@st.fragment(key="compare.drift")
def draw_moved(found: Comparison) -> None:
    """Draw the items that moved most."""
    st.subheader(tr("What moved most?"), anchor=False)
    changes.moved(found, pick)


def draw(found: Comparison, other: OtherRun) -> None:
    """Draw the comparison from the finding down to the choices behind it."""
    names, own = (other.short, tr("Open run")), state.view_spec()
    metrics.show(found, other.short)
    if found.difference.directions:
        draw_queries(found, (other.spec.run_key, own.run_key), names)
    draw_maps(found, other, names)
    draw_moved(found)
    st.subheader(tr("What differs in choices and data?"), anchor=False)
    changes.choices(found.difference, other.short)
    previews.attribution(found.runs[1].collection)


state.through_app("pages/compare.py")
header.show(tr("Compare"), tr("What did the change bring?"))
waiting.need("collection")
run = waiting.need("run")
other = choice.show()
if other is not None:
    found = waiting.result(comparison.task(run, state.view_spec(), other), begin=True)
    if found is not None:
        draw(found, other)
