"""What a person gives for one modality: numbers as rows, or texts or paths; and what looks like them and is neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.data.names import shown
from mmalign_core.data.tabular.rows import is_missing
from mmalign_core.types import BadInput
from mmalign_core.types.single import check_dense, single_rows

_CURE = "give an array (n, d), or a list of texts or of paths"


def given_column(values: Any, modality: str) -> np.ndarray | list[Any]:
    """The values as vectors (n, d) float32, or as a list of n texts or paths. Raises BadInput if they are neither."""
    listed = _listed(values)
    if listed and all(isinstance(v, str | Path) or is_missing(v) for v in listed):
        return [str(v) if isinstance(v, Path | np.str_) else v for v in listed]
    _check_numbers(values, listed, modality)
    detach = getattr(values, "detach", None)  # a torch tensor, which may lie on a GPU
    detached = values if detach is None else _as_array(detach().cpu())
    if getattr(getattr(detached, "dtype", None), "kind", "") == "c":
        raise BadInput(f"{modality}: the numbers are complex; give real ones")
    try:
        array = single_rows(detached)
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"{modality}: {type(values).__name__} holds neither numbers of one width nor texts; {_CURE}"
        ) from error
    if array.ndim == 4:
        raise BadInput(f"{modality}: {_pictures(f'an array of shape {array.shape}')}")
    if array.ndim != 2 or not array.size:
        raise BadInput(f"{modality}: an array of shape {array.shape}; give one row of numbers for each item (n, d)")
    return array


def check_order(data: Mapping[str, Any]) -> None:
    """BadInput if two frames or series have the same labels in another order: rows are paired by position."""
    labelled = {m: values.index for m, values in data.items() if isinstance(values, pd.DataFrame | pd.Series)}
    for one, other in pairwise(labelled):
        first, second = labelled[one], labelled[other]
        if len(first) == len(second) and not first.equals(second) and first.sort_values().equals(second.sort_values()):
            raise BadInput(
                f"the rows of {one} and {other} have the same labels in another order, and rows are paired by "
                f"position; give {other}.loc[{one}.index], or .reset_index(drop=True) of both if labels mean nothing"
            )


def _listed(values: Any) -> list[Any] | None:
    """The values one by one, if they are a sequence, or texts in an array, a series or an index."""
    if isinstance(values, str | bytes):
        return None
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    of_texts = getattr(values, "ndim", 0) == 1 and kind in "UO" and hasattr(values, "tolist")
    return [*values] if isinstance(values, Sequence | pd.Series) or of_texts else None


def _check_numbers(values: Any, listed: list[Any] | None, modality: str) -> None:
    """BadInput for what a person may take for numbers or media: one text, pictures, sparse or masked rows, labels."""
    if isinstance(values, str | Path):
        raise BadInput(f"{modality}: one text, '{shown(str(values))}'; give a list with one for each item")
    first = next((value for value in listed or () if not is_missing(value)), None)
    if hasattr(first, "getpixel"):
        raise BadInput(f"{modality}: {_pictures(f'a list of {type(first).__name__}')}")
    if isinstance(values, pd.DataFrame):
        worded = next((c for c, dtype in values.dtypes.items() if not _is_number(dtype, values[c])), None)
        if worded is not None:
            raise BadInput(
                f"{modality}: the frame's column '{shown(str(worded))}' holds no numbers; leave it out, or {_CURE}"
            )
    check_dense(modality, values)


def _is_number(dtype: Any, cells: Any) -> bool:
    if cells.ndim != 1 or dtype.kind != "O":
        return cells.ndim != 1 or dtype.kind in "biufc"
    return not any(isinstance(cell, str) for cell in cells)


def _pictures(what: str) -> str:
    return f"{what}; pictures are read from files: save them, and give a list of paths"


def _as_array(tensor: Any) -> Any:
    """The tensor in single precision, or in double where that is its own."""
    return tensor if str(tensor.dtype).endswith("float64") else tensor.float()
