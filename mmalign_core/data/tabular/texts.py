"""Columns of texts: cells of a table as clean texts with their digests, the odd ones looked at one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.media.references import clean_text
from mmalign_core.data.tabular.cells import Cells, is_list, is_text_type, is_texts, one_array
from mmalign_core.data.tabular.rows import parse_list
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Strings
from mmalign_core.types.digests import digest_each

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_CHUNK = 1 << 16
"""Texts whose digests are made at a time; our choice: some megabytes."""
_VISIBLE = r"[\p{L}\p{N}]"
"""A letter or a digit: no text with one is empty. Others are looked at character by character."""


@dataclass(frozen=True)
class TextColumn:
    """Usable texts: `at` (m,) the row of each, in order; `texts` Arrow (m,); `digests` (m,) of their UTF-8.

    `problems`: (row, why a text of it is not used).
    """

    at: np.ndarray
    texts: Any
    digests: Strings
    problems: list[tuple[int, str]]


def read_texts(cells: Cells, name: Callable[[int], str], settings: Settings, *, as_json: bool) -> TextColumn | None:
    """The texts in an Arrow column of texts or of lists of them; None if it is no such column.

    A cell may hold several texts as a list, or as a JSON list where `as_json`; a blank one holds none. `name(row)`:
    what messages call the text.
    """
    found = _entries(cells, as_json)
    if found is None:
        return None
    at, texts = found
    plain = pc.and_(pc.match_substring_regex(texts, _VISIBLE), pc.invert(pc.match_substring(texts, "\ufeff")))
    plain = pc.and_(plain, pc.less_equal(pc.utf8_length(texts), settings.max_text_chars))
    plain = plain.to_numpy(zero_copy_only=False)
    problems: list[tuple[int, str]] = []
    if not plain.all():
        at, texts = _cleaned(at, texts, plain, name, settings, problems)
    return TextColumn(at, texts, _digests(texts), problems)


def _entries(cells: Cells, as_json: bool) -> tuple[np.ndarray, Any] | None:
    """The row of every text that is not blank, and the texts without white space around them."""
    if isinstance(cells, list):
        return None
    array = one_array(cells)
    if is_list(array.type) and is_text_type(array.type.value_type):
        at, texts = pc.list_parent_indices(array).to_numpy(zero_copy_only=False), array.flatten()
    elif is_texts(array):
        at, texts = np.arange(len(array)), array
    else:
        return None
    texts = pc.utf8_trim_whitespace(texts.cast(pa.large_string()))
    if as_json and pc.any(pc.starts_with(texts, "[")).as_py():
        listed = [parse_list(cell, True) for cell in texts.to_pylist()]
        at = np.repeat(at, [len(entries) for entries in listed])
        texts = pc.utf8_trim_whitespace(pa.array([t for entries in listed for t in entries], pa.large_string()))
    there = pc.fill_null(pc.greater(pc.binary_length(texts), 0), False)
    if pc.all(there).as_py() is not False:
        return np.asarray(at, np.int64), texts
    return np.asarray(at, np.int64)[there.to_numpy(zero_copy_only=False)], texts.filter(there)


def _cleaned(
    at: np.ndarray,
    texts: Any,
    plain: np.ndarray,
    name: Callable[[int], str],
    settings: Settings,
    problems: list[tuple[int, str]],
) -> tuple[np.ndarray, Any]:
    """The texts of which some are not `plain`: these are cleaned one by one, or told of and left out."""
    kept, clean = plain.copy(), texts.to_pylist()
    for place in np.flatnonzero(~plain).tolist():
        try:
            clean[place], kept[place] = clean_text(clean[place], name(int(at[place])), settings), True
        except BadInput as error:
            problems.append((int(at[place]), str(error)))
    return at[kept], pa.array(clean, pa.large_string()).filter(pa.array(kept))


def _digests(texts: Any) -> Strings:
    coded = texts.cast(pa.large_binary())
    blocks = (coded.slice(start, _CHUNK).to_pylist() for start in range(0, len(coded), _CHUNK))
    return digest_each(text for block in blocks for text in block)
