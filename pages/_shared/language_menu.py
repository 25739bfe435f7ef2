"""The choice of a language model, off unless somebody turns it on."""

from __future__ import annotations

import streamlit as st

from mmalign_core.language import LANGUAGE_MODELS
from pages._shared import errors

OFF = "off"


def show() -> str:
    """The language model that words reasons, off unless chosen."""
    names = [OFF, *LANGUAGE_MODELS.names()]
    name = st.selectbox(
        "Language model", names, key="language", bind="query-params",
        help="Words the reasons. A sentence that says more than the explanation holds is rejected.",
    )  # fmt: skip
    if name != OFF:
        st.caption(errors.plain(errors.sentence(LANGUAGE_MODELS.get(name).summary)))
    return name
