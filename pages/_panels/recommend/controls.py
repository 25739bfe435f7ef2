"""The controls of an answer: recommender, filters, language model, and the sliders that rank the results again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import say, tr
from mmalign_core.workflow import LANGUAGE_MEASURED, LANGUAGE_MODELS, FittedRecommender, Run
from pages._components import errors, forms
from pages._session import cache, state

USUAL = "content"
"""The default recommender: it needs no interactions."""
_NONE = ""


@dataclass(frozen=True)
class Chosen:
    """`models`: name and parameters of the recommender, and of a second one to compare with, if chosen. `where`:
    conditions on items. `seen`: whether items met already may be recommended. `language`: the language model of the
    sentences."""

    models: tuple[Mapping[str, Any], ...]
    where: tuple[str, ...]
    seen: bool
    language: Language


def show(run: Run) -> Chosen:
    """Draw one row: the recommender, a second one to compare with, filters, and a button for the rest."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        first = _menu(run, "model", [], lambda name: tr("Ranked by {name}", name=name))
        second = _menu(
            run, "rival", [_NONE], lambda name: tr("beside {name}", name=name) if name else tr("Compare with …")
        )
        chosen = where(run.collection)
        with st.popover(
            "", icon=":material/settings:", key="choose.more", help=tr("Parameters, items met already, model")
        ):
            seen = st.toggle(tr("Also recommend items met already"), key="seen", bind="query-params")
            models = (first, second) if second["name"] else (first,)
            for which, model in zip(("model", "rival"), models):
                _settings(model, which)
            language = language_menu()
    return Chosen(models, chosen, seen, language)


def _settings(chosen: Mapping[str, Any], which: str) -> None:
    """Draw what the recommender does, and a form of its parameters if it has any."""
    row = next((row for row in cache.rows_of("recommenders") if row["name"] == chosen["name"]), None)
    if row is None:
        return
    st.markdown(f"**{row['name']}**  \n{errors.plain(errors.sentence(row['summary']))}")
    if row["params"]:
        with st.form(f"{which}.params.{row['name']}", border=False):
            params = forms.params_form(row["params"], chosen["params"], key=f"{which}.{row['name']}")
            if st.form_submit_button(tr("Fit with these"), icon=":material/play_arrow:"):
                state.set_model({"name": row["name"], "params": params}, which)
                st.rerun(scope="fragment")


def where(collection: Collection) -> tuple[str, ...]:
    """Draw the filter; return the conditions, chosen or typed, that every result meets."""
    offered = cache.conditions(collection)
    chosen = st.multiselect(
        tr("Only items with"),
        offered,
        accept_new_options=True,
        key="where",
        bind="query-params",
        max_selections=8,
        placeholder=tr("Filter: any item"),
        width=200,
        label_visibility="collapsed",
        help=tr(
            "Every condition must hold. Choose, or type COLUMN with = != < <= > >= ~ (contains) or !~ and a value."
        ),
    )
    return tuple(map(str, chosen))


def _menu(run: Run, which: str, before: list[str], shown: Callable[[str], str]) -> dict[str, Any]:
    met = run.collection.interactions is not None and len(run.collection.interactions) > 0
    names = [row["name"] for row in cache.rows_of("recommenders") if met or not row["needs_interactions"]]
    now = state.model(which)
    current = now.get("name", before[0] if before else USUAL)
    offered = list(dict.fromkeys([*before, *names, current]))
    key = f"{which}.name.{current}"
    name = st.selectbox(
        tr("Recommender"), offered, index=offered.index(current), key=key, width=168, format_func=shown,
        label_visibility="collapsed", on_change=lambda: _choose(which, state.widget(key)),
    )  # fmt: skip
    return {"name": name, "params": now.get("params", {}) if name == current else {}}


def _choose(which: str, name: str) -> None:
    usual = USUAL if which == "model" else _NONE
    state.set_model({} if name == usual else {"name": name}, which)


OFF = "off"


@dataclass(frozen=True)
class Language:
    """`name`: the language model of the sentences, OFF for none. `orders`: whether it re-ranks too."""

    name: str
    orders: bool


def language_menu() -> Language:
    """Draw the menu of language models, and a switch that lets the model re-rank."""
    names = [OFF, *LANGUAGE_MODELS.names()]
    name = st.selectbox(
        tr("Language model"), names, key="language", bind="query-params",
        help=tr("Writes the reasons. A sentence that claims more than the explanation is rejected."),
    )  # fmt: skip
    if name == OFF:
        return Language(OFF, False)
    st.caption(errors.plain(errors.sentence(LANGUAGE_MODELS.get(name).summary)))
    orders = st.toggle(tr("It also re-ranks the 50 best"), key="orders", bind="query-params")
    if orders:
        st.caption(f":material/science: {errors.plain(LANGUAGE_MEASURED)}")
    return Language(name, orders)


_NARROW = 168
"""Pixels of a slider: six fit in one row of a page that is 1280 pixels wide."""
_DIVERSITY = say("At 0 by score alone; the higher, the more an item loses if it is like one above it (MMR).")
_POPULARITY = say("Above 0 favours what many users have met, below 0 what few have.")


@dataclass(frozen=True)
class Tuning:
    """How an answer is ordered: `weights` modality -> weight, {} if the recommender reads no vectors."""

    weights: Mapping[str, float]
    diversity: float
    popularity: float
    k: int


def sliders(fitted: FittedRecommender) -> Tuning:
    """Draw the sliders, folded until they are wanted."""
    folded = st.expander(tr("Weights and order"), icon=":material/tune:")
    with folded, st.container(horizontal=True, gap="small", key="tuning"):
        return _tuning(fitted, "", None)


def behind(fitted: FittedRecommender, name: str, *, place: int, k: int | None) -> Tuning:
    """Draw the sliders of the first or second answer behind a button; with `k`, none for the number of items."""
    with st.popover(tr("Weights and order of {name}", name=name), icon=":material/tune:", key=f"tune.{place}"):
        return _tuning(fitted, "rival." if place else "", k)


def _tuning(fitted: FittedRecommender, prefix: str, k: int | None) -> Tuning:
    weights = _weights(fitted, prefix)
    diversity = _slider(tr("Diversity"), f"{prefix}diversity", 0.0, 1.0, 0.0, 0.05, tr(_DIVERSITY))
    met = fitted.interactions is not None and len(fitted.interactions) > 0
    popularity = _slider(tr("Popularity"), f"{prefix}popularity", -1.0, 1.0, 0.0, 0.1, tr(_POPULARITY)) if met else 0.0
    most = max(2, min(30, len(fitted.items.ids)))
    return Tuning(weights, diversity, popularity, k or _slider(tr("How many"), "k", 1, most, min(10, most), 1, None))


def _weights(fitted: FittedRecommender, prefix: str) -> dict[str, float]:
    if not fitted.model.reads_places or len(fitted.items.parts) < 2:
        return {}
    return {
        m: _slider(tr("Weight of {modality}", modality=m), f"{prefix}weight.{m}", 0.0, 2.0, 1.0, 0.05,
                   tr("How much the items' {modality} counts; 0 leaves it out.", modality=m))
        for m in fitted.items.parts
    }  # fmt: skip


def _slider(label: str, key: str, low: Any, high: Any, usual: Any, step: Any, help: str | None) -> Any:
    return st.slider(label, low, high, usual, step, key=key, bind="query-params", help=help, width=_NARROW)
