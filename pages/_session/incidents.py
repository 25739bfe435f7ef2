"""Incidents: what a page could not do by a mistake of ours goes to the log with its stack; the page shows the id."""

from __future__ import annotations

import streamlit as st

from mmalign_core.wording import say
from mmalign_core.workflow import note_incident
from pages._session import cache


def show(error: Exception) -> bool:
    """Keep the error of a page or fragment in the store's log, and draw its id there. True: Streamlit shows no more."""
    noted = note_incident(cache.server_settings().root, error, "dashboard")
    st.error(
        say(
            "This part of the page could not be drawn: a mistake of this program. What you saved is kept. "
            "Load the page again; if it comes back, report it with the details of id **{id}** in the "
            "server's log.",
            id=noted.id,
        ),
        icon=":material/bug_report:",
    )
    return True
