"""The form of the Align page, made from the catalogue: everything registered can be chosen, with its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow import default_aligner, modality_pairs, unpaired_modalities
from pages._components import aligner_card, alignment_form, errors, forms
from pages._panels.models import menu
from pages._session import cache, pipeline, state
from pages._session.view_spec import complete

_SEED_HELP = "Splits, folds and everything random in a fit follow from it: the same seed gives the same numbers."
_LARGEST_SEED = 2**31
_USUAL = {"similarity": "cosine", "correction": "none", "matcher": "argmax"}


def show(collection: Collection) -> None:
    """Draw the form; its button makes the choices the session's own, and the work starts with the next run."""
    now = complete(state.view_spec().choices, collection)
    pair = pair_menu(collection, now, key="align.pair", unpaired=unpaired_modalities(collection))
    with st.expander("Encoders", icon=":material/memory:"):
        encoders = menu.show(collection, now, key="align")
    menu.caption(encoders)
    aligner, params = _aligner(collection, pair, now, encoders)
    with st.expander("Similarity and matching", icon=":material/compare_arrows:"):
        matching = _matching(now)
    split = alignment_form.split_menu(collection, now, key="align")
    chosen = {"pair": list(pair), "aligner": aligner, "params": params, **matching, **split, "encoders": encoders}
    chosen = unusual(chosen | {"seed": seed_box(now, key="align.seed")}, collection)
    st.button(
        "Align",
        type="primary",
        icon=":material/play_arrow:",
        key="align.go",
        width="stretch",
        on_click=_align,
        args=(chosen,),
    )


def _align(chosen: dict[str, Any]) -> None:
    menu.settle(chosen.get("encoders", {}), "align")
    pipeline.align_with(chosen)


def unusual(chosen: dict[str, Any], collection: Collection) -> dict[str, Any]:
    """Only the choices that differ from those made for a collection nobody has chosen for."""
    settled = {name: chosen[name] for name in ("pair", "encoders") if name in chosen}
    usual = {**_USUAL, **complete(settled, collection), "pair": list(modality_pairs(collection)[0]), "encoders": {}}
    return {name: value for name, value in chosen.items() if value and value != usual.get(name)}


def pair_menu(
    collection: Collection, now: dict[str, Any], *, key: str, unpaired: tuple[tuple[str, str], ...] = ()
) -> tuple[str, str]:
    """Which two modalities are lined up, those that no item has both of last; BadInput if `now` has another pair."""
    pairs = (*modality_pairs(collection), *unpaired)
    current = tuple(now["pair"])
    if current not in pairs and current[::-1] not in pairs:
        raise BadInput(f"this collection has no pairs of {current[0]} and {current[1]}; choose another pair")
    index = pairs.index(current) if current in pairs else pairs.index(current[::-1])
    chosen = st.selectbox(
        "Pair",
        pairs,
        index=index,
        key=key,
        persist_state="session",
        format_func=lambda p: f"{p[0]} ↔ {p[1]}" + " · no item has both" * (p in unpaired),
    )
    return tuple(chosen)


def seed_box(now: dict[str, Any], *, key: str) -> int:
    """The seed of the split and of every fit."""
    current = min(max(int(now.get("seed", 0)), 0), _LARGEST_SEED)
    return st.number_input("Seed", 0, _LARGEST_SEED, current, key=key, persist_state="session", help=_SEED_HELP)


def _aligner(
    collection: Collection, pair: tuple[str, str], now: dict[str, Any], encoders: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    """What suits these encoders comes first, as they are where they share a space; the other aligners refine it."""
    usual, before = (default_aligner(pair, own, collection.vectors) for own in (encoders, now["encoders"]))
    rows = sorted(aligner_card.offered(pair), key=lambda row: row["name"] != usual)
    row = forms.choose(
        "Aligner",
        rows,
        now["aligner"] if usual == before else usual,
        key="align.aligner" if usual == "bridge" else f"align.aligner.{usual}",
        shown=aligner_card.title,
    )
    st.caption(errors.plain(errors.sentence(row["summary"])))
    with st.expander("What it does and needs", icon=":material/menu_book:"):
        aligner_card.show(row["name"])
    if not row["params"]:
        return row["name"], {}
    values = now.get("params", {}) if row["name"] == now["aligner"] else {}
    with st.expander("Its parameters", icon=":material/tune:"):
        return row["name"], forms.params_form(row["params"], values, key=f"align.{row['name']}")


def _matching(now: dict[str, Any]) -> dict[str, Any]:
    similarity = forms.choose(
        "Similarity", cache.rows_of("similarities"), now.get("similarity", "cosine"), key="align.similarity"
    )
    correction, correction_params = _with_params("Correction for hubs", "correction", "none", now)
    matcher, matcher_params = _with_params("Matcher", "matcher", "argmax", now)
    return {
        "similarity": similarity["name"],
        "correction": correction,
        "correction_params": correction_params,
        "matcher": matcher,
        "matcher_params": matcher_params,
    }


def _with_params(label: str, what: str, usual: str, now: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A menu, what the chosen one does, and its parameters."""
    current = now.get(what, usual)
    row = forms.choose(label, cache.rows_of(f"{what}s"), current, key=f"align.{what}", shown=_marked(f"{what}s"))
    note = " It looks at all queries together (transductive)." if row["transductive"] else ""
    st.caption(errors.plain(errors.sentence(row["summary"])) + note)
    values = now.get(f"{what}_params", {}) if row["name"] == current else {}
    return row["name"], forms.params_form(row["params"], values, key=f"align.{what}.{row['name']}")


def _marked(kind: str) -> Callable[[str], str]:
    """Names with a mark on those that look at all queries together."""
    transductive = {row["name"] for row in cache.rows_of(kind) if row["transductive"]}
    return lambda name: f"{name} · transductive" if name in transductive else name
