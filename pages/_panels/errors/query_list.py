"""The list of queries: a list box with one page of them, moved in and marked by keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.plots import MODALITY_COLOURS, cut_text
from mmalign_core.wording import tr, tr_many, tr_word
from mmalign_core.workflow import ErrorReport, Mark, MarkKind, Run, cause_words
from pages._components.media import row_media
from pages._panels.errors import mark_panel
from pages._panels.errors.filters import kind_words
from pages._panels.errors.queries import Query, open_named, query_named
from pages._session import state

PAGE = 50
"""Queries of one page of the list: some 60 kB with their pictures, which a browser draws at once. Our choice."""
_KEY = "errors.list"
_PIXELS, _LONGEST = 64, 160
"""Pixels of a thumbnail, as small as those of the heat map, and letters of a label, which fill its two lines."""
_ASSETS = Path(__file__).parents[3] / "assets"


def show(
    run: Run, report: ErrorReport, table: pd.DataFrame, focus: Query | None, marks: Mapping[str, Sequence[Mark]]
) -> None:
    """Draw the page of the listed queries that holds the one in focus, or the first page."""
    names = table["query"].tolist()
    place = names.index(focus.key) if focus is not None and focus.key in names else 0
    start = place - place % PAGE
    shown = table[start : start + PAGE]
    both = bool(report.directions) and table["held_out"].nunique() > 1
    data = {
        "rows": [_row(run, report, row, marks.get(row["item"], ()), both) for row in shown.to_dict("records")],
        "start": start,
        "total": len(names),
        "where": _where(start, len(shown), len(names)),
        "called": {
            "list": tr("Queries: J and K move, 1 to 5 mark, U undoes, Enter opens"),
            "back": tr("Earlier queries"),
            "on": tr("Later queries"),
        },
        "opened": focus.key if focus is not None else "",
        "kinds": [{"key": key, "kind": kind.value} for key, kind in mark_panel.KEYS.items()],
        "tints": MODALITY_COLOURS,
    }
    _component()(data=data, key=_KEY, **_answers(run, report, names))


def _where(start: int, shown: int, total: int) -> str:
    """Which of the queries are shown."""
    every = tr_many("{n:,} query", "{n:,} queries", n=total)
    if shown == total:
        return every
    return tr("{first:,}–{last:,} of {every}", first=start + 1, last=start + shown, every=every)


def _answers(run: Run, report: ErrorReport, names: Sequence[str]) -> dict[str, Callable[[], None]]:
    """What each trigger of the list does."""

    def mark() -> None:
        told = state.picked(_KEY, "marked")
        try:
            query = query_named(report, str(told["query"]))
        except (KeyError, IndexError, ValueError):
            return  # a message of an older page
        mark_panel.add(run, query, MarkKind(told["kind"]), f"errors.note.{query.key}")

    def turn() -> None:
        place = min(max(int(state.picked(_KEY, "turned")), 0), len(names) - 1)
        open_named(report, names[place])

    return {
        "on_picked_change": lambda: open_named(report, str(state.picked(_KEY))),
        "on_marked_change": mark,
        "on_turned_change": turn,
        "on_undone_change": lambda: mark_panel.undo(run),
    }


def _row(run: Run, report: ErrorReport, row: Mapping[str, Any], marks: Sequence[Mark], both: bool) -> dict[str, Any]:
    query = query_named(report, row["query"])
    rows = query.judged.queries
    picture = row_media.small_picture(row_media.medium_of(run.collection, rows, query.row), _PIXELS)
    suspicion = float(row["suspicion"])  # NaN where none was measured
    fit = (tr("held out") if query.is_held_out else tr("fitted")) if both else ""
    return {
        "query": query.key,
        "label": cut_text(row_media.row_label(run.collection, rows, query.row), _LONGEST),
        "image": picture and picture.uri,
        "look": picture and picture.look,
        "modality": rows.modality,
        "correct": query.is_correct,
        "verdict": tr("✓ right") if query.is_correct else tr("✗ wrong"),
        "rank": tr("rank {rank:,} of {n:,}", rank=query.rank, n=query.n),
        "facts": [
            tr("margin {sign}{margin:.2f}", sign="−" if row["margin"] < 0 else "+", margin=abs(row["margin"])),
            *([tr("suspicion {suspicion:.2f}", suspicion=suspicion)] if suspicion == suspicion else []),
            *([fit] if fit else []),
        ],
        "causes": [tr_word(cause_words(name)) for name in row["causes"]],
        "marks": [tr_word(kind_words(mark.kind)) for mark in marks],
    }


def _component() -> Any:
    return st.components.v2.component(
        "mmalign_error_list",
        html=(
            '<div class="queries"><div class="pager"><button type="button">‹</button>'
            '<span class="where" role="status"></span><button type="button">›</button></div>'
            '<div class="list" role="listbox" tabindex="0"></div></div>'
        ),
        css=(_ASSETS / "error_list.css").read_text(encoding="utf-8"),
        js=(_ASSETS / "error_list.js").read_text(encoding="utf-8"),
    )
