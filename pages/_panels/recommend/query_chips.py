"""The parts of the query as chips. Each opens to show its part, to change its weight, to negate it, or to remove it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mmalign_core.types import Media, digest_json
from mmalign_core.wording import say, tr
from mmalign_core.workflow import Run
from pages._components import errors
from pages._components.media import gallery, previews, videos
from pages._panels.recommend import queries
from pages._panels.space import points
from pages._session import cache, media_cache, state
from pages._session.links import LONGEST_TEXT, STRONGEST
from pages._session.thumbnails import as_label

_WAYS = {1: say("Like this"), -1: say("Not that")}
_HISTORY = 12
"""Items of a user's history in a chip: three rows of four."""


def show(run: Run, parts: Sequence[queries.PartData]) -> None:
    """Draw one chip for each part, in the order of the query."""
    with st.container(horizontal=True, gap="small", key="chips"):
        for place, part in enumerate(parts):
            _chip(run, parts, place, part)
        if len(parts) > 1:
            st.button(
                tr("Clear"),
                type="tertiary",
                icon=":material/close:",
                key="chips.clear",
                on_click=state.set_query,
                args=([],),
            )


def _chip(run: Run, parts: Sequence[queries.PartData], place: int, part: queries.PartData) -> None:
    key = f"part.{place}.{digest_json([part['kind'], part['value']])[:8]}"
    opened = st.popover(_label(run, part), key=key, on_change="rerun")
    if opened.open:
        with opened, st.container(width=340), errors.shown():
            _weigh(parts, place, part, key)
            _look(run, parts, place, part, key)


def _label(run: Run, part: queries.PartData) -> str:
    """Return picture or icon, name, and a weight other than 1. A negative part has a word, a sign and a colour."""
    named = errors.plain(queries.name(part, run.collection))
    shown = (
        f"{_picture(run, part)} {named}"
        if part["weight"] > 0
        else tr(":red[:material/block: not] {named}", named=named)
    )
    return shown + ("" if abs(part["weight"]) == 1 else f" :gray[× {abs(part['weight']):g}]")


def _picture(run: Run, part: queries.PartData) -> str:
    if part["kind"] == "item" and part["value"] in run.collection.items.index:
        small = previews.thumbnail(run.collection, part["value"], 64)
    elif part["kind"] == "image" and (path := queries.known_path(part, cache.settings())):
        small = media_cache.thumbnail(part["value"], 64, str(path))
    else:
        small = None
    return as_label(small) if small and small.look != "wave" else f":material/{queries.ICONS[part['kind']]}:"


def _weigh(parts: Sequence[queries.PartData], place: int, part: queries.PartData, key: str) -> None:
    """Draw the sign and the size of the weight, and a button that removes the part."""
    changed = {"on_change": _reweigh, "args": (parts, place, key)}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.segmented_control(
            tr("Counts as"),
            list(_WAYS),
            format_func=lambda way: tr(_WAYS[way]),
            default=1 if part["weight"] > 0 else -1,
            required=True,
            key=f"{key}.way",
            label_visibility="collapsed",
            **changed,
        )
        st.button(
            tr("Remove"),
            type="tertiary",
            icon=":material/delete:",
            key=f"{key}.out",
            on_click=_remove,
            args=(parts, place),
        )
    strength = min(max(abs(float(part["weight"])), 0.1), STRONGEST)
    st.slider(tr("How strongly"), 0.1, STRONGEST, strength, 0.1, key=f"{key}.strength", **changed)


def _reweigh(parts: Sequence[queries.PartData], place: int, key: str) -> None:
    sign, strength = state.widget(f"{key}.way") or 1, state.widget(f"{key}.strength")
    _change(parts, place, {"weight": round(sign * strength, 2)})


def _look(run: Run, parts: Sequence[queries.PartData], place: int, part: queries.PartData, key: str) -> None:
    """Draw the part in full. A text can be changed."""
    kind, value = part["kind"], part["value"]
    if kind == "text":
        st.text_area(
            tr("Words"), value, max_chars=LONGEST_TEXT, key=f"{key}.words", height=110,
            on_change=lambda: _reword(parts, place, f"{key}.words"),
        )  # fmt: skip
    elif kind == "image":
        st.image(str(queries.path(part, cache.settings())), alt=tr("The picture of the query"), width=260)
    elif kind == "audio":
        st.audio(str(queries.path(part, cache.settings())), alt=tr("The sound of the query"))
    elif kind == "video":
        medium = Media("query", "video", value, path=str(queries.path(part, cache.settings())))
        videos.show(medium, tr("The video of the query"), 300)
    elif kind == "item" and value in run.collection.items.index:
        previews.show_item(run.collection, value, metadata=False, tallest=150)
    elif kind == "user":
        _history(run, value)


def _history(run: Run, user: str) -> None:
    """Draw the user's history, with a label if the user is simulated."""
    if state.view_spec().source["kind"] == "demo":
        st.caption(tr(":material/science: A simulated user, made with the demo; nobody's real behaviour."))
    placed = set(points.placed_items(run))
    met = [item for item in cache.met_by(run.collection, user) if item in placed]
    if met:
        st.markdown(f":small[{errors.plain(cache.interests_of(run.collection, tuple(met)))}]")
    st.caption(
        tr("Has met {n} items", n=len(met))
        + (tr(", the last {history} of them:", history=_HISTORY) if len(met) > _HISTORY else ":")
    )
    cards = [gallery.card(run.collection, item, modalities=[]) for item in met[-_HISTORY:]]
    gallery.show(cards, key="chips.history", width=76, most=4, selects=False)


def _change(parts: Sequence[queries.PartData], place: int, new: dict[str, Any]) -> None:
    why = state.explained()
    state.set_query([{**part, **new} if i == place else part for i, part in enumerate(parts)])
    if why:
        state.explain(why)


def _remove(parts: Sequence[queries.PartData], place: int) -> None:
    state.set_query([part for i, part in enumerate(parts) if i != place])


def _reword(parts: Sequence[queries.PartData], place: int, key: str) -> None:
    words = (state.widget(key) or "").strip()
    if words:
        _change(parts, place, {"value": words})
