"""The preview of a folder or an upload: what each column is read as, the first items, and what will be left out."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from mmalign_core.workflow import COLUMN_ROLES, Preview
from pages._components import errors, header
from pages._session import previews, state
from pages._session.links import roles_text

_ROLE = st.column_config.SelectboxColumn("read as", options=list(COLUMN_ROLES), required=True)


def show() -> None:
    """Draw the preview that was asked for, with buttons to open the data and to close the preview."""
    source = previews.asked()
    if source is None:
        return
    with st.container(border=True, key="preview"):
        with errors.shown():
            first = previews.look(source, {})
            roles = _changed(first)
            _draw(previews.look(source, roles))
            st.button(
                "Open it", type="primary", icon=":material/download_done:", key="preview.open", on_click=_open,
                args=(source, roles),
            )  # fmt: skip
        st.button("Close the preview", icon=":material/close:", key="preview.close", on_click=previews.close)


def _changed(first: Preview) -> dict[str, str]:
    """Draw the columns with their roles; return those that the person changed."""
    if not first.columns:
        return {}
    told = [{"table": c.table, "column": c.column, "role": c.role, "example": c.example} for c in first.columns]
    table = pd.DataFrame(told)
    edited = st.data_editor(
        table,
        column_config={"role": _ROLE, "example": st.column_config.TextColumn("first value", width="large")},
        disabled=["table", "column", "example"],
        hide_index=True,
        key="preview.roles",
    )
    changed = edited[edited["role"] != table["role"]]
    return dict(zip(changed["column"], changed["role"]))


def _draw(seen: Preview) -> None:
    held = ", ".join(f"{count:,} with {header.modality_word(m)}" for m, count in seen.by_modality.items())
    likes = f"; {seen.interactions:,} interactions" if seen.interactions else ""
    st.markdown(f"{seen.items:,} items ({held}){likes}. No picture, sound or video has been opened yet.")
    st.dataframe(pd.DataFrame([dict(row) for row in seen.rows]), hide_index=True, key="preview.rows", alt="First items")
    for line in (*seen.notes, *(one.reason for one in seen.skipped)):
        st.markdown(f"- {errors.plain(line)}")


def _open(source: Mapping[str, str], roles: Mapping[str, str]) -> None:
    previews.close()
    opened = str(time.time_ns()) if source["kind"] == "folder" else ""
    state.open_source(source["kind"], source["value"], opened=opened, roles=roles_text(roles))
