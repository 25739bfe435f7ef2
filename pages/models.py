"""Models: what is on this machine, what is worth getting, and getting it; a hub is asked only when told to.

Below the models is what the store keeps and how much room it takes.
"""

import streamlit as st

from pages._shared import header, state
from pages._shared.models import model_fetch, model_shelf, model_suggestions, storage

state.through_app("pages/models.py")
header.show("Models", "Which models are here, and which could be?")
here, others = st.columns(2, gap="large")
with here:
    model_shelf.show()
    storage.show()
with others:
    model_fetch.show()
    model_suggestions.show()
