"""Menus of encoders for each modality: embedded ones, models of this machine, or others by name or folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from mmalign_core.types import BadInput, Collection
from mmalign_core.wording import say, tr, tr_list, tr_word
from mmalign_core.workflow import (
    DEFAULT_ENCODERS,
    AvailableModel,
    available_encoders,
    check_encoder,
    reference_params,
    reference_parts,
    reference_with_params,
    reference_without_params,
    same_space,
)
from pages._components import errors, forms, header
from pages._session import cache, state

OTHER = say("another model…")
READ = {"text": "texts", "image": "pictures", "audio": "sounds", "video": "videos"}
_LONGEST = 34
"""Characters of a model's name in a menu beside the results."""


def show(collection: Collection, now: Mapping[str, Any], *, key: str, abreast: bool = False) -> dict[str, str]:
    """Draw a menu of encoders for each modality; return modality -> reference for those that are not the default.

    The menus are side by side with `abreast`, else one below the other. One button takes a model that reads several
    modalities into one space for all of them.
    """
    chosen: dict[str, str] = {}
    held = collection.modalities
    places = dict(zip(held, st.columns(len(held)) if abreast else [st.container() for _ in held]))
    for modality, place in places.items():
        if modality in collection.vectors:
            place.markdown(
                tr("{modality_word}: vectors given with the collection", modality_word=header.modality_word(modality))
            )
            continue
        usual = now["encoders"].get(modality, DEFAULT_ENCODERS.get(modality, ""))
        with place:
            chosen[modality] = _menu(modality, usual, f"{key}.encoder.{modality}")
    _one_space(chosen, places, key)
    return {m: reference for m, reference in chosen.items() if reference != DEFAULT_ENCODERS.get(m)}


def settle(encoders: Mapping[str, str], key: str) -> None:
    """Select typed models in their menus, and drop typed names that name no model. Only inside a callback."""
    for modality, usual in DEFAULT_ENCODERS.items():
        if state.widget(f"{key}.encoder.{modality}") == OTHER:
            reference, menu = encoders.get(modality, usual), f"{key}.encoder.{modality}"
            state.set_widget(menu, reference_without_params(reference))
            settle_params(reference, key=menu)


def title(reference: str) -> str:
    """Return the short title of a reference: 'open-clip · ViT-B-32/openai', or encoder and folder name."""
    encoder, given, model = reference_parts(reference)
    suffix = params_words(given)
    if not model:
        return f"{encoder}{suffix}"
    if encoder == "video-frames":
        return tr("frames{params} · {model}", params=suffix, model=title(model))
    model = model.removeprefix("hf-hub:").removeprefix(f"{encoder}/")
    folder = model.removeprefix("local-dir:")
    if folder != model or folder.startswith(("/", "~", ".")):
        model = tr("{name} (folder)", name=Path(folder).name)
    return f"{encoder}{suffix} · {_short(model)}"


def full_name(reference: str) -> str:
    """Return the model's whole name, or the encoder's name if the encoder has no models."""
    encoder, _, model = reference_parts(reference)
    return model.removeprefix("hf-hub:").removeprefix("local-dir:") or encoder


def _short(name: str) -> str:
    """Return the start and the end of a long name, where the models of one family differ."""
    half = _LONGEST // 2
    return name if len(name) <= _LONGEST else f"{name[:half]}…{name[-half + 1 :]}"


def caption(encoders: Mapping[str, str]) -> None:
    """Draw which modalities have another encoder than the default; nothing if there is none."""
    by_title: dict[str, list[str]] = {}
    for modality, reference in encoders.items():
        by_title.setdefault(title(reference), []).append(READ.get(modality, modality))
    if by_title:
        readers = "; ".join(
            tr("{read} by {name}", read=tr_list(map(tr_word, read), " and "), name=name)
            for name, read in by_title.items()
        )
        st.caption(errors.plain(errors.sentence(readers)))


def _menu(modality: str, current: str, key: str) -> str:
    rows = {offer.reference: offer for offer in available_encoders(modality, cache.settings())}
    plain = reference_without_params(current)
    options = [*rows, *([plain] if plain not in rows else []), OTHER]
    picked = st.selectbox(
        # no colour: a screen reader would read its marks aloud
        tr("Encoder of {modality}", modality=tr_word(READ.get(modality, modality))),
        options,
        index=options.index(plain),
        key=key,
        help=errors.plain(_summary(rows.get(plain), plain)),
        format_func=lambda option: _named(option, rows.get(option)),
        persist_state="session",
    )
    if picked == OTHER:
        return _other(modality, current, f"{key}.other")
    if picked in rows and rows[picked].missing:
        errors.show(rows[picked].missing)
        return current
    return show_params(picked if picked in options else plain, current, key=key)


def _named(option: str, offer: AvailableModel | None) -> str:
    if option == OTHER:
        return tr(OTHER)
    return title(option) + (tr(" · not installed") if offer and offer.missing else "")


def _summary(offer: AvailableModel | None, current: str) -> str:
    return offer.summary if offer else tr("{current}, named by you", current=current)


def _other(modality: str, current: str, key: str) -> str:
    """Draw a field for a model's name or folder, and check it. The current choice stays if the model cannot be used."""
    typed = st.text_input(
        tr("Model that reads {modality}", modality=tr_word(READ.get(modality, modality))),
        key=key,
        placeholder=tr("open-clip:hf-hub:ORG/NAME or a folder"),
        help=tr(
            "A reference ENCODER:MODEL (open-clip, clap, sentence-transformers) or a folder of this machine. "
            "The Models page downloads other models."
        ),
        persist_state="session",
    )
    if not typed or not typed.strip():
        return current
    try:
        with st.spinner(tr("Looking at the model")):
            reference = check_encoder(typed, modality, cache.settings())
    except BadInput as error:
        errors.show(str(error))
        st.caption(errors.plain(f"{title(current)} stays."))
        return current
    st.caption(f":material/check: {errors.plain(title(reference))}")
    return reference


def _one_space(chosen: Mapping[str, str], places: Mapping[str, Any], key: str) -> None:
    """Draw a button that takes a model for all modalities it reads, below the first menu with such a model."""
    for modality, reference in chosen.items():
        towers = same_space(reference, modality)
        others = {
            m: tower for m, tower in towers.items() if m in chosen and reference_without_params(chosen[m]) != tower
        }
        if others:
            with places[modality]:
                words = tr_list((tr_word(READ[m]) for m in others), " and ")
                st.button(
                    tr("Use it for {words} too", words=words),
                    key=f"{key}.both.{modality}",
                    icon=":material/join_inner:",
                    help=tr("Then all lie in the space of this model, and need no aligner."),
                    on_click=_take,
                    args=(others, key),
                )
            return


def _take(others: Mapping[str, str], key: str) -> None:
    for modality, reference in others.items():
        menu = f"{key}.encoder.{modality}"
        offered = {offer.reference for offer in available_encoders(modality, cache.settings())}
        state.set_widget(menu, reference if reference in offered else OTHER)
        if reference not in offered:
            state.set_widget(f"{menu}.other", reference)


def show_params(reference: str, current: str, *, key: str) -> str:
    """Draw the form of the encoder's parameters, with the values of `current`; return the reference with them."""
    name = reference_parts(reference).name
    declared = next((row["params"] for row in cache.rows_of("encoders") if row["name"] == name), [])
    if not declared:
        return reference
    with st.popover(tr("Its parameters"), icon=":material/tune:", key=f"{key}.params"):
        chosen = forms.params_form(declared, _held(current, name), key=f"{key}.{name}")
    return reference_with_params(reference, chosen)


def settle_params(reference: str, *, key: str) -> None:
    """Reset the form of the parameters to the session's choices. Only inside a callback."""
    state.forget_widgets(f"{key}.{reference_parts(reference).name}.")


def params_words(given: str) -> str:
    """Return '[most=8,per_second=2]' as ' (most 8, per second 2)'; '' for no parameters."""
    return f" ({given[1:-1].replace('_', ' ').replace('=', ' ').replace(',', ', ')})" if given else ""


def _held(current: str, name: str) -> dict[str, Any]:
    """Return the parameters of the session's choice; {} if a link holds bad ones, for the run reports those."""
    try:
        return reference_params(current) if reference_parts(current).name == name else {}
    except BadInput:
        return {}
