"""Choosing what to look at: the demo, uploaded files, or a folder on this machine."""

from __future__ import annotations

import time

import streamlit as st

from pages._shared import cache, errors, state
from pages._shared.collection.uploads import keep_upload

_WORDS = {"demo": "Demo", "upload": "Upload files", "folder": "Open a folder"}
_ICONS = {"demo": ":material/auto_awesome:", "upload": ":material/upload:", "folder": ":material/folder_open:"}


def show() -> None:
    """The switch between the three, and under it what the chosen one needs."""
    kind = st.segmented_control(
        "Collection",
        list(_WORDS),
        default=state.wanted().source["kind"],
        required=True,
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
    source = state.wanted().source
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
