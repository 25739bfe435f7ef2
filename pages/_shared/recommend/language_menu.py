"""The choice of a language model, off unless somebody turns it on."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mmalign_core.language import LANGUAGE_MODELS
from mmalign_core.recommend.controls import MEASURED
from pages._shared import errors

OFF = "off"


@dataclass(frozen=True)
class Language:
    """`name`: the language model that words reasons, OFF for none; `orders`: whether it re-ranks, too."""

    name: str
    orders: bool


def show() -> Language:
    """The menu, and whether the model may move items."""
    names = [OFF, *LANGUAGE_MODELS.names()]
    name = st.selectbox(
        "Language model", names, key="language", bind="query-params",
        help="Words the reasons. A sentence that says more than the explanation holds is rejected.",
    )  # fmt: skip
    if name == OFF:
        return Language(OFF, False)
    st.caption(errors.plain(errors.sentence(LANGUAGE_MODELS.get(name).summary)))
    orders = st.toggle("It also re-ranks the 50 best", key="orders", bind="query-params")
    if orders:
        st.caption(f":material/science: {errors.plain(MEASURED)}")
    return Language(name, orders)
