"""Models: installed and suggested models, and downloads. Only a click contacts a hub.

Below the models is the content of the store with its size.
"""

import streamlit as st

from mmalign_core.wording import tr
from pages._components import header
from pages._panels.models import fetch, listing, servers, storage
from pages._session import state

state.through_app("pages/models.py")
header.show(tr("Models"), tr("Which models are here, and which can I get?"))
here, others = st.columns(2, gap="large")
with here:
    listing.show_installed()
    servers.show()
    storage.show()
with others:
    fetch.show()
    listing.show_suggestions()
