"""How the dashboard says that something cannot be done: one line that names it and the cure, never a traceback."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mmalign_core.types import BadInput


def plain(text: str) -> str:
    """Text of users safe inside Streamlit's Markdown."""
    marked = "".join(f"\\{c}" if c in "\\`*_{}[]()#+!|~:$" else c for c in str(text))
    return html.escape(marked, quote=False)


def show(reason: str) -> None:
    """One clear line."""
    st.error(plain(sentence(reason)), icon=":material/error:")


def sentence(reason: str) -> str:
    """A reason as a sentence of its own: on one line, with a capital and a full stop."""
    line = " ".join(reason.split())
    return line[:1].upper() + line[1:] + ("" if line.endswith((".", "!", "?")) else ".")


@contextmanager
def shown() -> Iterator[None]:
    """Bad input inside the block becomes a line on the page, and the page goes on after the block."""
    try:
        yield
    except BadInput as error:
        show(str(error))


def empty(title: str, hint: str, icon: str) -> None:
    """What stands in the place of something that is not there, and how to get it."""
    with st.container(horizontal_alignment="center", gap="xsmall"):
        st.space("medium")
        st.markdown(f":gray[:material/{icon}:]", text_alignment="center")
        st.markdown(f"**{plain(title)}**", text_alignment="center")
        st.caption(plain(hint), text_alignment="center")
        st.space("medium")
