"""What a person reads before choosing an aligner, and its name in menus."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._shared import cache, errors


def offered(pair: tuple[str, str]) -> list[dict[str, Any]]:
    """Catalogue rows of the aligners that take both modalities, family by family."""
    rows = {row["name"]: row for row in cache.rows_of("aligners")}
    return [rows[name] for name in cache.cards() if name in rows and set(pair) <= set(rows[name]["modalities"])]


def title(name: str) -> str:
    """'embedding · cca'."""
    card = cache.cards().get(name)
    return f"{card.family} · {name}" if card else name


def show(name: str) -> None:
    """Idea, formula, needs, cost, when to use it, reference."""
    card = cache.cards()[name]
    st.markdown(errors.plain(card.idea))
    st.latex(card.formula)
    lines = {"Needs": "; ".join(card.needs), "Cost": card.cost, "When": card.use, "Reference": card.reference}
    st.markdown("  \n".join(f":gray[{name}] {errors.plain(words)}" for name, words in lines.items()))
