"""Cells of metadata before they are typed: dates in ISO 8601, decimal points, and cells that are too large."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.names import shown
from mmalign_core.data.ordered_texts import DATE, ordered_texts
from mmalign_core.data.tabular.cells import Cells, bare_cells, is_arrow, is_text_type, is_texts, one_array

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

LONGEST_METADATA = 10_000
"""Characters of a metadata cell; our choice: a longer one is content, not metadata."""
_ISO = r"^\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?$"
"""The forms of a date that stay as they are."""


_COMMA = r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d{1,2}$"
"""A number with a decimal comma and one or two digits behind: with three, '1,234' may be a thousand."""
_WHOLE = r"^[+-]?\d+$"


def with_plain_values(columns: Mapping[str, Cells]) -> tuple[dict[str, Cells], list[str]]:
    """The columns of metadata, dates in ISO 8601 and numbers with a point, and sentences on those rewritten.

    A column is rewritten if every cell that is there is a date, and one is in another form: 31/12/2023, 31 Dec 2023;
    or if every cell is a number, and one has a decimal comma: 10,50.
    """
    found, said = dict(columns), list[str]()
    for name, cells in columns.items():
        bare = bare_cells(cells)
        rewritten = _iso_texts(one_array(bare).cast(pa.large_string())) if is_texts(bare) else None
        if is_texts(bare) and (points := _with_points(one_array(bare).cast(pa.large_string()))) is not None:
            found[name] = points
            said.append(f"a comma in '{shown(name)}' is read as the decimal point")
        if rewritten is not None:
            found[name], how = rewritten
            said.append(f"the dates in '{shown(name)}' are shown in ISO 8601{''.join(f'; {one}' for one in how)}")
    return found, said


def _with_points(texts: Any) -> Any | None:
    """The numbers of a column with a decimal point; None if it holds none with a comma, or anything else."""
    there = pc.utf8_trim_whitespace(texts)
    commas = pc.match_substring_regex(there, _COMMA)
    if not pc.any(commas).as_py():
        return None
    fit = pc.or_(pc.or_(commas, pc.match_substring_regex(there, _WHOLE)), pc.equal(pc.binary_length(there), 0))
    if not pc.all(fit).as_py():
        return None
    return pc.if_else(commas, pc.replace_substring(pc.replace_substring(there, ".", ""), ",", "."), there)


def _iso_texts(texts: Any) -> tuple[Any, tuple[str, ...]] | None:
    """The dates of a column in ISO 8601, and how they were read; None if it holds none, or all are in that form."""
    there = pc.utf8_trim_whitespace(texts)
    odd = pc.and_(pc.greater(pc.binary_length(there), 0), pc.invert(pc.match_substring_regex(there, _ISO)))
    found = ordered_texts(texts) if pc.any(odd).as_py() else None
    if found is None or found.kind != DATE:
        return None
    walls = found.walls[~np.isnan(found.walls)]
    zoned = not np.array_equal(found.walls, found.seconds, equal_nan=True)
    day_alone = not zoned and bool((walls % timedelta(days=1).total_seconds() == 0).all())
    written = [None if math.isnan(s) else _iso(s, day_alone=day_alone, zoned=zoned) for s in found.seconds.tolist()]
    return pa.array(written, pa.large_string()), found.said


def _iso(seconds: float, *, day_alone: bool, zoned: bool) -> str:
    when = str(np.datetime64(0, "us") + np.timedelta64(round(seconds * 1e6), "us"))
    return when[:10] if day_alone else when.replace("T", " ").removesuffix(".000000") + ("Z" if zoned else "")


def too_large(cells: Cells) -> list[tuple[int, int]]:
    """The places of texts and bytes that are too large for metadata, and their sizes."""
    if is_arrow(cells):
        array = one_array(bare_cells(cells))
        if not is_text_type(array.type) and array.type not in (pa.binary(), pa.large_binary()):
            return []
        count = pc.utf8_length if is_text_type(array.type) else pc.binary_length
        sizes = pc.fill_null(count(array), 0).to_numpy(zero_copy_only=False)
        return [(place, int(sizes[place])) for place in np.flatnonzero(sizes > LONGEST_METADATA).tolist()]
    sized = ((place, len(value)) for place, value in enumerate(cells) if isinstance(value, (str, bytes)))
    return [(place, size) for place, size in sized if size > LONGEST_METADATA]
