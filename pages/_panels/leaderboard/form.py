"""The form of the leaderboard: the aligners to compare, the pair, the split and the encoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import tr, tr_list, tr_word
from mmalign_core.workflow import default_aligner
from pages._components import alignment_form, encoder_menu, errors
from pages._panels.leaderboard import board
from pages._session import cache, pipeline, state
from pages._session.view_spec import complete

_SHARED = ("similarity", "correction", "correction_params", "matcher", "matcher_params")
_HOLDING_OUT = ("test", "folds", "fold_column", "time_column")
_MOST = 8
"""Number of aligners selected by default: together they take about a minute on the demo."""


def show(collection: Collection) -> None:
    """Draw the form; its button makes the choices the session's board and starts the work."""
    now = complete(state.board() or _choices_of_align(), collection)
    with st.container(border=True):
        names = st.empty()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            with st.container(width=170):
                pair = alignment_form.pair_menu(collection, now, key="board.pair")
            with st.container(width=430, horizontal=True):
                split = alignment_form.split_menu(collection, now, key="board", whole=False)
            with st.container(width=120):
                seed = alignment_form.seed_box(now, key="board.seed")
            button = st.empty()
        with st.expander(tr("Encoders"), icon=":material/memory:"):
            encoders = encoder_menu.show(collection, now, key="board", abreast=True)
        encoder_menu.caption(encoders)
        chosen = {**{name: now[name] for name in _SHARED if name in now}, **split, "pair": list(pair), "seed": seed}
        chosen["encoders"] = encoders
        suits = default_aligner(pair, encoders, collection.vectors)
        fit = suits == default_aligner(pair, now["encoders"], collection.vectors)
        aligners = _aligners(names, pair, now if fit else {}, suits=suits)
        with button:
            _button(collection, {"aligners": aligners, **alignment_form.without_defaults(chosen, collection)})
        st.caption(_as_on_align(chosen))


def _button(collection: Collection, chosen: dict[str, Any]) -> None:
    st.button(
        tr("Compare"),
        type="primary",
        icon=":material/play_arrow:",
        key="board.go",
        disabled=not chosen["aligners"],
        on_click=_compare,
        args=(collection, chosen),
    )


def _compare(collection: Collection, chosen: dict[str, Any]) -> None:
    encoder_menu.settle(chosen.get("encoders", {}), "board")
    board.start(collection, chosen)


def _aligners(place: Any, pair: tuple[str, str], now: dict[str, Any], *, suits: str) -> list[str]:
    rows = alignment_form.aligner_rows(pair)
    names = [row["name"] for row in rows]
    usual = now.get("aligners") or _fast(rows, suits)
    return place.multiselect(
        tr("Aligners"),
        names,
        default=[name for name in usual if name in names],
        format_func=alignment_form.aligner_title,
        key=f"board.aligners.{'-'.join(sorted(pair))}{'' if suits == 'bridge' else f'.{suits}'}",
        persist_state="session",
        placeholder=tr("Choose at least one"),
    )


def _fast(rows: Sequence[Mapping[str, Any]], suits: str) -> list[str]:
    """Return the first few aligners that train quickly and need only what these encoders give."""
    return [row["name"] for row in _quick(rows, suits)][:_MOST]


def _quick(rows: Sequence[Mapping[str, Any]], suits: str) -> list[Mapping[str, Any]]:
    """Return the aligners that train quickly and need only what these encoders give."""
    cards = cache.cards()
    quick = [row for row in rows if not (cards[row["name"]].trained or cards[row["name"]].reads_sequences)]
    lacks = {"as-is": suits != "as-is", "needs_pivots": suits != "pivot", "needs_concepts": suits != "bridge"}
    return [
        row for row in quick if not any(lack and (row["name"] == what or row.get(what)) for what, lack in lacks.items())
    ]


_FASTEST = ("as-is", "relative", "classic", "bridge", "ridge", "cca", "late-average")
"""Aligners by the seconds of a fit, the fastest first: 0.02 to 1.6 s on the 406 pictures and texts of the demo."""
_FIRST = 3
"""Aligners that are compared without being asked for: enough to see a difference, in about a second."""


def begin(collection: Collection) -> None:
    """Compare the fastest aligners if nothing was compared yet. What was stopped or chosen stays as it is."""
    if state.board():
        return
    now = complete(_choices_of_align(), collection)
    pair, encoders = tuple(now["pair"]), now["encoders"]
    suits = default_aligner(pair, encoders, collection.vectors)
    fit = {row["name"] for row in _quick(alignment_form.aligner_rows(pair), suits)}
    held = {name: now[name] for name in _HOLDING_OUT if name in now} or {"test": alignment_form.HOLD_OUT}
    shared = {name: now[name] for name in ("seed", *_SHARED) if name in now}
    chosen = {**shared, **held, "pair": list(pair), "encoders": encoders}
    names = [name for name in _FASTEST if name in fit][:_FIRST]
    if names:
        board.start(collection, {"aligners": names, **alignment_form.without_defaults(chosen, collection)})


def _choices_of_align() -> dict[str, Any]:
    """Return the choices of the Align page that all aligners can share."""
    choices = pipeline.choices()
    shared = ("pair", "encoders", "seed", *_HOLDING_OUT, *_SHARED)
    return {name: choices[name] for name in shared if name in choices}


def _as_on_align(chosen: dict[str, Any]) -> str:
    words = tr_list(f"{tr_word(name)} {chosen.get(name, value)}" for name, value in alignment_form.USUAL.items())
    return errors.plain(
        tr("Every aligner has its default parameters and the same items. As on the Align page: {words}.", words=words)
    )
