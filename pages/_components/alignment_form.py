"""Shared parts of the forms of Align and Leaderboard: pair, aligners with their cards, split and seed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.types import BadInput, Collection
from mmalign_core.wording import say, tr, tr_list, tr_word
from pages._components import errors
from pages._session import cache
from pages._session.view_spec import complete

ALL, SHARE, FOLDS, COLUMN, TIME = (
    say("All items"),
    say("Held-out share"),
    say("Folds"),
    say("Folds of a column"),
    say("By time"),
)
USUAL = {"similarity": "cosine", "correction": "none", "matcher": "argmax"}
"""The defaults of `workflow.Choices`."""
HOLD_OUT = 0.2
"""The share held out by default: a fifth, the share of one fold in five."""
_FOLDS, _MOST_FOLDS = 5, 10
"""Five folds by default, up to ten: the usual numbers of k-fold cross-validation."""
_LARGEST_SEED = 2**31
"""Largest seed: numpy's generators and scikit-learn take 32-bit seeds."""
_SEED_HELP = say("Splits, folds and everything random in a fit follow from it: the same seed gives the same numbers.")
_SPLIT_HELP = say(
    "The fit never sees held-out items, and the candidates are held-out items too. Shares and folds "
    "keep identical content on one side. Folds and times of a column are taken as your data gives "
    "them."
)


def pair_menu(
    collection: Collection, now: dict[str, Any], *, key: str, unpaired: tuple[tuple[str, str], ...] = ()
) -> tuple[str, str]:
    """Draw the menu of modality pairs and return the chosen pair.

    Pairs in `unpaired` (no item has both) come last. Raises BadInput if `now` holds a pair that the collection lacks.
    """
    pairs = (*cache.modality_pairs(collection), *unpaired)
    current = tuple(now["pair"])
    if current not in pairs and current[::-1] not in pairs:
        raise BadInput(
            say(
                "this collection has no pairs of {first} and {second}; choose another pair",
                first=current[0],
                second=current[1],
            )
        )
    index = pairs.index(current) if current in pairs else pairs.index(current[::-1])
    chosen = st.selectbox(
        tr("Pair"),
        pairs,
        index=index,
        key=key,
        persist_state="session",
        format_func=lambda p: f"{tr_word(p[0])} ↔ {tr_word(p[1])}" + tr(" · no item has both") * (p in unpaired),
    )
    return tuple(chosen)


def aligner_rows(pair: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the catalogue rows of the aligners that take both modalities, family by family."""
    rows = {row["name"]: row for row in cache.rows_of("aligners")}
    return [rows[name] for name in cache.cards() if name in rows and set(pair) <= set(rows[name]["modalities"])]


def aligner_title(name: str) -> str:
    """Return the aligner's name in menus: 'embedding · cca'."""
    card = cache.cards().get(name)
    return f"{card.family} · {name}" if card else name


def show_aligner_card(name: str) -> None:
    """Draw the aligner's idea, formula, needs, cost, use and reference."""
    card = cache.cards()[name]
    st.markdown(errors.plain(card.idea))
    for line in formula_lines(card.formula):
        st.markdown(rf"$\displaystyle {line}$")
    lines = {
        tr("Needs"): tr_list(card.needs, "; "),
        tr("Cost"): card.cost,
        tr("When"): card.use,
        tr("Reference"): card.reference,
    }
    st.markdown("  \n".join(f":gray[{name}] {errors.plain(words)}" for name, words in lines.items()))


def formula_lines(formula: str) -> list[str]:
    """Return the formula cut at its wide spaces that lie outside braces and environments.

    A browser breaks a line that is still too wide after a relation or a sign.
    """
    lines, depth, start = [], 0, 0
    for token in re.finditer(r"\\begin|\\end|\\left(?![a-z])|\\right(?![a-z])|\\q?quad|\\.|[{}]", formula):
        word = token.group()
        depth += (word in ("{", r"\begin", r"\left")) - (word in ("}", r"\end", r"\right"))
        if word in (r"\quad", r"\qquad") and not depth:
            lines.append(formula[start : token.start()])
            start = token.end()
    return [line.strip() for line in (*lines, formula[start:]) if line.strip()]


def seed_box(now: dict[str, Any], *, key: str) -> int:
    """Draw the box for the seed of the split and of every fit, and return the seed."""
    current = min(max(int(now.get("seed", 0)), 0), _LARGEST_SEED)
    return st.number_input(tr("Seed"), 0, _LARGEST_SEED, current, key=key, persist_state="session", help=tr(_SEED_HELP))


def without_defaults(chosen: dict[str, Any], collection: Collection) -> dict[str, Any]:
    """Return the choices that differ from the defaults for this collection."""
    fixed = {name: chosen[name] for name in ("pair", "encoders") if name in chosen}
    defaults = {
        **USUAL,
        **complete(fixed, collection),
        "pair": list(cache.modality_pairs(collection)[0]),
        "encoders": {},
    }
    return {name: value for name, value in chosen.items() if value and value != defaults.get(name)}


def split_menu(collection: Collection, now: Mapping[str, Any], *, key: str, whole: bool = True) -> dict[str, Any]:
    """Draw the menu of splits and return the chosen split as fields of `workflow.Choices`.

    With `whole`, "All items" is a choice too.
    """
    columns = dict(zip((COLUMN, TIME), cache.split_columns(collection)))
    ways = [*([ALL] if whole else []), SHARE, FOLDS, *(way for way, found in columns.items() if found)]
    current = _current_split(now)
    way = st.selectbox(
        tr("Measure on"),
        ways,
        index=ways.index(current) if current in ways else 0,
        format_func=tr,
        key=f"{key}.split",
        persist_state="session",
        help=tr(_SPLIT_HELP),
    )
    chosen: dict[str, Any] = {}
    if way == COLUMN:
        chosen["fold_column"] = _column_menu(
            tr("Column of folds"), columns[COLUMN], now.get("fold_column"), f"{key}.fold_column"
        )
    elif way == FOLDS:
        folds = int(now.get("folds") or _FOLDS)
        chosen["folds"] = st.slider(
            tr("Folds"), 2, max(_MOST_FOLDS, folds), folds, key=f"{key}.folds", persist_state="session"
        )
    elif way in (SHARE, TIME):
        chosen["test"] = _share_slider(now, f"{key}.test")
        if way == TIME:
            chosen["time_column"] = _column_menu(
                tr("Column of times"), columns[TIME], now.get("time_column"), f"{key}.time"
            )
    return chosen


def _current_split(now: Mapping[str, Any]) -> str:
    if now.get("fold_column"):
        return COLUMN
    if now.get("folds"):
        return FOLDS
    return (TIME if now.get("time_column") else SHARE) if now.get("test") else ALL


def _column_menu(label: str, names: list[str], current: str | None, key: str) -> str:
    index = names.index(current) if current in names else 0
    return st.selectbox(label, names, index=index, key=key, persist_state="session")


def _share_slider(now: Mapping[str, Any], key: str) -> float:
    share = min(max(float(now.get("test") or HOLD_OUT), 0.05), 0.5)
    return st.slider(tr("Held-out share"), 0.05, 0.5, share, 0.05, key=key, persist_state="session")
