"""Conditions on items' metadata and media that limit the recommended items."""

from __future__ import annotations

import difflib
import json
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.types import MODALITIES, BadInput, Collection

EXAMPLES = "year>=1960, category=animal, category!=plant, title~dog or has:image"
_OPERATORS = (">=", "<=", "!=", "!~", "=", ">", "<", "~")
_CONDITION = re.compile(r"(.+?)\s*(>=|<=|!=|!~|=|>|<|~)\s*(.*)", re.DOTALL)
_HAS = re.compile(r"\s*(!?)\s*has\s*:\s*(\w+)\s*", re.IGNORECASE)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
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
        return _present(collection, ids, has[2].lower()) != bool(has[1])
    column, sign, value = _parsed(condition, columns_of(collection))
    values = _values(collection, column)
    test = _test(sign, value, values.values(), column)
    return np.array([test(values.get(item)) for item in ids], bool)


def _parsed(condition: str, columns: Sequence[str]) -> tuple[str, str, str]:
    """Return column, operator and value. The longest column name wins, since it may contain an operator."""
    for column in sorted(columns, key=len, reverse=True):
        rest = condition.strip()[len(column) :].lstrip() if condition.strip().startswith(column) else ""
        sign = next((s for s in _OPERATORS if rest.startswith(s)), None)
        if sign:
            return column, sign, _value(rest[len(sign) :], condition)
    found = _CONDITION.fullmatch(condition.strip())
    if not found:
        raise BadInput(f"'{shown(condition)}' is no condition; write one such as {EXAMPLES}")
    near = difflib.get_close_matches(found[1], columns, n=len(columns), cutoff=0.0)
    same = [c for c in columns if c.casefold() == found[1].casefold()]
    if len(same) == 1:
        return same[0], found[2], _value(found[3], condition)
    raise BadInput(f"no column '{shown(found[1])}' to filter by; there are: {', '.join(map(shown, near))}")


def _value(text: str, condition: str) -> str:
    value = text.strip().strip("\"'") if len(text.strip()) > 1 else text.strip()
    if not value:
        raise BadInput(f"'{shown(condition)}' has no value; write one such as {EXAMPLES}")
    return value


def _present(collection: Collection, ids: Sequence[str], modality: str) -> np.ndarray:
    if modality not in MODALITIES:
        raise BadInput(f"has:{modality} names no modality; take one of {', '.join(MODALITIES)}")
    own = {m.item for m in collection.media if m.modality == modality}
    given = collection.vectors.get(modality)
    own |= set(given.ids) if given is not None else set()
    return np.array([item in own for item in ids], bool)


def _values(collection: Collection, column: str) -> dict[str, Any]:
    """Return item -> its value in this column, for items that have one."""
    if column in collection.items.columns:
        present = collection.items[column].dropna()
        return dict(zip(map(str, present.index), present.tolist()))
    if column == ID:
        return {item: item for item in collection.ids}
    texts: dict[str, str] = {}
    for medium in collection.media_of("text"):
        texts[medium.item] = "\n".join(filter(None, (texts.get(medium.item), medium.text)))
    return texts


def _test(sign: str, value: str, values: Any, column: str) -> Callable[[Any], bool]:
    """Return a function of one value (None if missing): whether it meets the condition."""
    if sign in _ORDER:
        return _ordering(_ORDER[sign], value, values, column)
    folded, number = value.casefold(), _number(value)

    def equal(own: Any) -> bool:
        return any(_same(part, folded, number) for part in _parts(own))

    def contains(own: Any) -> bool:
        return folded in str(own).casefold()

    plain = equal if "=" in sign else contains
    if sign[0] == "!":
        return lambda own: own is None or not plain(own)
    return lambda own: own is not None and plain(own)


def _ordering(compare: Callable[[Any, Any], bool], value: str, values: Any, column: str) -> Callable[[Any], bool]:
    """Compare numbers by size (other values never meet the condition), else texts by the alphabet, as for dates."""
    number = _number(value)
    if number is not None:
        return lambda own: (n := _number(own)) is not None and compare(n, number)
    if all(_number(own) is not None for own in values):
        raise BadInput(f"'{column}' holds numbers and '{shown(value)}' is none; compare it with a number")
    return lambda own: own is not None and compare(str(own).casefold(), value.casefold())


def _same(own: Any, folded: str, number: float | None) -> bool:
    if isinstance(own, int | float) and not isinstance(own, bool):
        return number is not None and float(own) == number
    return str(own).casefold() == folded


def _parts(own: Any) -> list[Any]:
    """Return the members of a JSON list, or the value itself."""
    if isinstance(own, str) and own.startswith("[") and own.endswith("]"):
        try:
            return [own, *json.loads(own)]
        except ValueError:
            return [own]
    return [own]


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found == found else None
