"""Keep a run under a name, for the command line and for later."""

from __future__ import annotations

import streamlit as st

from mmalign_core.store.runs import check_run_id
from mmalign_core.workflow import Run, save_run
from pages._shared import cache, errors


def keep(run: Run) -> None:
    """A name and a button; the kept run holds the collection's table, the space, the aligner and the metrics."""
    with st.form("keep", border=False):
        name = st.text_input("Name", placeholder=run.id, max_chars=100, help="Letters, digits, '-', '_' and '.'")
        if st.form_submit_button("Keep this run", icon=":material/bookmark_add:"):
            with errors.shown():
                kept = check_run_id(name.strip() or run.id)
                save_run(run, kept, store=cache.store())
                st.success(f"Kept. From a terminal: `python -m mmalign_core recommend {kept} --query-text rain`")
