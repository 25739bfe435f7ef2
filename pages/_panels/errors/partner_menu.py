"""The right partner of a pair that is marked wrong: a menu, so that a repair re-pairs it instead of dropping it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.plots import cut_text
from mmalign_core.wording import tr, tr_word
from mmalign_core.workflow import Mark, MarkKind, Run
from pages._components.media import previews, row_media
from pages._panels.errors import mark_panel
from pages._panels.errors.queries import Query
from pages._session import run_cache, state

_OFFERED = 100
"""Best answers in the menu. Chosen: of 41 exchanged captions of the demo, 28 right partners are among the best 20."""
_LETTERS = 60
"""Letters of one entry: what the menu shows on one line."""


def show(run: Run, run_key: str, query: Query, own: Sequence[Mark]) -> None:
    """Draw the menu where the pair is marked wrong; nothing for other marks."""
    mark = next((mark for mark in reversed(own) if mark.kind is MarkKind.WRONG_PAIR), None)
    if mark is None or mark.modality not in ("", query.direction[1]):
        return
    offered = _offered(run, run_key, query)
    if mark.other:
        offered.setdefault(mark.other, previews.title(run.collection, mark.other, _LETTERS))
    key = f"errors.partner.{query.key}"
    st.selectbox(
        tr("The right {modality}, if you know it", modality=tr_word(query.direction[1])),
        list(offered),
        index=list(offered).index(mark.other),
        format_func=offered.__getitem__,
        key=key,
        on_change=_name,
        args=(run, query, mark, key),
        help=tr("A repair then gives the item this one in place of its own, and learns from the pair."),
    )


def _offered(run: Run, run_key: str, query: Query) -> dict[str, str]:
    """Item -> its medium in words, best answer first, none of the query's own item; "" where it is not known."""
    found = run_cache.query_rankings_of(run_key, query.way, run, query.errors).of(query.row, _OFFERED)
    offered = {"": tr("Not known: a repair drops the pair")}
    for one in found:
        if one.item != query.item:
            words = row_media.row_label(run.collection, query.candidates, one.row)
            offered.setdefault(one.item, cut_text(words, _LETTERS))
    return offered


def _name(run: Run, query: Query, mark: Mark, key: str) -> None:
    """Mark the pair again, with the item whose medium belongs to it, or without one."""
    other = str(state.widget(key) or "")
    if other != mark.other:
        modality = query.direction[1] if other else ""
        mark_panel.keep(run, query, MarkKind.WRONG_PAIR, other, modality, mark.note)
