"""The form of a query: words, pictures, sounds, videos, items and users, to search for, to add, or to exclude."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import say, tr
from mmalign_core.workflow import Run, queryable
from pages._components import errors
from pages._components.media import gallery, previews
from pages._panels.data import items
from pages._panels.recommend import queries
from pages._panels.space import points
from pages._session import cache, state
from pages._session.links import LONGEST_TEXT
from pages._session.received_files import content_of
from pages._session.uploads import receive_query

UPLOAD, CAMERA, MICROPHONE = say("Upload"), say("Camera"), say("Microphone")
MODES = {"new": say("Ask for"), "like": say("And like"), "unlike": say("But not")}
_HELP = say("**Ask for** starts a new query, **And like** adds to it, **But not** excludes what is like it.")
_ENDINGS = {
    "image": ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif"],
    "audio": ["wav", "flac", "ogg", "mp3", "m4a", "aac", "opus"],
    "video": ["mp4", "webm", "mkv", "mov", "gif", "avi"],
}
_OFFERED, _MOST_USERS = 12, 2000
"""Items in the search (three rows of four), and users in a menu: a longer menu is slow, so a name is typed then."""


_WIDE_ENOUGH = (
    "<style>.st-key-ask > div:has(> .stTextInput), .st-key-ask .stTextInput {min-width: min(100%, 19rem)}</style>"
)
"""The field for words takes a line of its own where the line holds less than its hint."""


def current(run: Run) -> list[dict[str, Any]]:
    """Return the parts of the query. Before a query was made, it is the item selected on the other pages."""
    parts = state.query_parts()
    return [queries.part("item", points.current_item(run))] if parts is None else parts


def show(run: Run) -> None:
    """Draw one row: the role of a new part, the field for words, and a button for each other kind."""
    kinds = queryable(run)
    st.html(_WIDE_ENOUGH)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ask"):
        st.segmented_control(
            tr("How it counts"), list(MODES), format_func=lambda mode: tr(MODES[mode]), default="new", required=True,
            key="ask.mode", label_visibility="collapsed", help=tr(_HELP),
        )  # fmt: skip
        if "text" in kinds:
            st.text_input(
                tr("Words"), key="ask.text", on_change=_typed, args=(run,), max_chars=LONGEST_TEXT,
                placeholder=tr("Describe it in any language, then press Enter"), label_visibility="collapsed",
                icon=":material/search:",
            )  # fmt: skip
        if "image" in kinds:
            _kind_button(tr("Picture"), "image", run, _picture)
        if "audio" in kinds:
            _kind_button(tr("Sound"), "audio", run, _sound)
        if "video" in kinds:
            _kind_button(tr("Video"), "video", run, _video)
        _kind_button(tr("Item"), "item", run, _item)
        if run.collection.interactions is not None and len(run.collection.interactions):
            _kind_button(tr("User"), "user", run, _user)
    if problem := state.widget("ask.problem"):
        st.warning(problem, icon=":material/info:")
        state.set_widget("ask.problem", None)


def add(run: Run, kind: str, value: str) -> None:
    """Add the part to the query by the mode: search for, add, or exclude."""
    mode = state.widget("ask.mode", "new")
    before = [] if mode == "new" else current(run)
    try:
        state.set_query(queries.with_part(before, queries.part(kind, value, -1.0 if mode == "unlike" else 1.0)))
    except BadInput as error:
        state.set_widget("ask.problem", str(error))


def _kind_button(label: str, kind: str, run: Run, body: Any) -> None:
    """Draw a button that opens the widgets of this kind. They are made only while it is open."""
    opened = st.popover(label, icon=f":material/{queries.ICONS[kind]}:", key=f"ask.{kind}", on_change="rerun")
    if opened.open:
        with opened:
            body(run)


def _typed(run: Run) -> None:
    words = (state.widget("ask.text") or "").strip()
    if words:
        add(run, "text", words)
        state.set_widget("ask.text", "")


def _picture(run: Run) -> None:
    way = st.segmented_control(
        tr("From"),
        [UPLOAD, CAMERA],
        default=UPLOAD,
        required=True,
        format_func=tr,
        key="ask.image.way",
        label_visibility="collapsed",
    )
    with st.container(width=340):
        if way == CAMERA:
            st.camera_input(
                tr("Take a picture"), key="ask.camera", on_change=_uploaded, args=(run, "image", "ask.camera")
            )
        else:
            _uploader(run, "image", tr("A picture file"))


def _sound(run: Run) -> None:
    way = st.segmented_control(
        tr("From"), [UPLOAD, MICROPHONE], default=UPLOAD, required=True, format_func=tr, key="ask.audio.way",
        label_visibility="collapsed",
    )  # fmt: skip
    with st.container(width=340):
        if way == MICROPHONE:
            st.audio_input(
                tr("Record a sound"), key="ask.microphone", on_change=_uploaded, args=(run, "audio", "ask.microphone")
            )
        else:
            _uploader(run, "audio", tr("A sound file"))


def _video(run: Run) -> None:
    with st.container(width=340):
        _uploader(run, "video", tr("A video file"))


def _uploader(run: Run, kind: str, label: str) -> None:
    key = f"ask.file.{kind}"
    st.file_uploader(label, _ENDINGS[kind], key=key, on_change=_uploaded, args=(run, kind, key))


def _uploaded(run: Run, kind: str, key: str) -> None:
    file = state.widget(key)
    if file is None:
        return
    try:
        add(run, kind, receive_query(file.name, content_of(file), cache.server_settings()))
    except BadInput as error:
        st.toast(errors.plain(errors.sentence(str(error))), icon=":material/error:")


def _item(run: Run) -> None:
    words = st.text_input(
        tr("Find"), key="ask.find", placeholder=tr("Find by words or id"), icon=":material/search:", width=420,
        label_visibility="collapsed",
    )  # fmt: skip
    placed = set(points.placed_items(run))
    found = [item for item in items.matching(run.collection, words or "", ()) if item in placed]
    words = (
        tr("{n:,} items; click one to add it to the query.", n=len(found))
        if found
        else tr("Nothing matches; try other words.")
    )
    st.caption(words)
    titles = previews.menu_titles(run.collection)
    shown = {item: titles[item] for item in found[:_OFFERED]}
    cards = [gallery.card(run.collection, item, modalities=[], title=title) for item, title in shown.items()]
    with st.container(width=420):
        gallery.show(cards, key="ask.items", width=92, most=4, on_pick=lambda item: add(run, "item", item))


def _user(run: Run) -> None:
    simulated = state.view_spec().source["kind"] == "demo"
    label = tr("User (simulated)") if simulated else tr("User")
    users = cache.users(run.collection)
    with st.container(width=340):
        if len(users) > _MOST_USERS:
            st.text_input(
                label,
                key="ask.who",
                placeholder=tr("One of {n:,}, such as {users}", n=len(users), users=users[0]),
                on_change=_user_chosen,
                args=(run,),
            )
        else:
            st.selectbox(label, users, index=None, key="ask.who", placeholder=tr("One of {n:,}", n=len(users)),
                         on_change=_user_chosen, args=(run,))  # fmt: skip
        if simulated:
            st.caption(tr(":material/science: Simulated users, made with the demo; nobody's real behaviour."))


def _user_chosen(run: Run) -> None:
    user = (state.widget("ask.who") or "").strip()
    if user:
        add(run, "user", user)
