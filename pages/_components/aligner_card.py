"""What a person reads before choosing an aligner, and its name in menus."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from pages._components import errors
from pages._session import cache


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
    for line in formula_lines(card.formula):
        st.markdown(rf"$\displaystyle {line}$")
    lines = {"Needs": "; ".join(card.needs), "Cost": card.cost, "When": card.use, "Reference": card.reference}
    st.markdown("  \n".join(f":gray[{name}] {errors.plain(words)}" for name, words in lines.items()))


def formula_lines(formula: str) -> list[str]:
    """The formula cut where it has wide spaces outside any brace or environment; a browser breaks what is still too
    wide for its column after relations and signs."""
    lines, depth, start = [], 0, 0
    for token in re.finditer(r"\\begin|\\end|\\left(?![a-z])|\\right(?![a-z])|\\q?quad|\\.|[{}]", formula):
        word = token.group()
        depth += (word in ("{", r"\begin", r"\left")) - (word in ("}", r"\end", r"\right"))
        if word in (r"\quad", r"\qquad") and not depth:
            lines.append(formula[start : token.start()])
            start = token.end()
    return [line.strip() for line in (*lines, formula[start:]) if line.strip()]
