"""Overview: what the tool is for, three starts, what stands out in the open run, and the saved runs."""

import streamlit as st

from mmalign_core.wording import tr
from pages._components import header, waiting
from pages._panels.overview import findings, run_exchange, saved_runs, starts
from pages._session import state

state.through_app("pages/overview.py")
header.show(tr("Overview"), tr("What stands out, and what can be done about it?"))
starts.show()
st.subheader(
    tr("The demo in two minutes") if findings.with_tour() else tr("What stands out in the open run"), anchor=False
)
found, kept = st.container(), st.container()
with kept:
    saved_runs.show()
    with st.expander(tr("Open or verify a bundle"), icon=":material/unarchive:"):
        run_exchange.show_imports()
with found:
    waiting.need("collection")
    run, run_key = waiting.need("run"), state.view_spec().run_key
    findings.show(run, run_key)
    with st.expander(tr("Share this run"), icon=":material/ios_share:"):
        run_exchange.show_exports(run, run_key)
