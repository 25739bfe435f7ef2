"""Models: what is on this machine, what is worth getting, and getting it; a hub is asked only on request.

Below the models is what the store keeps and how much room it takes.
"""

import streamlit as st

from pages._components import header
from pages._panels.models import fetch, installed, storage, suggestions
from pages._session import state

state.through_app("pages/models.py")
header.show("Models", "Which models are here, and which could be?")
here, others = st.columns(2, gap="large")
with here:
    installed.show()
    storage.show()
with others:
    fetch.show()
    suggestions.show()
