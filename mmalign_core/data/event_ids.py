"""Ids of users and items in interactions: one rule of identity for both, matched with the collection's items."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.names import shown
from mmalign_core.data.tabular.cells import Cells, as_list, bare_cells, is_texts, one_array, taken
from mmalign_core.data.tabular.row_columns import parse_ids
from mmalign_core.types import Strings
from mmalign_core.types.identity import case_twins, identities, places_by_identity

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them


@dataclass(frozen=True)
class EventIds:
    """The ids (n,) of one column of interactions, those that are equal by the rule as one.

    `raw` (n,): as they were written; `wrong`: place -> why there is no id, '' if it is missing;
    `known` (n,) bool: which of them the collection holds; `folded`: an item's id in lower case -> the id.
    """

    what: str
    raw: Strings
    ids: Strings
    wrong: Mapping[int, str]
    known: np.ndarray
    folded: Mapping[str, str] = field(default_factory=dict)

    def written(self, place: int) -> str:
        """The id at a place as it was written, '' if there is none."""
        return self.raw[place]

    def hint(self, item: str) -> str:
        """What an unknown item may be meant to be: one whose id differs in case or leading zeros; '' if none is."""
        other = self.folded.get(item.lower())
        if other is not None:
            return f"; it holds '{shown(other)}', which differs in case"
        other = self._by_digits.get(_digits(item))
        if other is None:
            return ""
        return (
            f"; it holds '{shown(other)}': write the zeros there too, which spreadsheets drop unless a column is text"
        )

    @cached_property
    def _by_digits(self) -> dict[str, str]:
        """A number without leading zeros -> the only id that it may be."""
        found: dict[str, list[str]] = {}
        for item in self.folded.values():
            if digits := _digits(item):
                found.setdefault(digits, []).append(item)
        return {digits: own[0] for digits, own in found.items() if len(own) == 1}

    def said(self, kept: np.ndarray) -> list[str]:
        """Sentences on ids of the `kept` rows that were matched though written otherwise, and on those that differ in
        case alone."""
        rows = np.flatnonzero(kept & self.known)
        raw, ids = self.raw.take(rows), self.ids.take(rows)
        sentences = self._otherwise(raw, ids)
        twins = case_twins(ids)
        if twins:
            one, other = twins[0]
            sentences.append(f"{self.what}s that differ in case alone count as different, such as '{shown(one)}' and "
                             f"'{shown(other)}'")  # fmt: skip
        return sentences

    def _otherwise(self, raw: Strings, ids: Strings) -> list[str]:
        differ = pc.not_equal(raw.column, ids.column).to_numpy(zero_copy_only=False)
        spelled = dict(zip(*(part.take(np.flatnonzero(differ)) for part in (raw, ids))))
        if not spelled:
            return []
        count = f"{len(spelled):,} ids of {self.what}s are" if len(spelled) > 1 else f"one id of {self.what}s is"
        one, other = next(iter(spelled.items()))
        example = f"such as '{_visible(one)}' as '{_visible(other)}'"
        return [f"{count} read as equal to another way of writing, {example}"]


def _digits(id: str) -> str:
    """A whole number without its leading zeros; '' for any other id."""
    return (id.lstrip("0") or "0") if id.isascii() and id.isdigit() else ""


def _visible(text: str) -> str:
    """The id with its marks told apart: a decomposed letter is shown with the code of the mark that stands apart."""
    return shown("".join(f"\\u{ord(c):04x}" if unicodedata.combining(c) else c for c in text))


def read_user_ids(cells: Cells) -> EventIds:
    """The ids of users, in the form in which equal ones are equal."""
    raw, plain, wrong = _parsed(cells)
    return EventIds("user", raw, identities(plain), wrong, np.ones(len(raw), bool))


def read_item_ids(cells: Cells, items: Sequence[str]) -> EventIds:
    """The ids of items: those of the collection that they mean, else themselves."""
    raw, plain, wrong = _parsed(cells)
    numbers, distinct = plain.numbered()
    own = Strings.of(items)
    places = places_by_identity(distinct, own)
    meant = np.flatnonzero(places >= 0)
    column = distinct.column
    if len(meant):
        mask = pa.array(places >= 0)
        column = pc.replace_with_mask(column, mask, own.take(places[meant]).column)
    known = places >= 0
    folded = {} if known.all() else {item.lower(): item for item in own}
    return EventIds("item", raw, Strings(column).take(numbers), wrong, known[numbers], folded)


def _parsed(cells: Cells) -> tuple[Strings, Strings, dict[int, str]]:
    """The ids as they were written and in plain form, and place -> why there is none, '' if it is missing."""
    ids, wrong = parse_ids(cells, lambda place: "", set())
    values = as_list(taken(cells, np.array(sorted(wrong), np.int64)))
    empty = {place for place, value in zip(sorted(wrong), values) if value is None or not str(value).strip()}
    texts = bare_cells(cells)
    written = Strings(pc.fill_null(one_array(texts).cast(pa.large_string()), "")) if is_texts(texts) else ids
    return written, ids, {place: "" if place in empty else f"cannot be used{why}" for place, why in wrong.items()}
