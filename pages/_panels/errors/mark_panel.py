"""Marks of the queries: made by a button or a key with a note, shown, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import Mark, MarkKind, Run, add_mark, undo_mark
from pages._components import errors
from pages._components.media import previews
from pages._panels.errors.filters import kind_words
from pages._panels.errors.queries import Query
from pages._session import cache, state
from pages._session.visitors import author

KEYS: Mapping[str, MarkKind] = {str(number): kind for number, kind in enumerate(MarkKind, 1)}
"""Key -> kind of the mark that it sets."""
_HELP = {
    MarkKind.RIGHT: say("The pair is right: a repair never drops it."),
    MarkKind.WRONG_PAIR: say(
        "The two media do not belong together: a repair drops the pair, or re-pairs it if you name the right one."
    ),
    MarkKind.ALSO_RIGHT: say("The chosen answer is right too: a repair counts it as a second right answer."),
    MarkKind.BAD_FILE: say("The picture, sound or video is of no use: a repair drops it."),
    MarkKind.AMBIGUOUS: say("Nobody can tell: it is kept in mind, and a repair leaves it alone."),
}
_SAID = "errors.said"
"""Text and icon of the next toast."""
_MADE = "errors.made"
"""Ids of the marks that this session made, the latest last."""


def by_item(marks: Sequence[Mark], pair: Sequence[str]) -> dict[str, list[Mark]]:
    """Item -> its marks that concern this pair of modalities, oldest first."""
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        if mark.modality in ("", *pair) and not mark.outdated:
            found.setdefault(mark.item, []).append(mark)
    return found


def show(run: Run, query: Query, own: Sequence[Mark]) -> None:
    """Draw a button for each kind of mark, the note that goes with it, and the marks of this item."""
    note = f"errors.note.{query.key}"
    with st.container(horizontal=True, gap="xsmall", key="errors.marks"):
        for key, kind in KEYS.items():
            st.button(
                tr_word(kind_words(kind)).capitalize(),
                key=f"errors.mark.{kind.value}",
                shortcut=key,
                help=tr(_HELP[kind]),
                type="primary" if kind in {mark.kind for mark in own} else "secondary",
                on_click=add,
                args=(run, query, kind, note),
            )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input(tr("Note that goes with the mark"), key=note, max_chars=500, placeholder=tr("Why? Optional"))
        if own:
            st.button(tr("Add the note"), key="errors.note.save", icon=":material/edit_note:",
                      help=tr("It goes with the latest mark of this item."), on_click=_add_note,
                      args=(run, query, own[-1], note))  # fmt: skip
    for mark in own:
        _show_mark(run, mark)


def show_undo(run: Run) -> None:
    """Draw a button that takes the latest mark of this session back; nothing if there is none."""
    made = {mark.id: mark for mark in cache.marks(run.collection)}
    latest = next((made[id_] for id_ in reversed(state.widget(_MADE, [])) if id_ in made), None)
    if latest is not None:
        name = previews.title(run.collection, latest.item, 24)
        st.button(
            tr("Undo: {kind}, {name}", kind=tr_word(kind_words(latest.kind)), name=errors.plain(name)),
            icon=":material/undo:",
            shortcut="U",
            key="errors.undo",
            on_click=undo,
            args=(run,),
        )


def add(run: Run, query: Query, kind: MarkKind, note_key: str = "") -> None:
    """Mark the query's pair, and keep it in focus; only inside a callback."""
    state.open_query(query.key, query.item)
    note = str(state.widget(note_key, "") or "") if note_key else ""
    keep(run, query, kind, _other(query, kind), _modality(query, kind), note)
    if note_key:
        state.set_widget(note_key, "")


def undo(run: Run) -> None:
    """Take the latest mark of this session back; only inside a callback."""
    made = list(state.widget(_MADE, []))
    current = {mark.id for mark in cache.marks(run.collection)}
    while made:
        if (latest := made.pop()) in current:
            _take_back(run, latest)
            break
    state.set_widget(_MADE, made)


def _show_mark(run: Run, mark: Mark) -> None:
    other = tr(" with {title}", title=previews.title(run.collection, mark.other, 40)) if mark.other else ""
    said = f"**{tr_word(kind_words(mark.kind))}**{errors.plain(other)}"
    note = f" “{errors.plain(mark.note)}”" if mark.note else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            tr(
                ":material/flag: {said}{note} :small[:gray[{who}, {when} UTC]]",
                said=said,
                note=note,
                who=errors.plain(mark.who),
                when=mark.when[:16],
            ),
            width="stretch",
        )
        st.button(tr("Take back"), key=f"errors.back.{mark.id}", type="tertiary", icon=":material/close:",
                  on_click=_take_back, args=(run, mark.id))  # fmt: skip


def _add_note(run: Run, query: Query, mark: Mark, note_key: str) -> None:
    note = str(state.widget(note_key, "") or "").strip()
    if not note:
        _say(tr("Write the note first."), icon=":material/edit_note:")
        return
    keep(run, query, mark.kind, mark.other, mark.modality, note)
    state.set_widget(note_key, "")


def keep(run: Run, query: Query, kind: MarkKind, other: str, modality: str, note: str) -> None:
    """Keep a mark of the query's item, and say so; only inside a callback."""
    try:
        made = add_mark(
            run.collection, cache.store(), kind, query.item, other=other, modality=modality, note=note, who=author()
        )
    except (BadInput, OSError) as error:
        _say(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    state.set_widget(_MADE, [*state.widget(_MADE, []), made.id])
    name = previews.title(run.collection, query.item, 40)
    _say(
        tr("Marked: {kind}, {name}. Press U to undo.", kind=tr_word(kind_words(kind)), name=errors.plain(name)),
        icon=":material/flag:",
    )


def show_said() -> None:
    """Draw what the latest callback said. A callback of a fragment cannot draw it itself."""
    said = state.widget(_SAID)
    if said:
        state.set_widget(_SAID, None)
        st.toast(said[0], icon=said[1])


def _say(text: str, *, icon: str) -> None:
    state.set_widget(_SAID, (text, icon))


def _take_back(run: Run, mark_id: str) -> None:
    try:
        gone = undo_mark(run.collection, cache.store(), mark_id, who=author())
    except (BadInput, OSError) as error:
        _say(errors.plain(errors.sentence(str(error))), icon=":material/error:")
        return
    name = previews.title(run.collection, gone.item, 40)
    _say(
        tr("Taken back: {kind}, {name}.", kind=tr_word(kind_words(gone.kind)), name=errors.plain(name)),
        icon=":material/undo:",
    )


def _other(query: Query, kind: MarkKind) -> str:
    """The item of the chosen answer, where the mark speaks of it."""
    return query.chosen if kind is MarkKind.ALSO_RIGHT else ""


def _modality(query: Query, kind: MarkKind) -> str:
    """Also right: the answers' side. Bad file: the side that is no text. Verdicts are on the pair."""
    source, target = query.direction
    if kind is MarkKind.ALSO_RIGHT:
        return target
    if kind is MarkKind.BAD_FILE:
        return next((side for side in (source, target) if side != "text"), target)
    return ""
