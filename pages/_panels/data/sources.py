"""The source of the collection: the demo, uploaded files, a folder, or a saved run."""

from __future__ import annotations

import time

import streamlit as st

from pages._components import errors, run_menu
from pages._session import cache, state
from pages._session.uploads import keep_upload

_WORDS = {"demo": "Demo", "upload": "Upload files", "folder": "Open a folder", "run": "Reopen a run"}
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
        "Collection",
        list(_WORDS),
        default=now if now in _WORDS else None,
        required=now in _WORDS,
        key="source",
        format_func=lambda k: f"{_ICONS[k]} {_WORDS[k]}",
        label_visibility="collapsed",
        on_change=_switched,
        persist_state="session",
    )
    if kind == "upload":
        _upload()
    elif kind == "folder":
        _folder()
    elif kind == "run":
        _run()


def _switched() -> None:
    if state.widget("source") == "demo":
        state.open_source("demo")


def _upload() -> None:
    with st.form("upload", border=False, clear_on_submit=True):
        files = st.file_uploader(
            "Texts, pictures, sounds, vectors (.npz), a zip or a manifest, several at once; "
            "cat.jpg, cat.txt and cat.wav make one item",
            accept_multiple_files=True,
            key="files",
        )
        if st.form_submit_button("Read the files", type="primary", icon=":material/upload:"):
            if not files:
                errors.show("choose at least one file first")
                return
            with errors.shown():
                digest = keep_upload([(file.name, file.getvalue()) for file in files], cache.settings())
                state.open_source("upload", digest)
                st.rerun()


def _folder() -> None:
    source = state.view_spec().source
    with st.form("folder", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input(
            "Folder, manifest (.csv .jsonl .parquet), .npz, .lance, .zip or .tar on the machine this runs on",
            value=source["value"] if source["kind"] == "folder" else "",
            key="path",
        )
        pressed = st.form_submit_button("Open", type="primary", icon=":material/folder_open:", on_click=_open_folder)
    if pressed and not path.strip():
        errors.show("type the path of a folder or file first")


def _open_folder() -> None:
    path = str(state.widget("path", "")).strip()
    if path:
        state.open_source("folder", path, opened=str(time.time_ns()))


def _run() -> None:
    names = [summary.id for summary in cache.store().list_runs()]
    if not names:
        errors.empty("No run is saved yet", "Align, then keep the run under a name.", "bookmark")
        return
    shown = state.view_spec().source["value"]
    with st.form("run", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Saved run, newest first", names, index=names.index(shown) if shown in names else 0, key="saved")
        st.form_submit_button("Open", type="primary", icon=":material/folder_open:", on_click=_open_run)


def _open_run() -> None:
    run_menu.reopen(str(state.widget("saved")))
