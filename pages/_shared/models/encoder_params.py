"""A form for the parameters of an encoder that declares any; what is chosen becomes part of its reference."""

from __future__ import annotations

from typing import Any

import streamlit as st

from mmalign_core.types import BadInput
from mmalign_core.workflow.menus.references import params_of, parts_of, with_params
from pages._shared import cache, forms, state


def show(reference: str, current: str, *, key: str) -> str:
    """The reference with what the form says, which starts at what `current` holds; itself where nothing is declared."""
    name = parts_of(reference).name
    declared = next((row["params"] for row in cache.rows_of("encoders") if row["name"] == name), [])
    if not declared:
        return reference
    with st.popover("Its parameters", icon=":material/tune:", key=f"{key}.params"):
        chosen = forms.params_form(declared, _held(current, name), key=f"{key}.{name}")
    return with_params(reference, chosen)


def settle(reference: str, *, key: str) -> None:
    """Inside a callback: its form starts again at what the session's choices hold."""
    state.forget_widgets(f"{key}.{parts_of(reference).name}.")


def words(given: str) -> str:
    """'[most=8,per_second=2]' to read: ' (most 8, per second 2)'; '' for no parameters."""
    return f" ({given[1:-1].replace('_', ' ').replace('=', ' ').replace(',', ', ')})" if given else ""


def _held(current: str, name: str) -> dict[str, Any]:
    """Of the session's choice; none where a link holds what cannot be, which the work itself tells."""
    try:
        return params_of(current) if parts_of(current).name == name else {}
    except BadInput:
        return {}
