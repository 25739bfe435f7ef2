"""Similarity: the matrix as a heat map with clickable cells, and the pairs with the best and worst ranks."""

import streamlit as st

from mmalign_core.plots import heatmap_figure
from mmalign_core.workflow import ORDERINGS, Run
from pages._components import errors, header, waiting
from pages._components.media import gallery, previews
from pages._panels.align import report
from pages._panels.similarity import explanation, pairs
from pages._session import cache, state

# Rows and columns of the largest heat map: smaller cells than these, of three pixels, cannot be clicked.
MOST = 200


def directions(run: Run) -> list[tuple[str, str]]:
    """Return the pair of the run in both directions, then every other pair of its modalities."""
    first = [tuple(run.choices.pair), tuple(run.choices.pair)[::-1]]
    every = [(a, b) for a in run.result.space for b in run.result.space if a != b]
    return first + [pair for pair in every if pair not in first]


@st.fragment(key="similarity.matrix")
def matrix(run: Run, run_key: str, source: str, target: str) -> None:
    """Draw the controls, the heat map, and beside it the clicked pair."""
    most = limit = min(MOST, len(run.collection.ids))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        ordering = st.selectbox("Order", ORDERINGS, key="order", bind="query-params", width=230)
        if most > 2:
            limit = st.slider("Items shown", 2, most, min(24, most), key="items", bind="query-params", width=260)
    with errors.shown():
        block = cache.block(run_key, source, target, limit, ordering, run)
        left, right = st.columns([6, 4], gap="large")
        with left:
            labels = pairs.labels(run, block)
            figure = heatmap_figure(
                block.scores,
                *labels,
                right=block.right,
                chosen=pairs.chosen_cell(block, None, state.selected_item()),
                row_title=source,
                column_title=target,
                row_images=pairs.pictures(run, block, source, block.source_rows),
                column_images=pairs.pictures(run, block, target, block.target_rows),
            )
            st.plotly_chart(
                figure,
                key="heat",
                on_select="rerun",
                selection_mode="points",
                config={"displayModeBar": False},
                alt=f"Similarity of {source} and {target}",
            )
        with right:
            i, j = pairs.chosen_cell(block, state.clicked_point("heat"), state.selected_item())
            pairs.show_cell(run, block, source, target, i, j)
            st.caption(
                "Click any cell to see its two media; the yellow one is shown. Red squares are the right answers."
            )
        explanation.show(run, run_key, block, i, j)


@st.fragment(key="similarity.mistakes")
def mistakes(run: Run, run_key: str, source: str, target: str) -> None:
    """Draw the worst and best pairs: the query, the first result, and the right answer."""
    judged = cache.judged(run_key, source, target, run)
    if not judged:
        st.caption(f"No item has both {source} and {target}: no right answers are known.")
        previews.attribution(run.collection)
        return
    wrong = [pair for pair in judged if pair.rank > 1]
    share = f"{len(judged) - len(wrong):,} of {len(judged):,} queries find a right answer first"
    st.subheader("Which went wrong, which went right?", anchor=False)
    which = st.segmented_control(
        "Show",
        ["Worst", "Best"],
        default="Worst",
        required=True,
        key="show",
        bind="query-params",
        label_visibility="collapsed",
    )
    st.caption(f"{share} (over all items of the run, each against every candidate).{report.among_these(run)}")
    shown = wrong[:12] if which == "Worst" else [pair for pair in reversed(judged) if pair.rank == 1][:12]
    if shown:
        cards = [pairs.card(run, pair, source, target) for pair in shown]
        gallery.show(cards, key=f"pairs.{which}", width=330, most=4, on_pick=look_at)
    else:
        errors.empty(
            "None",
            "Every query finds a right answer first." if which == "Worst" else "No query finds a right answer first.",
            "check_circle",
        )
    previews.attribution(run.collection)


def look_at(item: str) -> None:
    """Select the item. The matrix then shows its pair, if it holds it, instead of the clicked cell."""
    state.select_item(item)
    st.rerun(["similarity.matrix", "similarity.mistakes"])


state.through_app("pages/similarity.py")
header.show("Similarity", "Which pairs match, which go wrong?")
waiting.need("collection")
run, run_key = waiting.need("run"), state.view_spec().run_key
ways = {header.arrow(*way): way for way in directions(run)}
way = st.segmented_control(
    "Direction", list(ways), default=next(iter(ways)), required=True, key="way", bind="query-params"
)
matrix(run, run_key, *ways[way])
mistakes(run, run_key, *ways[way])
