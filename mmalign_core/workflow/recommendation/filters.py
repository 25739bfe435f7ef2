"""Conditions on items' metadata and media that limit the recommended items."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmalign_core.data.names import shown
from mmalign_core.types import MODALITIES, BadInput, Collection, Strings
from mmalign_core.wording import say, say_list, say_word
from mmalign_core.workflow.recommendation.column_tests import holding

EXAMPLES = say("year>=1960, category=animal, category!=plant, title~dog or has:image")
_OPERATORS = (">=", "<=", "!=", "!~", "=", ">", "<", "~")
_CONDITION = re.compile(r"(.+?)\s*(>=|<=|!=|!~|=|>|<|~)\s*(.*)", re.DOTALL)
_HAS = re.compile(r"\s*(!?)\s*has\s*:\s*(\w+)\s*", re.IGNORECASE)
ID = "id"
TEXT = "text"


def allowed_items(collection: Collection, ids: Sequence[str], conditions: Sequence[str]) -> np.ndarray:
    """Return (n,) bool: which of these items meet every condition.

    A condition is COLUMN OPERATOR VALUE with = != < <= > >= ~ (contains) or !~ (does not contain), where COLUMN is a
    metadata column, `id` or `text` (any of the item's texts), or has:MODALITY (!has:MODALITY). Texts are compared
    without regard to case. A list meets = if it holds the value. An item without a value meets only != and !~. BadInput
    names a condition that cannot be read, and the existing columns.
    """
    found = np.ones(len(ids), bool)
    for condition in conditions:
        found &= _meets(collection, ids, condition)
    return found


def columns_of(collection: Collection) -> tuple[str, ...]:
    """Return every name that a condition may start with."""
    own = tuple(map(str, collection.items.columns))
    return (*own, *(name for name in (ID, TEXT) if name not in own))


def _meets(collection: Collection, ids: Sequence[str], condition: str) -> np.ndarray:
    if has := _HAS.fullmatch(condition):
        return _present(collection, Strings.of(ids), has[2].lower()) != bool(has[1])
    column, sign, value = _parsed(condition, columns_of(collection))
    found = holding(_values(collection, column), sign, value, column)
    if collection.ids == ids:
        return found
    places = collection.ids.places_of(ids)
    return np.where(places < 0, sign[0] == "!", found[places])


def _parsed(condition: str, columns: Sequence[str]) -> tuple[str, str, str]:
    """Return column, operator and value. The longest column name wins, since it may contain an operator."""
    for column in sorted(columns, key=len, reverse=True):
        rest = condition.strip()[len(column) :].lstrip() if condition.strip().startswith(column) else ""
        sign = next((s for s in _OPERATORS if rest.startswith(s)), None)
        if sign:
            return column, sign, _value(rest[len(sign) :], condition)
    found = _CONDITION.fullmatch(condition.strip())
    if not found:
        raise BadInput(
            say("'{shown}' is no condition; write one such as {examples}", shown=shown(condition), examples=EXAMPLES)
        )
    near = difflib.get_close_matches(found[1], columns, n=len(columns), cutoff=0.0)
    same = [c for c in columns if c.casefold() == found[1].casefold()]
    if len(same) == 1:
        return same[0], found[2], _value(found[3], condition)
    raise BadInput(
        say(
            "no column '{shown}' to filter by; there are: {near}",
            shown=shown(found[1]),
            near=say_list(map(shown, near)),
        )
    )


def _value(text: str, condition: str) -> str:
    value = text.strip().strip("\"'") if len(text.strip()) > 1 else text.strip()
    if not value:
        raise BadInput(
            say("'{shown}' has no value; write one such as {examples}", shown=shown(condition), examples=EXAMPLES)
        )
    return value


def _present(collection: Collection, ids: Strings, modality: str) -> np.ndarray:
    if modality not in MODALITIES:
        raise BadInput(
            say(
                "has:{modality} names no modality; take one of {modalities}",
                modality=say_word(modality),
                modalities=say_list(MODALITIES),
            )
        )
    given = collection.vectors.get(modality)
    owners = [collection.media_of(modality).items, *([] if given is None else [Strings.of(given.ids)])]
    found = np.zeros(len(ids), bool)
    for own in owners:
        found |= True if own == ids else ids.among(own)
    return found


def _values(collection: Collection, column: str) -> pd.Series | Strings:
    """Return the value of each item of the collection in this column; a text of several lines where it has several."""
    if column in collection.items.columns:
        return pd.Series(collection.items[column])
    if column == ID:
        return collection.ids
    texts = collection.media_of("text")
    if texts.items == collection.ids:
        return Strings(texts.texts)
    joined: dict[str, str] = {}
    for medium in texts:
        joined[medium.item] = "\n".join(filter(None, (joined.get(medium.item), medium.text)))
    return pd.Series([joined.get(item) for item in collection.ids], dtype=pd.StringDtype(na_value=np.nan))
