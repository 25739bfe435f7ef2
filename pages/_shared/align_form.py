"""The form of the Align page, made from the catalogue: everything registered can be chosen, with its parameters."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow import DEFAULT_ENCODERS
from pages._shared import cache, errors, forms, header, state, waiting
from pages._shared.wanted import complete, pairs_of

_USUAL = {"similarity": "cosine", "correction": "none", "matcher": "argmax"}
_SPLITS = ("All items", "Held-out share", "Folds")


def show(collection: Collection) -> None:
    """Draw the form; its button makes the choices the session's own, and the work starts with the next run."""
    now = complete(state.wanted().choices, collection)
    pair = _pair(collection, now)
    encoders = _encoders(collection, now)
    aligner, params = _aligner(pair, now)
    with st.expander("Similarity and matching", icon=":material/compare_arrows:"):
        matching = _matching(now)
    split = _split(now)
    chosen = {"pair": list(pair), "aligner": aligner, "params": params, **matching, **split, "encoders": encoders}
    usual = {**_USUAL, **complete({}, collection)}
    chosen = {name: value for name, value in chosen.items() if value and value != usual.get(name)}
    if chosen.get("pair") == list(usual["pair"]):
        del chosen["pair"]
    st.button(
        "Align",
        type="primary",
        icon=":material/play_arrow:",
        key="align.go",
        width="stretch",
        on_click=waiting.align,
        args=(chosen,),
    )


def _pair(collection: Collection, now: dict[str, Any]) -> tuple[str, str]:
    pairs = pairs_of(collection)
    current = tuple(now["pair"])
    if current not in pairs and current[::-1] not in pairs:
        raise BadInput(f"this collection has no pairs of {current[0]} and {current[1]}; choose another pair")
    index = pairs.index(current) if current in pairs else pairs.index(current[::-1])
    shown = st.selectbox(
        "Pair", pairs, index=index, key="align.pair", persist_state="session", format_func=lambda p: f"{p[0]} ↔ {p[1]}"
    )
    return tuple(shown)


def _encoders(collection: Collection, now: dict[str, Any]) -> dict[str, str]:
    rows, chosen = cache.rows_of("encoders"), {}
    with st.expander("Encoders", icon=":material/memory:"):
        for modality in collection.modalities:
            if modality in collection.vectors:
                st.markdown(f"{header.modality_word(modality)}: vectors given with the collection")
                continue
            offered = [row for row in rows if modality in row["modalities"]]
            current = now["encoders"].get(modality, DEFAULT_ENCODERS.get(modality, ""))
            if offered:
                row = forms.choose(
                    header.modality_word(modality),
                    offered,
                    current,
                    key=f"align.encoder.{modality}",
                    help=errors.plain(_row(offered, current)["summary"]),
                )
                chosen[modality] = row["name"]
    return {m: name for m, name in chosen.items() if name != DEFAULT_ENCODERS.get(m)}


def _aligner(pair: tuple[str, str], now: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    offered = [row for row in cache.rows_of("aligners") if set(pair) <= set(row["modalities"])]
    row = forms.choose("Aligner", offered, now["aligner"], key="align.aligner")
    words = [f"family {row['family']}", "learns from pairs" if row["needs_pairs"] else "needs no pairs"]
    if row["transductive"]:
        words.append("transductive: places only the rows it was fitted on")
    st.caption(errors.plain(f"{errors.sentence(row['summary'])} ({', '.join(words)})"))
    if not row["params"]:
        return row["name"], {}
    values = now.get("params", {}) if row["name"] == now["aligner"] else {}
    with st.expander("Its parameters", icon=":material/tune:"):
        return row["name"], forms.params_form(row["params"], values, key=f"align.{row['name']}")


def _matching(now: dict[str, Any]) -> dict[str, Any]:
    similarity = forms.choose(
        "Similarity", cache.rows_of("similarities"), now.get("similarity", "cosine"), key="align.similarity"
    )
    correction = forms.choose(
        "Correction for hubs", cache.rows_of("corrections"), now.get("correction", "none"), key="align.correction"
    )
    matcher = forms.choose("Matcher", cache.rows_of("matchers"), now.get("matcher", "argmax"), key="align.matcher")
    st.caption(errors.plain(errors.sentence(matcher["summary"])))
    values = now.get("matcher_params", {}) if matcher["name"] == now.get("matcher", "argmax") else {}
    params = forms.params_form(matcher["params"], values, key=f"align.matcher.{matcher['name']}")
    return {
        "similarity": similarity["name"],
        "correction": correction["name"],
        "matcher": matcher["name"],
        "matcher_params": params,
    }


def _split(now: dict[str, Any]) -> dict[str, Any]:
    current = _SPLITS[2] if now.get("folds") else _SPLITS[1] if now.get("test") else _SPLITS[0]
    how = st.selectbox(
        "Measure on",
        _SPLITS,
        index=_SPLITS.index(current),
        key="align.split",
        persist_state="session",
        help="Held-out: fitted on the rest, measured on items it has never seen, candidates included.",
    )
    if how == _SPLITS[1]:
        test = st.slider(
            "Held-out share", 0.05, 0.5, now.get("test") or 0.2, 0.05, key="align.test", persist_state="session"
        )
        return {"test": test}
    if how == _SPLITS[2]:
        return {"folds": st.slider("Folds", 2, 10, now.get("folds") or 5, key="align.folds", persist_state="session")}
    return {}


def _row(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next((row for row in rows if row["name"] == name), rows[0])
