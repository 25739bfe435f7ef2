"""The embedding server that the environment names: what it may get, and the switch by which a person agrees."""

from __future__ import annotations

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.wording import tr
from mmalign_core.workflow import embedding_server
from pages._components import errors
from pages._session import cache, state
from pages._session.visitors import let_send, visitor

_KEY = "models.send"


def show() -> None:
    """Draw the server's address and the switch; nothing where no server is named."""
    try:
        server = embedding_server()
    except BadInput as error:
        st.markdown("##### " + tr("Embedding server"))
        errors.show(str(error))
        return
    if server is None:
        return
    st.markdown("##### " + tr("Embedding server") + f" :gray[· {errors.plain(server.host)}]")
    kinds = ", ".join(f"`{name}:MODEL`" for name in server.encoders)
    st.caption(tr("Choose it as {kinds}. What is held already is not sent again.", kinds=kinds))
    if visitor().network and not cache.settings().send:
        st.caption(tr("Nothing is sent from here: who runs this server would set `MMALIGN_SEND=yes`."))
        return
    st.toggle(
        tr("Send what is to be encoded to {host}", host=errors.plain(server.host)),
        value=cache.settings().send,
        key=_KEY,
        disabled=cache.settings().send and not visitor().sends,
        help=tr("Until this is on, a job says how much it would send, and stops."),
        on_change=lambda: let_send(bool(state.widget(_KEY))),
    )
