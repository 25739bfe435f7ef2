"""The source of the collection: the demo, uploaded files, a folder, or a saved run."""

from __future__ import annotations

import time

import streamlit as st

from mmalign_core.wording import say, tr
from pages._components import errors, run_menu
from pages._panels.data import preview, uploads
from pages._session import cache, previews, state

_WORDS = {
    "demo": say("Demo"),
    "upload": say("Upload files"),
    "folder": say("Open a folder"),
    "run": say("Reopen a run"),
}
_ICONS = {
    "demo": ":material/auto_awesome:",
    "upload": ":material/upload:",
    "folder": ":material/folder_open:",
    "run": ":material/history:",
}


def show() -> None:
    """Draw the switch between the three sources, and the form of the chosen one."""
    now = state.view_spec().source["kind"]
    kind = st.segmented_control(
        tr("Collection"),
        list(_WORDS),
        default=now if now in _WORDS else None,
        required=now in _WORDS,
        key="source",
        format_func=lambda k: f"{_ICONS[k]} {tr(_WORDS[k])}",
        label_visibility="collapsed",
        on_change=_switched,
        persist_state="session",
    )
    if kind == "upload":
        uploads.show()
        preview.show()
    elif kind == "folder":
        _folder()
        preview.show()
    elif kind == "run":
        _run()


def _switched() -> None:
    if state.widget("source") == "demo":
        state.open_source("demo")


def _folder() -> None:
    source = state.view_spec().source
    _say_which()
    with st.form("folder", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input(
            tr("Folder, manifest (.csv .jsonl .parquet), .npz, .lance, .zip or .tar on the machine this runs on"),
            value=source["value"] if source["kind"] == "folder" else "",
            key="path",
        )
        pressed = st.form_submit_button(
            tr("Open"), type="primary", icon=":material/folder_open:", on_click=_open_folder
        )
        looked = st.form_submit_button(tr("Preview"), icon=":material/visibility:", on_click=_preview_folder)
    if (pressed or looked) and not path.strip():
        errors.show(tr("type the path of a folder or file first"))


def _say_which() -> None:
    """Say which folders may be opened, where others see this page."""
    roots = cache.settings().data_roots
    if roots is None:
        return
    named = ", ".join(map(str, roots)) or tr("none; whoever runs the dashboard can allow some by MMALIGN_DATA_ROOTS")
    st.caption(errors.plain(tr("Over a network, folders and files below these may be opened: {named}.", named=named)))


def _open_folder() -> None:
    path = str(state.widget("path", "")).strip()
    if path:
        previews.close()
        state.open_source("folder", path, opened=str(time.time_ns()))


def _preview_folder() -> None:
    path = str(state.widget("path", "")).strip()
    if path:
        previews.ask("folder", path)


def _run() -> None:
    names = [summary.id for summary in cache.home_store().list_runs()]
    if not names:
        errors.empty(tr("No run is saved yet"), tr("Align, then keep the run under a name."), "bookmark")
        return
    shown = state.view_spec().source["value"]
    with st.form("run", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            tr("Saved run, newest first"), names, index=names.index(shown) if shown in names else 0, key="saved"
        )
        st.form_submit_button(tr("Open"), type="primary", icon=":material/folder_open:", on_click=_open_run)


def _open_run() -> None:
    run_menu.reopen(str(state.widget("saved")))
