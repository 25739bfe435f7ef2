"""The language of a session: chosen in the header, named by its link, or the browser's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import streamlit as st

from mmalign_core.wording import ask_language, best_language, in_language, languages, tr_word
from pages._session import state
from pages._session.visitors import in_session

KEY = "language"
"""Key of the switch."""


def begin() -> None:
    """Let all words of pages be in the language of the session that they are drawn for; jobs speak English."""
    ask_language(lambda: spoken() if in_session() else "en")


def spoken() -> str:
    """Return the language of this session."""
    return state.language() or best_language(st.context.locale or "") or "en"


def worded(key: str, options: Iterable[str]) -> Callable[[str], str]:
    """Return what writes the options of a widget, which are messages or words, in the language of the session.

    The widget with this key is bound to the address. Where a link of another language names an option, it is written
    in the words of this session.
    """
    asked = state.address().get(key, "")
    every = {option: tr_word(option) for option in options}
    if asked and asked not in every.values():
        found = next((option for option in every if asked in _in_all_languages(option)), None)
        if found is not None:
            state.put_parameter(key, every[found])
    return tr_word


def _in_all_languages(option: str) -> Iterator[str]:
    for code in languages():
        with in_language(code):
            yield tr_word(option)


def switch() -> None:
    """Draw the switch, if there are several languages. What is chosen stays in the link."""
    names = languages()
    if len(names) > 1:
        st.segmented_control(
            "Language · 语言",
            list(names),
            format_func=names.__getitem__,
            default=spoken(),
            required=True,
            key=f"{KEY}.{spoken()}",
            label_visibility="collapsed",
            width="content",
            on_change=_choose,
        )


def _choose() -> None:
    state.speak(str(state.widget(f"{KEY}.{spoken()}", "en")))
