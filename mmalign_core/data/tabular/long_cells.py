"""Cells that are too long for metadata: their places and sizes, found by whole columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from mmalign_core.data.tabular.cells import Cells, bare_cells, is_arrow, is_text_type, one_array

pc: Any = pyarrow.compute  # most of its functions are made on import, where pyright does not see them

LONGEST_METADATA = 10_000
"""Characters of a metadata cell; our choice: a longer one is content, not metadata."""


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
