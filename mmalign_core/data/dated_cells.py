"""Dated cells: columns of dates in other forms than ISO 8601, rewritten so that all tables hold dates alike."""

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
from mmalign_core.data.tabular.cells import Cells, bare_cells, is_texts, one_array

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

_ISO = r"^\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?$"
"""The forms of a date that stay as they are."""


def with_iso_dates(columns: Mapping[str, Cells]) -> tuple[dict[str, Cells], list[str]]:
    """The columns of metadata, those of dates in ISO 8601, and sentences on those that were rewritten.

    A column is rewritten if every cell that is there is a date, and one is in another form: 31/12/2023, 31 Dec 2023.
    """
    found, said = dict(columns), list[str]()
    for name, cells in columns.items():
        bare = bare_cells(cells)
        rewritten = _iso_texts(one_array(bare).cast(pa.large_string())) if is_texts(bare) else None
        if rewritten is not None:
            found[name], how = rewritten
            said.append(f"the dates in '{shown(name)}' are shown in ISO 8601{''.join(f'; {one}' for one in how)}")
    return found, said


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
