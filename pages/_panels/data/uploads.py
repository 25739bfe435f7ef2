"""Uploads: the form, what becomes of the open one, and those that were kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import tr
from mmalign_core.workflow import about_upload, kept_upload
from pages._components import errors
from pages._session import cache, kept_data, places, previews, state
from pages._session.received_files import content_of
from pages._session.uploads import receive_upload
from pages._session.visitors import chose_upload, visitor


def show() -> None:
    """Draw the form, a line on the open upload, and the menu of kept uploads."""
    _form()
    if state.source_kind() == "upload":
        _about_open()
    _kept()


def _form() -> None:
    with st.form("upload", border=False, clear_on_submit=True):
        files = st.file_uploader(
            tr(
                "Texts, pictures, sounds, vectors (.npz), a zip or a manifest, several at once; cat.jpg, cat.txt "
                "and cat.wav make one item"
            ),
            accept_multiple_files=True,
            key="files",
        )
        with st.container(horizontal=True):
            pressed = st.form_submit_button(tr("Read the files"), type="primary", icon=":material/upload:")
            looked = st.form_submit_button(tr("Preview"), icon=":material/visibility:")
        if not (pressed or looked):
            return
        if not files:
            errors.show(tr("choose at least one file first"))
            return
        with errors.shown():
            digest = receive_upload([(file.name, content_of(file)) for file in files], cache.server_settings())
            if looked:
                previews.ask("upload", digest)
            else:
                previews.close()
                state.open_source("upload", digest)
            st.rerun()


def _about_open() -> None:
    """Say how long the open upload stays, and who else may open it; offer to keep, share and delete it."""
    who, source = visitor(), state.source()
    folder = places.data_folder(who, source, cache.server_settings())
    if folder is None:
        return
    is_kept = kept_data.is_kept(folder, who)
    kept = kept_upload(folder)
    mine = not is_kept or folder.parent == places.home_of(who, cache.server_settings()) / places.SHELF
    with st.container(horizontal=True, vertical_alignment="center", key="upload.open"):
        st.markdown(f":gray[{_stays(is_kept, kept.shared, mine)}]")
        if mine and not is_kept:
            st.button(tr("Keep"), icon=":material/bookmark_add:", key="upload.keep", on_click=_keep)
        if mine:
            st.button(
                tr("Stop sharing") if kept.shared else tr("Share by link"),
                icon=":material/link_off:" if kept.shared else ":material/share:",
                key="upload.share",
                on_click=_share,
                args=(not kept.shared,),
            )
            st.button(tr("Delete now"), icon=":material/delete:", key="upload.delete", on_click=_delete)


def _stays(is_kept: bool, shared: bool, mine: bool) -> str:
    if not mine:
        return tr("Its owner shares this upload with you.")
    if not is_kept:
        minutes = max(1, round(cache.server_settings().session_seconds / 60))
        return tr(
            "These files, and what is made of them, are yours alone, and go {minutes} min after your last page closes.",
            minutes=minutes,
        )
    return (
        tr("Kept, and open to everyone who has this page's link.")
        if shared
        else tr("Kept. Nobody else can open its link.")
    )


def _kept() -> None:
    folders = {folder.name: folder for folder in kept_data.kept_uploads()}
    if not folders:
        return
    with st.form("kept", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            tr("Kept earlier"), list(folders), key="kept.upload", format_func=lambda digest: _named(folders[digest])
        )
        st.form_submit_button(tr("Open"), icon=":material/folder_open:", on_click=_open_kept)


def _named(folder: Path) -> str:
    return f"{about_upload(folder)} · {folder.name[:8]}"


def _open_kept() -> None:
    digest = state.widget("kept.upload")
    if digest:
        chose_upload(str(digest))
        state.open_source("upload", str(digest))


def _keep() -> None:
    _done(lambda: kept_data.keep_files(state.source()), tr("Kept. Delete it under Models, Storage."))


def _share(shared: bool) -> None:
    words = (
        tr("The link of this page now opens the upload for others.") if shared else tr("The link is yours alone again.")
    )
    _done(lambda: kept_data.share(state.source(), shared), words)


def _delete() -> None:
    digest = state.source()["value"]
    _done(lambda: kept_data.delete_upload(digest), tr("Deleted, with everything that was made of it."))
    state.open_source("demo")


def _done(work: Callable[[], object], words: str) -> None:
    try:
        work()
    except (BadInput, OSError) as error:
        st.toast(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    st.toast(words, icon=":material/check:")
