"""Messages of the dashboard: one line that names what is wrong and the cure, never a traceback."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import tr, tr_any

_LINKED = re.compile(r"(?:https?|ftp)(?=://)|www(?=\.)|@(?=[-\w]+\.[-\w])", re.IGNORECASE)
"""Where Markdown makes a link of plain words, whatever is escaped: addresses of pages and of people."""
_JOINER = "\u2060"
"""Word joiner: takes no room, breaks no line, and keeps an address from becoming a link."""


def plain(text: str) -> str:
    """Return the text escaped, so that Streamlit's Markdown shows it as it is, and links nothing."""
    text = _LINKED.sub(rf"\g<0>{_JOINER}", str(tr_any(text)))
    marked = "".join(f"\\{c}" if c in "\\`*_{}[]()#+!|~:$" else c for c in str(text))
    return html.escape(marked, quote=False)


def show(reason: str) -> None:
    """Draw the reason as an error of one line."""
    st.error(plain(sentence(reason)), icon=":material/error:")


def sentence(reason: str) -> str:
    """Return the reason as one sentence: on one line, with a capital and a full stop."""
    line = " ".join(str(tr_any(reason)).split())
    return line[:1].upper() + line[1:] + ("" if line.endswith((".", "!", "?", "。", "！", "？")) else tr("."))


@contextmanager
def shown() -> Iterator[None]:
    """Draw a BadInput that is raised inside the block as an error line. The page goes on after the block."""
    try:
        yield
    except BadInput as error:
        show(str(error))


def empty(title: str, hint: str, icon: str) -> None:
    """Draw a placeholder: an icon, what is missing, and a hint how to get it."""
    with st.container(horizontal_alignment="center", gap="xsmall"):
        st.space("medium")
        st.markdown(f":gray[:material/{icon}:]", text_alignment="center")
        st.markdown(f"**{plain(title)}**", text_alignment="center")
        st.caption(plain(hint), text_alignment="center")
        st.space("medium")
