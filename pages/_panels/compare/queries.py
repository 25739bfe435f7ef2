"""Queries won and lost, and one query in both runs: what each chose, and where the right answer ranks."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.wording import say, tr, tr_any
from mmalign_core.workflow import Run
from pages._components import errors, exports
from pages._components.headings import headings
from pages._components.media import gallery, previews, row_media
from pages._panels.compare.comparison import Comparison
from pages._session import cache, run_cache, state

_MOST = 12
"""Cards of a list; the table holds all. Our choice: two rows on a laptop."""
_KINDS = {
    "won": (say("Won"), ":green[:material/check_circle:]", say("right in the open run alone")),
    "lost": (say("Lost"), ":red[:material/cancel:]", say("right in the other run alone")),
}

Pick = Callable[[str], None]


def show(found: Comparison, keys: tuple[str, str], names: tuple[str, str], pick: Pick) -> None:
    """Draw the lists of one direction, the chosen query in both runs, and the table of all queries.

    `keys` and `names`: the caches' keys and the titles of A and B. `pick` gets the item of a clicked card.
    """
    ways = {direction_arrow(way): way for way in found.difference.directions}
    chosen = st.segmented_control(
        tr("Direction"), list(ways), default=next(iter(ways)), required=True, key="compare.way", bind="query-params"
    )
    way = ways[chosen or next(iter(ways))]
    rows = found.outcomes[way]
    for column, kind in zip(st.columns(2, gap="large"), _KINDS):
        with column:
            _list(found.runs[1], rows[rows["outcome"] == kind], kind, pick)
    _in_both(found, way, rows, names)
    with st.expander(tr("All {n:,} queries of this direction", n=len(rows)), icon=":material/table:"):
        table = _table(found, way, keys)
        st.dataframe(
            table,
            column_config=headings(table),
            hide_index=True,
            key="compare.queries",
            height=320,
            alt=tr("Every query in both runs"),
        )
        exports.table(table, f"compare-{way.replace('->', '-')}", key="compare.queries")


def _list(run: Run, rows: pd.DataFrame, kind: str, pick: Pick) -> None:
    title, icon, meaning = map(tr_any, _KINDS[kind])
    st.markdown(f"**{icon} {title}: {len(rows):,}** :gray[{meaning}]")
    if not len(rows):
        st.caption(tr("None."))
        return
    first = rows.drop_duplicates("id").head(_MOST)
    cards = [
        gallery.card(
            run.collection,
            row["id"],
            note=tr("rank {rank_a:,} → {rank_b:,}", rank_a=row["rank A"], rank_b=row["rank B"]),
            modalities=[],
        )
        for _, row in first.iterrows()
    ]
    gallery.show(cards, key=f"compare.{kind}", width=110, most=6, selected=state.selected_item(), on_pick=pick)
    if (more := rows["id"].nunique() - len(first)) > 0:
        st.caption(tr("{more:,} more in the table below.", more=more))


def _in_both(found: Comparison, way: str, rows: pd.DataFrame, names: tuple[str, str]) -> None:
    """Draw the query of the selected item, else the first won or lost one, in both runs."""
    held = rows[rows["id"] == state.selected_item()]
    if not len(held):
        held = rows[rows["outcome"].isin(list(_KINDS))]
    if not len(held):
        held = rows
    query = held.iloc[0]
    st.markdown(
        tr(
            "**The same query in both runs** · {title} :gray[({outcome})]",
            title=errors.plain(previews.title(found.runs[1].collection, query["id"])),
            outcome=query["outcome"],
        )
    )
    for side, column in enumerate(st.columns(2, gap="large")):
        with column, st.container(border=True, key=f"compare.side.{side}"):
            st.markdown(f"**{errors.plain(names[side])}**")
            _side(found, side, way, query)


def _side(found: Comparison, side: int, way: str, query: pd.Series) -> None:
    """Draw whether this run decides the query right, and what it chose in its own report."""
    rank, right = query[("rank A", "rank B")[side]], query["outcome"] in ("both right", ("lost", "won")[side])
    word = tr(":green[:material/check_circle: right]") if right else tr(":red[:material/cancel: wrong]")
    st.markdown(tr("{word} · the right answer ranks {rank:,}", word=word, rank=rank))
    judged = found.query(side, way, query["id"], query["key"])
    if judged is None:
        st.caption(tr("This run's report did not measure this query."))
        return
    shared, met = found.difference.directions[way].after.candidates, found.met(side, way, query["id"], query["key"])
    if shared != met:
        st.caption(
            tr(
                "That is among the {shared:,} candidates that both runs hold out. Below: as this run's report "
                "measured it, among {met:,}.",
                shared=shared,
                met=met,
            )
        )
    run = found.runs[side]
    gallery.show([row_media.card(run, *judged)], key=f"compare.pair.{side}", width=330, selects=False)


def _table(found: Comparison, way: str, keys: tuple[str, str]) -> pd.DataFrame:
    """One row per query: what it is, its outcome, and rank and choice of both runs."""
    rows, target = found.outcomes[way], way.split("->")[1]
    titles = cache.titles(found.runs[1].collection)
    table = pd.DataFrame(
        {
            "id": rows["id"],
            "shown as": [titles.get(item, item) for item in rows["id"]],
            "direction": way,
            "outcome": rows["outcome"],
        }
    )
    for side, word in enumerate(("other", "open")):
        labels = run_cache.row_labels(keys[side], target, found.runs[side])
        queries = [found.query(side, way, item, key) for item, key in zip(rows["id"], rows["key"])]
        table[f"rank, {word}"] = rows["rank A" if side == 0 else "rank B"]
        chosen = [(judged[0], int(judged[0].chosen[judged[1]])) if judged else None for judged in queries]
        table[f"chosen, {word}"] = [labels[one[1]] if one else "" for one in chosen]
        table[f"chosen id, {word}"] = [one[0].candidates.ids[one[1]] if one else "" for one in chosen]
    return table
