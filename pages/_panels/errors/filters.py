"""Filters and order of the list of queries; all of them are in the address, so that a link reopens the list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from mmalign_core.plots import direction_arrow
from mmalign_core.types import Collection
from mmalign_core.wording import say, tr
from mmalign_core.workflow import Mark, MarkKind, SliceReport
from pages._components import errors
from pages._panels.errors import slices
from pages._panels.errors.slices import ANY
from pages._session import cache, languages, state

NO_CAUSE = say("none found")
_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
MARKED, UNMARKED = "marked", "unmarked"
SORTS: Mapping[str, tuple[list[str], list[bool]]] = {
    "rank": (["rank", "margin", "item"], [False, True, True]),
    "margin": (["margin", "rank", "item"], [True, False, True]),
    "suspicion": (["suspicion", "rank", "item"], [False, False, True]),
}
"""Order -> columns of the table of queries, and whether each rises: always the worst first."""
_CLEAR: Mapping[str, object] = {
    "direction": ANY, "cause": ANY, "slice": ANY, "holds": ANY, "fit": ANY, "mark": ANY, "wrong": False,
    "ranks": "",
}  # fmt: skip
"""Widget -> the value that lets every query pass; the names of the widgets stand in the address."""


@dataclass(frozen=True)
class Filters:
    """Which queries are listed, and in which order. ANY lets every query pass."""

    direction: str = ANY
    cause: str = ANY
    slice: str = ANY
    holds: str = ANY
    fit: str = ANY
    mark: str = ANY
    wrong: bool = False
    sort: str = "rank"
    ranks: tuple[int, int] | None = None


def show(table: pd.DataFrame, collection: Collection, sliced: SliceReport | None) -> Filters:
    """Draw the filters, and return what they say."""
    causes = sorted({name for names in table["causes"] for name in names})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="errors.filters"):
        direction = _direction([ANY, *dict.fromkeys(table["direction"])])
        cause = _menu(tr("Cause"), [ANY, *causes, NO_CAUSE], "cause", width=160)
        key = slices.choose(sliced, direction)
        holds = _menu(tr("Item holds"), [ANY, *collection.modalities], "holds", width=100)
        fit = ANY
        if table["held_out"].nunique() > 1:
            fit = _menu(tr("Seen by the fit"), [ANY, "held out", "fitted"], "fit", width=120)
        mark = _menu(tr("Mark"), [ANY, UNMARKED, MARKED, *map(kind_words, MarkKind)], "mark", width=120)
        sort = _menu(tr("Sort by"), [*SORTS], "sort", width=112)
        ranks = st.text_input(tr("Ranks"), key="ranks", bind="query-params", width=84, placeholder="2-5",
                              help=tr("Queries whose right answer ranks in this range."))  # fmt: skip
        wrong = st.toggle(tr("Only wrong"), key="wrong", bind="query-params")
        st.button(tr("Clear filters"), icon=":material/filter_alt_off:", type="tertiary", key="errors.clear",
                  on_click=clear)  # fmt: skip
    return Filters(direction, cause, key, holds, fit, mark, wrong, sort, _range(ranks or ""))


def _direction(ways: Sequence[str]) -> str:
    """Draw the directions by their arrows, and return the chosen one.

    A bound widget keeps in the address what it shows; a link says "image->text", which is written as it is shown first.
    """
    shown = {direction_arrow(way): way for way in ways}
    asked = state.address().get("direction", "")
    if asked in ways and asked not in shown:
        state.set_widget("direction", direction_arrow(asked))
    chosen = st.segmented_control(
        tr("Direction"), list(shown), default=direction_arrow(ANY), required=True, key="direction", bind="query-params"
    )
    return shown.get(chosen or direction_arrow(ANY), ANY)


def _range(words: str) -> tuple[int, int] | None:
    """Return the ranks that "2-5" or "7" names, or None for no range; draw a line if it is something else."""
    found = _RANGE.fullmatch(words.strip())
    if found:
        return int(found[1]), int(found[2] or found[1])
    if words.strip():
        errors.show(tr("'{strip}' is no range of ranks; write it as 2-5", strip=words.strip()[:20]))
    return None


def _menu(label: str, options: Sequence[str], key: str, *, width: int) -> str:
    return st.selectbox(label, options, key=key, bind="query-params", width=width,
                        format_func=languages.worded(key, options))  # fmt: skip


def clear() -> None:
    """Let every query pass; only inside a callback."""
    for key, value in _CLEAR.items():
        if state.widget(key) is not None:
            state.set_widget(key, direction_arrow(ANY) if key == "direction" else value)


def listed(
    table: pd.DataFrame,
    filters: Filters,
    collection: Collection,
    marks: Mapping[str, Sequence[Mark]],
    items: AbstractSet[str] | None = None,
) -> pd.DataFrame:
    """The rows of the table that pass, in order. `marks`: by item; `items`: those of the chosen slice, None for all."""
    passes = pd.Series(True, index=table.index)
    if filters.direction != ANY:
        passes &= table["direction"] == filters.direction
    if filters.cause != ANY:
        none = filters.cause == NO_CAUSE
        passes &= table["causes"].map(lambda names: not names if none else filters.cause in names)
    if filters.holds != ANY:
        held = cache.media_by_item(collection)
        given = collection.vectors[filters.holds].ids if filters.holds in collection.vectors else ()
        passes &= table["item"].isin({item for item, media in held.items() if filters.holds in media} | {*given})
    if filters.fit != ANY:
        passes &= table["held_out"] == (filters.fit == "held out")
    if filters.wrong:
        passes &= ~table["correct"]
    if filters.ranks is not None:
        passes &= table["rank"].between(*filters.ranks)
    if items is not None:
        passes &= table["item"].isin(items)
    if filters.mark != ANY:
        passes &= _marked(table, filters.mark, marks)
    columns, rising = SORTS[filters.sort]
    return table[passes].sort_values(columns, ascending=rising, kind="stable")


def kind_words(kind: MarkKind) -> str:
    """The kind of a mark as words: "wrong pair"."""
    return kind.value.replace("_", " ")


def _marked(table: pd.DataFrame, wanted: str, marks: Mapping[str, Sequence[Mark]]) -> pd.Series:
    if wanted in (MARKED, UNMARKED):
        return table["item"].isin(marks.keys()) == (wanted == MARKED)
    return table["item"].isin({item for item, own in marks.items() if wanted in {kind_words(m.kind) for m in own}})
