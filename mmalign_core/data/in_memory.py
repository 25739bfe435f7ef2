"""Collections from objects in memory, as a notebook holds them: arrays and lists by modality, or a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.data.draft import Draft
from mmalign_core.data.files import find_below
from mmalign_core.data.given_columns import check_order, given_column
from mmalign_core.data.manifest import add_table
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.metadata import metadata_frame
from mmalign_core.data.tabular.rows import is_missing, parse_id
from mmalign_core.data.tabular.tables import Table
from mmalign_core.data.tabular.vector_columns import VectorColumn, given_set
from mmalign_core.data.tabular.written_values import written_value
from mmalign_core.settings import Settings
from mmalign_core.types import (
    MODALITIES,
    BadInput,
    Collection,
    EmbeddingSet,
    MediaTable,
    Progress,
    Strings,
    no_progress,
)
from mmalign_core.types.embeddings import finite_rows
from mmalign_core.types.identity import identities


def collection_from_arrays(
    data: Mapping[str, Any],
    *,
    ids: Sequence[Any] | None = None,
    name: str = "arrays",
    folder: str | Path = ".",
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Collection:
    """The collection whose item i has row i of every modality.

    `data`: modality -> vectors (n, d) as an array, a tensor or a list of lists, or n texts, or n paths relative to
    `folder`; None stands for a missing text or file. `ids` (n,): the ids of the items; without them '0', '1', ….
    Raises BadInput if a key is no modality, lengths differ, a number is NaN or infinite, or an id repeats.
    """
    if not data:
        raise BadInput("there is no data; give modality -> vectors, texts or paths, such as {'image': X, 'text': Y}")
    unknown = [key for key in data if key not in MODALITIES]
    if unknown:
        raise BadInput(f"'{shown(unknown[0])}' is no modality; use the keys {', '.join(MODALITIES)}")
    check_order(data)
    columns = {modality: given_column(values, modality) for modality, values in data.items()}
    names = _names(ids, columns)
    media = {m: values for m, values in columns.items() if not isinstance(values, np.ndarray)}
    vectors = {m: _vectors(m, values, names) for m, values in columns.items() if isinstance(values, np.ndarray)}
    items = metadata_frame(names, {})
    if not media:
        return Collection(name, items, (), vectors=vectors)
    frame = pd.DataFrame({"id": names, **{m: pd.Series(values, dtype=object) for m, values in media.items()}})
    read = collection_from_frame(frame, name=name, folder=folder, settings=settings, progress=progress)
    if not vectors:
        return read
    return replace(read, items=items, vectors=vectors, digest="")


def collection_from_frame(
    frame: pd.DataFrame,
    *,
    name: str = "data frame",
    folder: str | Path = ".",
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Collection:
    """The collection in a data frame with a manifest's columns; see `mmalign_core.data.manifest`.

    The columns `text`, `image`, `audio` and `video` hold texts or paths relative to `folder`, or vectors, as
    `image_vector` and the like do; all others are metadata. Without a column `id`, an index that is called 'id' or
    holds texts gives the ids; any other index is ignored and the items are called '1', '2', …. What cannot be used is
    listed in `skipped`. Raises BadInput if the frame is empty, has two columns of one name, or nothing in it can be
    used.
    """
    if frame.empty:
        raise BadInput("the data frame holds no rows; give one row for each item")
    columns = [str(column).strip() for column in frame.columns]
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise BadInput(f"the data frame has two columns called '{shown(twice)}'; rename one")
    columns = [_column_name(column, frame.iloc[:, at], columns) for at, column in enumerate(columns)]
    values = {column: _cells(frame.iloc[:, at]) for at, column in enumerate(columns)}
    named_index = frame.index.name == "id" or frame.index.inferred_type == "string"
    if "id" not in values and named_index:
        values = {"id": [str(label) for label in frame.index], **values}
    table = Table(tuple(values), values, range(1, len(frame) + 1))
    draft = Draft(settings or Settings())
    find = partial(find_below, Path(folder), absolute=True)
    add_table(draft, table, find, progress, name)
    return draft.finish(name)


def _cells(column: pd.Series) -> list[Any]:
    """The cells as a person writes them; lists and arrays, which may be vectors, as they are."""
    nested = (list, tuple, dict, np.ndarray)
    return [value if isinstance(value, nested) else written_value(value) for value in column.tolist()]


def _column_name(column: str, cells: pd.Series, columns: Sequence[str]) -> str:
    """The column's name; that of the modality's vectors where a modality's column holds them in place of media.

    Raises BadInput if there is a column of its vectors as well.
    """
    present = [cell for cell in cells if not is_missing(cell)]
    if column not in MODALITIES or not present or not all(map(_is_vector, present)):
        return column
    if f"{column}_vector" in columns:
        raise BadInput(
            f"the columns '{column}' and '{column}_vector' of the data frame both hold vectors; leave one out"
        )
    return f"{column}_vector"


def _is_vector(cell: Any) -> bool:
    """Whether the cell is a row of numbers."""
    if isinstance(cell, np.ndarray):
        return cell.dtype.kind in "fiu"
    return isinstance(cell, list | tuple) and bool(cell) and all(isinstance(one, Real) for one in cell)


def _names(ids: Sequence[Any] | None, columns: Mapping[str, np.ndarray | list[Any]]) -> Strings:
    """The n ids as texts. Raises BadInput if the modalities and `ids` differ in length or an id repeats."""
    lengths = {modality: len(values) for modality, values in columns.items()} | (
        {"ids": len(ids)} if ids is not None else {}
    )
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{length:,} of {what}" for what, length in lengths.items())
        raise BadInput(f"rows are paired by position, but there are {counted}; give as many of each")
    count = next(iter(lengths.values()))
    names = [str(i) for i in range(count)] if ids is None else [_name(value, row) for row, value in enumerate(ids)]
    found = Strings(names)
    firsts = identities(found).firsts()
    again = np.flatnonzero(firsts != np.arange(len(names)))
    if len(again):
        earlier, twice = names[int(firsts[again[0]])], names[int(again[0])]
        otherwise = "" if twice == earlier else f", also as '{shown(earlier)}'"
        raise BadInput(f"the id '{shown(twice)}' stands twice{otherwise}; give every item its own id")
    return found


def _name(value: Any, row: int) -> str:
    """The id as text. Raises BadInput if it is missing."""
    plain = _plain(value)
    if is_missing(plain):
        raise BadInput(f"ids, row {row}: the id is missing; give every item its own id")
    return parse_id(plain, f"ids, row {row}")


def _plain(value: Any) -> Any:
    """A NumPy scalar as a Python value; any other value itself."""
    return value.item() if isinstance(value, np.generic) else value


def _vectors(modality: str, array: np.ndarray, names: Strings) -> EmbeddingSet:
    bad = np.flatnonzero(~finite_rows(array))
    if len(bad):
        raise BadInput(f"{modality}: row {bad[0]} holds NaN or infinity; mend or remove it")
    none = np.zeros(0, np.int64), MediaTable((), (), ())
    return given_set(modality, names, VectorColumn(np.arange(len(names)), array), none)
