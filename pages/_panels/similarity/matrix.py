"""The matrix: which queries it shows, the heat map, and the pair in focus beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mmalign_core.plots import heatmap_figure
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import ORDERINGS, SimilarityBlock, judged_rows
from pages._components import errors, figures
from pages._panels.similarity import explanation, groups, pairs, view
from pages._panels.similarity.view import View
from pages._session import cache, clicks, languages, run_cache, state

_MOST = 200
"""Cells along one side of the largest heat map: smaller ones than these, of three pixels, cannot be clicked."""
WORST, BEST, SELECTION, SPREAD, GROUPS = (
    say("Worst pairs"),
    say("Best pairs"),
    say("Selection"),
    say("Across the collection"),
    say("Groups"),
)


def show(shown: View) -> None:
    """Draw the controls, the heat map, and beside it the pair in focus."""
    queries: Sequence[int] | None = None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        offered = _offered(shown)
        rows = st.selectbox(tr("Rows"), offered, key="rows", bind="query-params", width=210,
                            format_func=languages.worded("rows", offered))  # fmt: skip
        first = ORDERINGS.index("similar items together" if rows == SPREAD else "worst pairs first")
        ordering = st.selectbox(
            tr("Order"), ORDERINGS, index=first, key=f"order.{rows}", width=230, format_func=tr_word
        )
        limit = _limit(shown, rows)
    with errors.shown():
        if rows == GROUPS:
            queries = groups.show(shown)
            if queries is None:
                return
            queries = queries[:limit]
        elif rows != SPREAD:
            queries = _queries(shown, rows)[:limit]
        if queries is not None and not len(queries):
            st.caption(tr("None of the selected items is a query of this direction that can be judged."))
            return
        _draw(shown, _block(shown, queries, limit, ordering))


def _offered(shown: View) -> list[str]:
    if not len(shown.judged):
        return [SPREAD]
    chosen = [SELECTION] if state.selection() else []
    grouped = [GROUPS] if groups.offered(shown) else []
    return [WORST, BEST, *chosen, SPREAD, *grouped]


def _limit(shown: View, rows: str) -> int:
    """Draw the slider. Rows of errors have up to two columns each, so half as many fit."""
    many = len(shown.run.collection.ids) if rows == SPREAD else len(shown.judged)
    most = min(_MOST if rows == SPREAD else _MOST // 2, many)
    if most <= 2:
        return most
    return st.slider(tr("Rows shown"), 2, most, min(24, most), key="items", bind="query-params", width=260)


def _queries(shown: View, rows: str) -> Sequence[int]:
    """Return the queries of the choice, the worst first, over all that are judged."""
    worst = shown.judged.worst_first().tolist()
    if rows == BEST:
        return worst[::-1]
    if rows == SELECTION:
        chosen = set(state.selection())
        return [row for row in worst if shown.judged.queries.ids[row] in chosen]
    return worst


def _block(shown: View, queries: Sequence[int] | None, limit: int, ordering: str) -> SimilarityBlock:
    if queries is None:
        return run_cache.block(shown.run_key, shown.source, shown.target, limit, ordering, shown.run)
    given = tuple(int(row) for row in queries)
    return run_cache.shown_errors(shown.run_key, shown.way, shown.split, given, ordering, shown.run, shown.judged)


def _draw(shown: View, block: SimilarityBlock) -> None:
    marked = pairs.cell_in(block, view.marked(shown))
    i, j = marked or pairs.first_cell(block)
    source_row, target_row = view.cell(shown) or (int(block.source_rows[i]), int(block.target_rows[j]))
    left, right = st.columns([6, 4], gap="large")
    with left:
        shows = (
            shown.run_key,
            shown.way,
            shown.split,
            *(tuple(r.tolist()) for r in (block.source_rows, block.target_rows)),
        )
        chosen = marked if view.marked(shown) else (i, j)
        figure = cache.figure(("matrix", *shows, chosen), lambda: _figure(shown, block, chosen))
        figures.show(
            figure,
            key="heat",
            on_select=partial(_clicked, shown, block),
            selection_mode="points",
            title=tr(
                "Similarity of {source} and {target}: {split}",
                source=tr_word(shown.source),
                target=tr_word(shown.target),
                split=shown.split,
            ),
            alt=tr(
                "Similarity of {source} and {target}; the two menus beside it choose a pair by keyboard",
                source=tr_word(shown.source),
                target=tr_word(shown.target),
            ),
        )
        st.caption(
            tr(
                "Rows: {split}. Red squares are right answers; the yellow cell is shown.{fit_of_scores}",
                split=errors.plain(shown.split),
                fit_of_scores=_fit_of_scores(shown),
            )
        )
    with right:
        _menus(shown, block, source_row, target_row)
        pairs.show_cell(shown, block, source_row, target_row)
    explanation.show(shown.run, shown.run_key, (shown.source, source_row), (shown.target, target_row))


def _figure(shown: View, block: SimilarityBlock, chosen: tuple[int, int] | None) -> go.Figure:
    return heatmap_figure(
        block.scores,
        *pairs.labels(shown.run, block),
        right=block.right,
        chosen=chosen,
        row_title=tr_word(shown.source),
        column_title=tr_word(shown.target),
        row_images=pairs.pictures(shown.run, block, shown.source, block.source_rows),
        column_images=pairs.pictures(shown.run, block, shown.target, block.target_rows),
    )


def _fit_of_scores(shown: View) -> str:
    """Return which fit the scores are of, where it is not the one that decided: a run keeps none of its folds' fits."""
    if not (shown.run.choices.folds or shown.run.choices.fold_column):
        return ""
    return tr(
        " The scores are those of the fit on all items, which the run keeps; ranks and answers are those "
        "of the fold's fit, which had not seen the query."
    )


def _clicked(shown: View, block: SimilarityBlock) -> None:
    """Put the clicked cell in focus; a click beside the cells changes nothing."""
    point = clicks.clicked_point("heat")
    if point:
        row, column = int(block.source_rows[int(point[0])]), int(block.target_rows[int(point[1])])
        view.focus(shown, row, column, clicked=True)


def _menus(shown: View, block: SimilarityBlock, source_row: int, target_row: int) -> None:
    """Draw the menus of the query and of the candidate: what a click on a cell does, by keyboard."""
    names = pairs.menu_names(shown.run, block)
    left, right = st.columns(2)
    with left:
        _menu(
            tr("Query ({source})", source=tr_word(shown.source)),
            block.source_rows,
            source_row,
            names[0],
            lambda row: view.focus(shown, row, _chosen_for(shown, row, target_row)),
        )
    with right:
        _menu(
            tr("Candidate ({target})", target=tr_word(shown.target)),
            block.target_rows,
            target_row,
            names[1],
            lambda row: view.focus(shown, source_row, row),
        )


def _chosen_for(shown: View, source_row: int, otherwise: int) -> int:
    """Return the candidate that this query chose."""
    found = np.flatnonzero(judged_rows(shown.run, shown.judged) == source_row)
    return int(shown.judged.chosen[found[0]]) if len(found) else otherwise


def _menu(label: str, rows: np.ndarray, now: int, names: dict[int, str], choose: Callable[[int], None]) -> None:
    offered = [int(row) for row in rows]
    place = offered.index(now) if now in offered else None
    key = f"similarity.{label}.{now}"
    st.selectbox(
        label,
        offered,
        index=place,
        key=key,
        format_func=lambda row: names[row],
        placeholder=tr("not in this matrix"),
        on_change=lambda: choose(int(state.widget(key))),
    )
