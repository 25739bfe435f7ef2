"""The form of the Recommenders page: recommenders, held-out interactions, and right answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.wording import say, tr
from mmalign_core.workflow import Protocol
from pages._components.alignment_form import HOLD_OUT
from pages._panels.recommenders import trials
from pages._session import cache

_SPLITS = {"time": say("After one moment"), "last": say("Each user's last item"), "random": say("A random share")}
_ANY = -np.inf
"""The option below every rating. None cannot be an option: a menu would show a button that clears it."""
_LENGTH = 10
"""Items of a list by default: what fits on one screen of answers."""
_MOST_MARKS = 20
"""Most ratings that are options one by one: a scale of half stars up to ten. Of more, the quartiles are options."""
_HELP = say(
    "After one moment: the fit sees everything before it, and everything after it is measured, as in "
    "real use. Each user's last item: the fit may see later events of other users. A random share: "
    "the fit also sees later events of the same user."
)


def show(collection: Collection, space: Mapping[str, EmbeddingSet] | None, source: str) -> trials.Trial:
    """Draw the form. Its button starts the work. Return the trial that the page shows."""
    table = collection.interactions
    assert table is not None
    dated = "timestamp" in table and bool(np.isfinite(table["timestamp"].to_numpy(float)).any())
    with st.container(border=True):
        names = _names()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            split = _split(dated)
            test = HOLD_OUT
            if split != "last":
                test = st.slider(
                    tr("Held-out share"), 0.05, 0.5, HOLD_OUT, 0.05, key="rank.test", bind="query-params", width=170
                )
            relevant = _rating_menu(table["rating"].to_numpy(float) if "rating" in table else np.zeros(0))
            k = st.number_input(tr("List length"), 1, 100, _LENGTH, key="rank.k", bind="query-params", width=120)
            seed = st.number_input(tr("Seed"), 0, 9999, 0, key="rank.seed", bind="query-params", width=110)
            protocol = Protocol(split, float(test), int(k), relevant, int(seed))
            trial = trials.Trial(tuple(names), protocol, collection, space, source)
            usual = Protocol("time" if dated else "last", HOLD_OUT, _LENGTH, None, 0)
            if protocol == usual:
                trials.begin(trial)
            st.button(
                tr("Measure"), type="primary", icon=":material/play_arrow:", key="rank.go", disabled=not names,
                on_click=trials.current(trial).start,
            )  # fmt: skip
    return trial


def _names() -> list[str]:
    rows = {row["name"]: row["summary"] for row in cache.rows_of("recommenders")}
    return st.multiselect(
        tr("Recommenders"), list(rows), default=list(rows), key="rank.names", persist_state="session",
        placeholder=tr("Choose at least one"), help="\n".join(f"- **{name}**: {words}" for name, words in rows.items()),
    )  # fmt: skip


def _split(dated: bool) -> str:
    options = [name for name in _SPLITS if dated or name != "time"]
    return st.selectbox(
        tr("Held out"),
        options,
        format_func=lambda name: tr(_SPLITS[name]),
        key="rank.split",
        bind="query-params",
        help=tr(_HELP),
        width=210,
    )


def _rating_menu(ratings: np.ndarray) -> float | None:
    """Draw the menu of ratings from which a held-out event counts as right; return None for all events."""
    values = np.unique(ratings[np.isfinite(ratings)])
    if len(values) < 2:
        return None
    marks = values if len(values) <= _MOST_MARKS else np.quantile(values, [0.25, 0.5, 0.75])
    least = st.selectbox(
        tr("Right answers"), [_ANY, *map(float, marks)], key="rank.right", persist_state="session", width=170,
        format_func=lambda least: tr("all held out") if least == _ANY else tr("rated {least:g} or more", least=least),
    )  # fmt: skip
    return None if least == _ANY else least
