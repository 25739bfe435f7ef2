"""What stands above every page: who signed in, what others may see, and that a full server takes nobody more."""

from __future__ import annotations

import streamlit as st

from mmalign_core.wording import say, tr
from pages._components import errors
from pages._session import cache, sessions
from pages._session.visitors import can_sign_in, name_of, signed_in, visitor

_OPEN = say(
    "Nobody signs in here: everyone who can open this page sees the runs that are saved and the "
    "marks that are made. Uploads stay with the browser that sent them, until its pages are closed."
)


def show() -> None:
    """Draw the sign-in, and stop the page where the server is full, or a person must sign in first."""
    sessions.attend()
    most = cache.server_settings().max_sessions
    if sessions.is_full(most):
        sessions.depart()
        errors.empty(
            tr("This dashboard is full"),
            tr(
                "{most:,} pages are open, the most that it takes. Load this page again when somebody has left.",
                most=most,
            ),
            "group_off",
        )
        st.stop()
    if can_sign_in():
        _sign_in()
    elif visitor().network:
        st.caption(f":material/public: {tr(_OPEN)}")


def _sign_in() -> None:
    """Draw the name with a way out, or the button that leads to the identity provider; nothing is shown before."""
    person = signed_in()
    if person:
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="person"):
            st.text(name_of(person)[:80], width="content")
            st.button(tr("Sign out"), type="tertiary", icon=":material/logout:", key="sign.out", on_click=st.logout)
        return
    with st.container(horizontal_alignment="center", key="sign.in.form"):
        st.title("MMAlign", anchor=False)
        st.markdown(tr("Sign in to see the data, runs and marks that are yours."))
        st.button(tr("Sign in"), type="primary", icon=":material/login:", key="sign.in", on_click=st.login)
    st.stop()
