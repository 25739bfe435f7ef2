"""Groups of items against groups of items: mean scores at any size, and the queries behind one cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mmalign_core.plots import heatmap_figure
from mmalign_core.types import Progress
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import (
    GroupMatrix,
    group_matrix,
    groupings,
    item_groups,
    judged_rows,
    named_clusters,
    row_groups,
)
from pages._components import errors, figures, waiting
from pages._panels.similarity.view import View
from pages._session import clicks, run_cache, state
from pages._session.jobs import Task

_CLUSTER = "cluster"
_CLUSTERED = 40
"""Fewest items that have clusters, as `named_clusters` says."""


def offered(shown: View) -> list[str]:
    """Return what groups the items: metadata columns, and clusters of the space."""
    clusters = [_CLUSTER] if len(shown.run.collection.ids) >= _CLUSTERED else []
    return [*[name for name in groupings(shown.run.collection) if name != _CLUSTER], *clusters]


def show(shown: View) -> Sequence[int] | None:
    """Draw the matrix of groups and return the queries of the chosen cell, the worst first; None while it is made."""
    column = st.selectbox(
        tr("Group by"), offered(shown), key="group", bind="query-params", width=230, format_func=tr_word
    )
    found = waiting.result(_task(shown, column), begin=True)
    if found is None:
        return None
    i, j = _cell(shown, found)
    figures.show(
        _figure(shown, found, (i, j)),
        key="groups",
        on_select=lambda: _clicked(shown),
        selection_mode="points",
        alt=tr(
            "Mean similarity of groups of {source} and of {target}",
            source=tr_word(shown.source),
            target=tr_word(shown.target),
        ),
    )
    st.caption(
        tr(
            "Mean score of all pairs of two groups, over {split} (n = {n:,}). Red squares: a group against "
            "itself. A cell opens its queries below.",
            split=errors.plain(shown.split),
            n=len(shown.judged),
        )
    )
    return _menus(shown, found, i, j)


def _task(shown: View, column: str) -> Task:
    def work(progress: Progress) -> GroupMatrix:
        judged, run = shown.judged, shown.run
        if column == _CLUSTER:
            groups = named_clusters(run).groups(run.collection.ids)
        else:
            groups = item_groups(run.collection, column)
        scores = run_cache.scores(shown.run_key, shown.source, shown.target, run).take(judged_rows(run, judged))
        sides = (row_groups(rows, groups) for rows in (judged.queries, judged.candidates))
        return group_matrix(judged, scores, *sides, progress=progress)

    key = " ".join([shown.run_key, shown.way, shown.split, column])
    return Task("groups", key, say("mean scores of groups"), work)


def _figure(shown: View, found: GroupMatrix, chosen: tuple[int, int]):
    notes = [
        [
            tr(
                "{chosen:,} of {queries:,} queries choose one of {candidates:,} here",
                chosen=found.chosen[i, j],
                queries=found.queries[i],
                candidates=found.candidates[j],
            )
            for j in range(len(found.columns))
        ]
        for i in range(len(found.rows))
    ]
    alike = np.array([[row == column for column in found.columns] for row in found.rows])
    return heatmap_figure(
        found.means, found.rows, found.columns, right=alike, chosen=chosen, row_title=tr_word(shown.source),
        column_title=tr_word(shown.target), notes=notes,
    )  # fmt: skip


def _menus(shown: View, found: GroupMatrix, i: int, j: int) -> Sequence[int]:
    """Draw the menus of both groups: what a click on a cell does, by keyboard. Return the queries of the cell."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for side, names, place in ((tr("Queries of"), found.rows, i), (tr("Answered from"), found.columns, j)):
            key = f"similarity.groups.{side}.{place}"
            st.selectbox(
                side, range(len(names)), index=place, key=key, format_func=names.__getitem__, width=260,
                on_change=_chosen, args=(shown, key, side, i, j),
            )  # fmt: skip
    inside = (found.query_group == i) & (found.chosen_group == j)
    worst = shown.judged.worst_first()
    if inside.any():
        return worst[inside[worst]].tolist()
    st.caption(tr("No query of this group chooses a candidate of the other; these are all its queries."))
    return worst[(found.query_group == i)[worst]].tolist()


def _cell(shown: View, found: GroupMatrix) -> tuple[int, int]:
    """Return the chosen cell, else the pair of groups that are taken for each other most often."""
    kept = state.widget(_key(shown))
    if kept and kept[0] < len(found.rows) and kept[1] < len(found.columns):
        return int(kept[0]), int(kept[1])
    apart = [[row != column for column in found.columns] for row in found.rows]
    i, j = np.unravel_index(int((found.chosen * np.array(apart)).argmax()), found.chosen.shape)
    return int(i), int(j)


def _clicked(shown: View) -> None:
    point = clicks.clicked_point("groups")
    if point:
        state.set_widget(_key(shown), [int(point[0]), int(point[1])])


def _chosen(shown: View, key: str, side: str, i: int, j: int) -> None:
    place = int(state.widget(key))
    state.set_widget(_key(shown), [place, j] if side == "Queries of" else [i, place])


def _key(shown: View) -> str:
    return f"similarity.group.{shown.run_key}.{shown.way}"
