"""The question of the Recommend page: by text, picture, sound, item or user, and how much each modality counts."""

from __future__ import annotations

import streamlit as st

from mmalign_core.workflow import Run
from pages._shared import cache, errors, gallery, places, previews, state
from pages._shared.uploads import keep_query

_WORDS = {
    "item": "More like this",
    "text": "By text",
    "image": "By picture",
    "audio": "By sound",
    "user": "For a user",
}
_ICONS = {"item": "interests", "text": "notes", "image": "image", "audio": "graphic_eq", "user": "person"}
_ENDINGS = {
    "image": ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif"],
    "audio": ["wav", "flac", "ogg", "mp3", "m4a", "aac", "opus"],
}
_HISTORY = 8


def query(run: Run) -> tuple[str, str] | None:
    """(kind, value) of what is asked, None while nothing is."""
    kinds = ["item", *[m for m in ("text", "image", "audio") if m in run.result.space]]
    if run.collection.interactions is not None and len(run.collection.interactions):
        kinds.append("user")
    kind = st.selectbox("Ask by", kinds, format_func=lambda k: _WORDS[k], key="by", bind="query-params")
    return {"item": _item, "text": _text, "image": _file, "audio": _file, "user": _user}[kind or "item"](run, kind)


def weights(run: Run) -> dict[str, float]:
    """One slider per modality of the space; 1 each is the plain mean."""
    return {
        m: st.slider(
            m,
            0.0,
            2.0,
            1.0,
            0.05,
            key=f"weight.{m}",
            bind="query-params",
            help=f"How much the items' {m} counts; 0 leaves it out.",
        )
        for m in run.result.space
    }


def _item(run: Run, kind: str) -> tuple[str, str]:
    placed, current = places.placed_items(run), places.current_item(run)
    picked = st.selectbox(
        "Item",
        placed,
        index=placed.index(current),
        key=f"ask.item.{current}",
        format_func=lambda i: previews.title(run.collection, i),
    )
    if picked != current:
        state.select_item(picked)
    previews.show_item(run.collection, picked, metadata=False, tallest=170)
    return "item", picked


def _text(run: Run, kind: str) -> tuple[str, str] | None:
    words = st.text_area(
        "Text",
        key="q",
        bind="query-params",
        max_chars=2000,
        height=90,
        placeholder="In any language, for example: something that makes music",
    )
    return ("text", words.strip()) if words and words.strip() else None


def _file(run: Run, kind: str) -> tuple[str, str] | None:
    file = st.file_uploader(_WORDS[kind], _ENDINGS[kind], key=f"ask.{kind}", label_visibility="collapsed")
    if file is None:
        return None
    with errors.shown():
        if kind == "image":
            st.image(file, alt="The picture asked with", width="stretch")
        else:
            st.audio(file, alt="The sound asked with")
        return kind, keep_query(file.name, file.getvalue(), cache.settings())
    return None


def _user(run: Run, kind: str) -> tuple[str, str] | None:
    table = run.collection.interactions
    if table is None:
        return None
    users = table["user_id"].astype(str).unique().tolist()
    simulated = state.wanted().source["kind"] == "demo"
    user = st.selectbox("User (simulated)" if simulated else "User", users, key="user", bind="query-params")
    if simulated:
        st.caption(":material/science: Simulated users, made with the demo; nobody's real behaviour.")
    history = table[table["user_id"].astype(str) == user]["item_id"].astype(str)
    placed = set(places.placed_items(run))
    seen = [item for item in dict.fromkeys(history) if item in placed]
    st.caption(f"Has met {len(seen)} items:")
    gallery.show(
        [previews.card(run.collection, item, modalities=[]) for item in seen[-_HISTORY:]],
        key="ask.history",
        width=84,
        selects=False,
    )
    return ("user", str(user)) if user else None
