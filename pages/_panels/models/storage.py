"""The store: the size of each kind of entry, its entries, and their removal after a second click."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import say, tr
from mmalign_core.workflow import STORE_KINDS, StoreEntry
from pages._components import errors
from pages._panels.models import lines
from pages._session import cache, kept_data
from pages._session.visitors import can_sign_in, visitor

_WORDS = {
    "runs": say("Runs"),
    "embeddings": say("Vectors, by encoder"),
    "collections": say("Opened collections"),
    "queries": say("Uploaded queries of earlier versions"),
    "uploads": say("Kept uploads, with what was made of them"),
    "media": say("Media of uploads and archives"),
    "maps": say("Maps of shared spaces"),
    "marks": say("Marks of items and pairs"),
}
_SHOWN = 200
"""Entries of one kind in the menu: more are slow to draw, and the command line lists all of them."""
_OWN = ("runs", "uploads", "marks")
"""Kinds that are a person's own. Over a network the others are shared, and their names may tell of others' data."""


def show() -> None:
    """Draw one line for each kind with its size. It opens to a menu of entries and a button that deletes them."""
    try:
        store = cache.home_store()
        found = {kind: store.entries(kind) for kind in STORE_KINDS if kind in _OWN or not visitor().network}
    except BadInput as error:
        errors.show(str(error))
        return
    total = sum(entry.bytes for entries in found.values() for entry in entries)
    st.markdown(tr("##### Storage") + (f" :gray[· {lines.size(total)}]" if total else ""))
    if visitor().network:
        st.caption(tr("What you kept. Everything else that this server stores is managed by: `mmalign store`."))
    else:
        st.caption(errors.plain(str(cache.home_store().root)))
    for kind, entries in found.items():
        if kind == "uploads" and visitor().network and not can_sign_in():
            mine = {folder.name for folder in kept_data.kept_uploads()}
            entries = [entry for entry in entries if entry.key in mine]
        if entries:
            _kind(kind, entries)
    if not any(found.values()):
        st.caption(tr("The store is empty."))


def _kind(kind: str, entries: Sequence[StoreEntry]) -> None:
    size = lines.size(sum(entry.bytes for entry in entries)) or "0 B"
    with st.expander(f"{tr(_WORDS[kind])} · {len(entries):,} · {size}"):
        by_key = {entry.key: entry for entry in sorted(entries, key=lambda entry: -entry.bytes)[:_SHOWN]}
        chosen = st.multiselect(
            tr("Which to delete"), list(by_key), key=f"storage.{kind}", format_func=lambda key: _named(by_key[key])
        )
        if len(entries) > _SHOWN:
            st.caption(
                tr(
                    "The {shown} largest; all of them: `python -m mmalign_core store list {kind}`",
                    shown=_SHOWN,
                    kind=kind,
                )
            )
        freed = lines.size(sum(by_key[key].bytes for key in chosen)) or "0 B"
        with st.popover(tr("Delete"), icon=":material/delete:", disabled=not chosen, type="tertiary"):
            st.markdown(
                tr("Delete {n} of {of:,} ({freed}) from this machine?", n=len(chosen), of=len(entries), freed=freed)
            )
            st.button(tr("Delete them"), icon=":material/delete:", key=f"storage.delete.{kind}", on_click=_delete,
                      args=(kind, tuple(chosen)), disabled=not chosen)  # fmt: skip


def _named(entry: StoreEntry) -> str:
    """Return the entry in words, including its key, because the browser compares options by their words."""
    return " · ".join(filter(None, (entry.key, entry.about, lines.size(entry.bytes))))


def _delete(kind: str, keys: tuple[str, ...]) -> None:
    try:
        freed = kept_data.delete_uploads(keys) if kind == "uploads" else cache.home_store().remove(kind, keys)
    except (BadInput, OSError) as error:
        st.toast(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    st.toast(
        tr("{n} deleted: {size} is free", n=len(keys), size=lines.size(freed) or "nothing"), icon=":material/delete:"
    )
