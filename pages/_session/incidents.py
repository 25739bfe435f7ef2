"""Incidents: what a page could not do by a mistake of ours goes to the log with its stack; the page shows the id."""

from __future__ import annotations

import logging
from functools import cache as once

import streamlit as st

from mmalign_core.wording import say
from mmalign_core.workflow import note_incident
from pages._session import cache

_STREAMLIT = "streamlit.error_util"
"""The logger that Streamlit tells of every error of a page or fragment, before it shows that there was one."""


class _Shown(logging.Handler):
    """Keeps the error in the store's log, and shows its id where the page is drawn."""

    def emit(self, record: logging.LogRecord) -> None:
        """Take one error of a page; messages without one are not ours."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return
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


@once
def begin() -> None:
    """Look at errors of pages from now on; once in a server."""
    logging.getLogger(_STREAMLIT).addHandler(_Shown(logging.ERROR))
