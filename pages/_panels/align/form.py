"""The form of the Align page. It offers everything that is registered, with its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import tr
from mmalign_core.workflow import Choices, default_aligner, unpaired_modalities
from pages._components import alignment_form, encoder_menu, errors, forms
from pages._session import cache, pipeline, state
from pages._session.view_spec import complete


def show(collection: Collection) -> None:
    """Draw the form. Its button sets the session's choices, and the work starts when the page runs again."""
    now = complete(pipeline.choices(), collection)
    pair = alignment_form.pair_menu(collection, now, key="align.pair", unpaired=unpaired_modalities(collection))
    with st.expander(tr("Encoders"), icon=":material/memory:"):
        encoders = encoder_menu.show(collection, now, key="align")
    encoder_menu.caption(encoders)
    aligner, params = _aligner(collection, pair, now, encoders)
    with st.expander(tr("Similarity and matching"), icon=":material/compare_arrows:"):
        matching = _matching(now)
    split = alignment_form.split_menu(collection, now, key="align")
    chosen = {"pair": list(pair), "aligner": aligner, "params": params, **matching, **split, "encoders": encoders}
    chosen["seed"] = alignment_form.seed_box(now, key="align.seed")
    if not state.view_spec().saved:  # without choices a saved run is shown as it was saved
        chosen = alignment_form.without_defaults(chosen, collection)
    st.button(
        tr("Align"),
        type="primary",
        icon=":material/play_arrow:",
        key="align.go",
        width="stretch",
        on_click=_align,
        args=(chosen,),
    )


def _align(chosen: dict[str, Any]) -> None:
    encoder_menu.settle(chosen.get("encoders", {}), "align")
    pipeline.align_with(chosen)


def _aligner(
    collection: Collection, pair: tuple[str, str], now: dict[str, Any], encoders: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """Draw the menu of aligners, the default for these encoders first. Encoders that share a space need none."""
    usual, before = (default_aligner(pair, own, collection.vectors) for own in (encoders, now["encoders"]))
    rows = sorted(alignment_form.aligner_rows(pair), key=lambda row: row["name"] != usual)
    row = forms.choose(
        tr("Aligner"),
        rows,
        now["aligner"] if usual == before else usual,
        key="align.aligner" if usual == "bridge" else f"align.aligner.{usual}",
        shown=alignment_form.aligner_title,
    )
    st.caption(errors.plain(errors.sentence(row["summary"])))
    if caution := Choices(pair, row["name"]).caution(collection):
        st.warning(errors.plain(errors.sentence(caution)), icon=":material/warning:")
    with st.expander(tr("What it does and needs"), icon=":material/menu_book:"):
        alignment_form.show_aligner_card(row["name"])
    if not row["params"]:
        return row["name"], {}
    values = now.get("params", {}) if row["name"] == now["aligner"] else {}
    with st.expander(tr("Its parameters"), icon=":material/tune:"):
        return row["name"], forms.params_form(row["params"], values, key=f"align.{row['name']}")


def _matching(now: dict[str, Any]) -> dict[str, Any]:
    similarity = forms.choose(
        tr("Similarity"), cache.rows_of("similarities"), now.get("similarity", "cosine"), key="align.similarity"
    )
    correction, correction_params = _with_params(tr("Correction for hubs"), "correction", "none", now)
    matcher, matcher_params = _with_params(tr("Matcher"), "matcher", "argmax", now)
    exact = st.checkbox(
        tr("Measure every query"),
        bool(now.get("exact", False)),
        key="align.exact",
        persist_state="session",
        help=tr("Where all queries would take more than some minutes, a random sample of them is measured otherwise."),
    )
    return {
        "similarity": similarity["name"],
        "correction": correction,
        "correction_params": correction_params,
        "matcher": matcher,
        "matcher_params": matcher_params,
        "exact": exact,
    }


def _with_params(label: str, what: str, usual: str, now: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Draw a menu, what the chosen entry does, and its parameters; return its name and parameters."""
    current = now.get(what, usual)
    row = forms.choose(label, cache.rows_of(f"{what}s"), current, key=f"align.{what}", shown=_marked(f"{what}s"))
    note = tr(" It looks at all queries together (transductive).") if row["transductive"] else ""
    st.caption(errors.plain(errors.sentence(row["summary"])) + note)
    values = now.get(f"{what}_params", {}) if row["name"] == current else {}
    return row["name"], forms.params_form(row["params"], values, key=f"align.{what}.{row['name']}")


def _marked(kind: str) -> Callable[[str], str]:
    """Return a function that marks the names of transductive entries."""
    transductive = {row["name"] for row in cache.rows_of(kind) if row["transductive"]}
    return lambda name: tr("{name} · transductive", name=name) if name in transductive else name
