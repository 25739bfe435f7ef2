"""The preview of a folder or an upload: what each column is read as, the first items, and what will be left out."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from mmalign_core.types import digest_json
from mmalign_core.wording import tr, tr_list
from mmalign_core.workflow import COLUMN_ROLES, Preview
from pages._components import errors, header
from pages._components.headings import headings
from pages._session import previews, state
from pages._session.links import roles_text


def show() -> None:
    """Draw the preview that was asked for, with buttons to open the data and to close the preview."""
    source = previews.asked()
    if source is None:
        return
    with st.container(border=True, key="preview"):
        with errors.shown():
            roles = previews.given()
            seen = previews.look(source, roles)
            if changed := _changed(seen, roles):
                previews.look(source, {**roles, **changed})  # what cannot be is told here, and not kept
                previews.give({**roles, **changed})
                st.rerun()  # one column may take the role of another, which the table then shows
            _draw(seen)
            st.button(
                tr("Open it"), type="primary", icon=":material/download_done:", key="preview.open", on_click=_open,
                args=(source, roles),
            )  # fmt: skip
        st.button(tr("Close the preview"), icon=":material/close:", key="preview.close", on_click=previews.close)


def _changed(seen: Preview, roles: Mapping[str, str]) -> dict[str, str]:
    """Draw the columns with their roles; return those that the person changes now."""
    if not seen.columns:
        return {}
    told = [{"table": c.table, "column": c.column, "role": c.role, "example": c.example} for c in seen.columns]
    table = pd.DataFrame(told)
    edited = st.data_editor(
        table,
        column_config=headings(
            table,
            {
                "role": st.column_config.SelectboxColumn(tr("read as"), options=list(COLUMN_ROLES), required=True),
                "example": st.column_config.TextColumn(tr("first value"), width="large"),
            },
        ),
        disabled=["table", "column", "example"],
        hide_index=True,
        key=f"preview.roles.{digest_json(dict(roles))}",
    )
    changed = edited[edited["role"] != table["role"]]
    return dict(zip(changed["column"], changed["role"]))


def _draw(seen: Preview) -> None:
    held = tr_list(
        tr("{count:,} with {modality}", count=count, modality=header.modality_word(m))
        for m, count in seen.by_modality.items()
    )
    likes = tr("; {interactions:,} interactions", interactions=seen.interactions) if seen.interactions else ""
    st.markdown(
        tr(
            "{items:,} items ({held}){likes}. No picture, sound or video has been opened yet.",
            items=seen.items,
            held=held,
            likes=likes,
        )
    )
    st.dataframe(
        pd.DataFrame([dict(row) for row in seen.rows]),
        column_config=headings(pd.DataFrame([dict(row) for row in seen.rows])),
        hide_index=True,
        key="preview.rows",
        alt=tr("First items"),
    )
    for line in (*seen.notes, *(one.reason for one in seen.skipped)):
        st.markdown(f"- {errors.plain(line)}")


def _open(source: Mapping[str, str], roles: Mapping[str, str]) -> None:
    previews.close()
    opened = str(time.time_ns()) if source["kind"] == "folder" else ""
    state.open_source(source["kind"], source["value"], opened=opened, roles=roles_text(roles))
