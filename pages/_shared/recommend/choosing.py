"""Which recommender answers, with which parameters, and which items it may recommend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.workflow import Run
from pages._shared import cache, errors, forms, state
from pages._shared.recommend import language_menu
from pages._shared.recommend.language_menu import Language

USUAL = "content"
_NOBODY = ""


@dataclass(frozen=True)
class Chosen:
    """`models`: name and parameters of the recommender that answers, and of the one beside it if there is one.
    `where`: conditions on items; `seen`: whether what was met already may be recommended;
    `language`: the language model that words reasons."""

    models: tuple[Mapping[str, Any], ...]
    where: tuple[str, ...]
    seen: bool
    language: Language


def show(run: Run) -> Chosen:
    """One row: recommender, a second to compare with, conditions, and the rest behind a button."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        first = _menu(run, "model", [], lambda name: f"Ranked by {name}")
        second = _menu(run, "rival", [_NOBODY], lambda name: f"beside {name}" if name else "Compare with …")
        chosen = where(run.collection)
        with st.popover("", icon=":material/settings:", key="choose.more", help="Parameters, and what was met already"):
            seen = st.toggle("Recommend what was met already, too", key="seen", bind="query-params")
            models = (first, second) if second["name"] else (first,)
            for which, model in zip(("model", "rival"), models):
                _settings(model, which)
            language = language_menu.show()
    return Chosen(models, chosen, seen, language)


def _settings(chosen: Mapping[str, Any], which: str) -> None:
    """What the recommender does, and a form of its parameters where it has any."""
    row = next((row for row in cache.rows_of("recommenders") if row["name"] == chosen["name"]), None)
    if row is None:
        return
    st.markdown(f"**{row['name']}**  \n{errors.plain(errors.sentence(row['summary']))}")
    if row["params"]:
        with st.form(f"{which}.params.{row['name']}", border=False):
            params = forms.params_form(row["params"], chosen["params"], key=f"{which}.{row['name']}")
            if st.form_submit_button("Fit with these", icon=":material/play_arrow:"):
                state.set_model({"name": row["name"], "params": params}, which)
                st.rerun(scope="fragment")


def where(collection: Collection) -> tuple[str, ...]:
    """Conditions on metadata and media that every recommended item meets; offered ones, or typed."""
    offered = cache.conditions(collection)
    chosen = st.multiselect(
        "Only items with", offered, accept_new_options=True, key="where", bind="query-params", max_selections=8,
        placeholder="Filter: any item", width=200, label_visibility="collapsed",
        help="Every condition must hold. Choose, or type COLUMN with = != < <= > >= ~ (contains) or !~ and a value.",
    )  # fmt: skip
    return tuple(map(str, chosen))


def _menu(run: Run, which: str, before: list[str], shown: Callable[[str], str]) -> dict[str, Any]:
    met = run.collection.interactions is not None and len(run.collection.interactions) > 0
    names = [row["name"] for row in cache.rows_of("recommenders") if met or not row["needs_interactions"]]
    now = state.model(which)
    current = now.get("name", before[0] if before else USUAL)
    offered = list(dict.fromkeys([*before, *names, current]))
    key = f"{which}.name.{current}"
    name = st.selectbox(
        "Recommender", offered, index=offered.index(current), key=key, width=168, format_func=shown,
        label_visibility="collapsed", on_change=lambda: _choose(which, state.widget(key)),
    )  # fmt: skip
    return {"name": name, "params": now.get("params", {}) if name == current else {}}


def _choose(which: str, name: str) -> None:
    usual = USUAL if which == "model" else _NOBODY
    state.set_model({} if name == usual else {"name": name}, which)
