"""The installed and the suggested models: modalities, size and licence of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import (
    AvailableModel,
    SuggestedModel,
    available_models,
    reference_parts,
    remove_model,
    suggested_models,
)
from pages._components import encoder_menu, errors
from pages._panels.models import fetch, lines
from pages._session import cache, state
from pages._session.visitors import visitor

_HEADINGS = {
    ("image", "text"): say("Pictures and texts in one space"),
    ("audio", "text"): say("Sounds and texts in one space"),
    ("text",): say("Texts"),
    ("text", "image", "audio", "video"): say("Texts, pictures, sounds and videos in one space"),
    ("text", "image", "video"): say("Texts, pictures and videos in one space"),
}


def show_installed() -> None:
    """Draw the downloaded models with buttons to use and to remove them, then the embedded encoders."""
    rows = available_models(cache.settings())
    fetched, embedded = [row for row in rows if not row.embedded], [row for row in rows if row.embedded]
    held = lines.size(sum(row.bytes for row in fetched))
    st.markdown(
        tr("##### On this machine")
        + (tr(" :gray[· {n} downloaded, {held}]", n=len(fetched), held=held) if held else "")
    )
    for row in fetched:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"model.{_slug(row)}"):
            _fetched(row)
    if not fetched:
        st.caption(tr("No model was downloaded yet. The embedded encoders below work offline."))
    _embedded(embedded)


def _fetched(row: AvailableModel) -> None:
    encoder = reference_parts(row.reference).name
    with st.container(gap=None, width="stretch"):
        name = encoder_menu.full_name(row.reference) or row.name
        name = row.summary if Path(name).is_absolute() else name
        st.markdown(lines.heading(name, row.reads))
        licence = row.terms or tr("licence not stated")
        st.markdown(lines.facts(encoder, lines.size(row.bytes), licence, str(row.folder)))
        downloading = fetch.is_downloading(row.reference)
        if row.missing and not downloading:
            st.markdown(f":small[:orange[:material/warning: {errors.plain(errors.sentence(row.missing))}]]")
    if downloading:
        st.markdown(tr(":small[:gray[:material/downloading: downloading]]"), width="content")
        return
    if row.reference and not row.missing:
        lines.use_button(row.reference, row.reads, key=f"use.{_slug(row)}")
    elif row.reference:
        st.button(
            tr("Go on"), icon=":material/download:", key=f"go.on.{_slug(row)}", on_click=fetch.look_up,
            args=(row.reference,), help=tr("Download the missing files"),
        )  # fmt: skip
    if visitor().network:  # the models are everybody's there
        return
    with st.popover("", icon=":material/delete:", help=tr("Remove it from this machine"), type="tertiary"):
        st.markdown(
            tr(
                "Delete **{summary}** ({size}) from this machine?",
                summary=errors.plain(row.summary),
                size=lines.size(row.bytes),
            )
        )
        others = tr("  \nOther programs that use this cache lose it too.") * (not _is_own(row))
        st.caption(errors.plain(str(row.folder)) + others)
        if row.reference in str(state.view_spec().choices.get("encoders")):
            warning = tr("The current alignment uses it. Without it, no new query can be encoded.")
            st.markdown(f":small[:orange[:material/warning: {warning}]]")
        st.button(tr("Delete it"), icon=":material/delete:", key=f"remove.{_slug(row)}", on_click=_remove, args=(row,))


def _remove(row: AvailableModel) -> None:
    try:
        freed = remove_model(row.summary, cache.settings())
    except (BadInput, OSError) as error:
        st.toast(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    cache.results().drop("fetched", row.reference)
    st.toast(
        errors.plain(tr("{summary} is removed: {size} are free", summary=row.summary, size=lines.size(freed))),
        icon=":material/delete:",
    )


def _embedded(rows: Sequence[AvailableModel]) -> None:
    st.markdown(tr("###### Embedded"))
    for row in sorted(rows, key=lambda row: (bool(row.missing), not row.bytes)):
        with st.container(gap=None):
            st.markdown(lines.heading(row.name, row.reads))
            size = lines.size(row.bytes) or ("" if row.missing else tr("no weights of its own"))
            st.markdown(lines.facts(row.summary, size, row.licence))
            if row.missing:
                st.markdown(f":small[:orange[:material/extension_off: {errors.plain(errors.sentence(row.missing))}]]")


def _slug(row: AvailableModel) -> str:
    return f"{row.summary}.{'own' if _is_own(row) else 'hub'}"


def _is_own(row: AvailableModel) -> bool:
    return row.folder is not None and row.folder.is_relative_to(cache.settings().root)


def show_suggestions() -> None:
    """Draw every suggestion with a button to get it, or a mark if it is installed. Needs no hub."""
    here = {row.summary for row in available_models(cache.settings()) if not (row.embedded or row.missing)}
    st.markdown(tr("##### Worth getting"))
    for reads, rows in suggested_models().items():
        st.markdown(f"###### {tr(_HEADINGS[reads])}")
        for row in rows:
            with st.container(horizontal=True, vertical_alignment="center"):
                _suggestion(row, row.repository in here)
    st.caption(
        tr(
            "Sizes are of float32 weights; licences are those of the model cards, and are checked again "
            "before a download. ImageNet: published zero-shot accuracy, from open_clip's own table."
        )
    )


def _suggestion(row: SuggestedModel, here: bool) -> None:
    with st.container(gap=None, width="stretch"):
        st.markdown(
            f"**{errors.plain(encoder_menu.full_name(row.reference))}**  :small[{errors.plain(tr_word(row.use))}]"
        )
        st.markdown(lines.facts(lines.size(row.bytes), row.terms, row.figure))
    if here:
        st.markdown(tr(":green[:material/check_circle: here]"), width="content")
    else:
        st.button(
            tr("Get it"), icon=":material/download:", key=f"get.{row.reference}", on_click=fetch.look_up,
            args=(row.reference,), help=tr("Shows its size and licence first"),
        )  # fmt: skip
