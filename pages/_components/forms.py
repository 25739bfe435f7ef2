"""Forms made from declared parameters: a new encoder, aligner or matcher needs no code here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages._components import errors

Row = Mapping[str, Any]


def choose(
    label: str,
    rows: Sequence[Row],
    current: str,
    *,
    key: str,
    help: str | None = None,
    shown: Callable[[str], str] = str,
) -> Row:
    """Draw a menu of catalogue rows and return the chosen row. If no row is called `current`, the first is chosen.

    `shown` makes the option's text from its name.
    """
    names = [row["name"] for row in rows]
    index = names.index(current) if current in names else 0
    name = st.selectbox(label, names, index=index, key=key, help=help, format_func=shown, persist_state="session")
    return rows[names.index(name)] if name in names else rows[index]


def params_form(params: Sequence[Row], values: Mapping[str, Any], *, key: str) -> dict[str, Any]:
    """Draw one widget for each declared parameter; return the values that differ from the defaults."""
    chosen = {p["name"]: _widget(p, values.get(p["name"], p["default"]), f"{key}.{p['name']}") for p in params}
    return {p["name"]: chosen[p["name"]] for p in params if chosen[p["name"]] != p["default"]}


def _widget(row: Row, value: Any, key: str) -> Any:
    label = row["name"].replace("_", " ")
    shared = {"key": key, "help": errors.plain(row["help"]) or None, "persist_state": "session"}
    if row["choices"]:
        choices = list(row["choices"])
        return st.selectbox(label, choices, index=choices.index(value) if value in choices else 0, **shared)
    kind = type(row["default"])
    if kind is bool:
        return st.toggle(label, value=bool(value), **shared)
    if kind in (int, float):
        return _number(row, label, kind, value, shared)
    return st.text_input(label, value=str(value), **shared)


def _number(row: Row, label: str, kind: type, value: Any, shared: Mapping[str, Any]) -> Any:
    low, high = (None if bound is None else kind(bound) for bound in (row["low"], row["high"]))
    value = _inside(kind(value) if isinstance(value, int | float) else row["default"], low, high)
    if low is not None and high is not None and high - low <= (50 if kind is int else 2):
        return st.slider(label, low, high, value, **shared)
    step = 1 if kind is int else None
    style = None if kind is int else "%.4g"
    return st.number_input(label, low, high, value, step=step, format=style, **shared)


def _inside(value: Any, low: Any, high: Any) -> Any:
    value = value if low is None else max(low, value)
    return value if high is None else min(high, value)
