"""Identity of items and users: which ids a person reads as equal, by one rule for both.

Blanks around an id and invisible marks do not count, nor the form of Unicode (NFC or NFD), nor the point and zeros
after a whole number: ' 4.0' is '4'. Case and leading zeros count: 'U1' is not 'u1', and '007' is not '7'.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.types.strings import Strings

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
"""Marks without a width (Unicode 16, Default_Ignorable_Code_Point) that editors leave at the ends of cells."""
_BROKEN = re.compile("[\ud800-\udfff]")
"""Halves of characters, by which Python stands for bytes that are no UTF-8. Arrow does not hold them."""
_WHOLE = r"^(-?[0-9]+)\.0+$"
"""A whole number as spreadsheets and data frames write it where a neighbour is missing."""
_FLOAT = re.compile(_WHOLE)


def plain_id(text: str) -> str:
    """The id as it is kept: in Unicode NFC, without blanks and invisible marks around it."""
    text = text.strip()
    if text.isascii():
        return text
    while text and (text[0] in _INVISIBLE or text[-1] in _INVISIBLE):
        text = text.strip(_INVISIBLE).strip()
    return unicodedata.normalize("NFC", text)


def identity(text: str) -> str:
    """The form in which two ids are equal if a person reads them as equal."""
    return _FLOAT.sub(r"\1", plain_id(text))


def plain_ids(column: Any) -> Any:
    """`plain_id` of each text of an Arrow column of large_string; nulls stay."""
    texts = pc.utf8_trim_whitespace(column)
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    return pa.array([None if text is None else plain_id(text) for text in texts.to_pylist()], pa.large_string())


def identities(ids: Sequence[str]) -> Strings:
    """`identity` of each id; the ids themselves if none differs."""
    column = plain_ids(Strings.of(ids).column)
    if not pc.any(pc.match_substring_regex(column, _WHOLE)).as_py():
        return Strings(column)
    return Strings(pc.replace_substring_regex(column, _WHOLE, r"\1"))


def places_by_identity(wanted: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """(k,) int64: for each wanted id the place of the same id, else of the first that is equal by the rule; else -1."""
    ids, wanted = Strings.of(ids), Strings.of(wanted)
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    places = ids.places_of(wanted)
    missing = np.flatnonzero(places < 0)
    if len(missing):
        places[missing] = identities(ids).places_of(identities(wanted.take(missing)))
    return places


def find_id(wanted: str, ids: Mapping[str, object] | Sequence[str]) -> str | None:
    """The id among `ids` that a person means by `wanted`: the same, else one that is equal by the rule; else None."""
    if _BROKEN.search(wanted):
        return None
    if wanted in ids:
        return wanted
    listed = Strings(list(ids)) if isinstance(ids, Mapping) else Strings.of(ids)
    place = int(places_by_identity([wanted], listed)[0])
    return None if place < 0 else listed[place]


def case_twins(ids: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of different ids (the first one, a later one) that differ in case alone, in order."""
    ids = Strings.of(ids)
    lower = Strings(pc.utf8_lower(ids.column))
    numbers, distinct = ids.numbered()
    folded, different = lower.numbered()
    if len(distinct) == len(different):
        return []
    first: dict[int, int] = {}
    pairs = []
    for place in np.unique(numbers, return_index=True)[1].tolist():
        earlier = first.setdefault(int(folded[place]), place)
        if earlier != place:
            pairs.append((ids[earlier], ids[place]))
    return pairs
