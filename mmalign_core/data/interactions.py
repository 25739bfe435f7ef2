"""Interactions: tables of user and item ids with optional ratings and timestamps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mmalign_core.data.draft import Draft
from mmalign_core.data.event_columns import EventColumn, read_ratings, read_times
from mmalign_core.data.event_ids import EventIds, read_item_ids, read_user_ids
from mmalign_core.data.names import shown
from mmalign_core.data.tabular.cells import Cells, as_list, is_arrow
from mmalign_core.data.tabular.tables import Table, read_table
from mmalign_core.data.user_tables import with_user_columns
from mmalign_core.types import BadInput, Collection

MODALITY = "interaction"
"""The modality under which unused interactions are reported."""
_READERS: Mapping[str, Callable[[Cells], EventColumn]] = {"rating": read_ratings, "timestamp": read_times}
_LISTED = 5
"""Columns that a note lists; our choice: a line."""
_SHOWN = 40
"""Characters of a wrong value that a message shows; our choice."""


@dataclass(frozen=True)
class _Wrong:
    """A line that cannot be used: its place, the item that it names, the reason, and what lines of this cause share."""

    place: int
    item: str
    reason: str
    cause: str


def read_interactions(
    path: Path, items: Sequence[str], draft: Draft, name: str = "", table: Table | None = None
) -> pd.DataFrame:
    """A data frame with the columns user_id and item_id (str), and rating and timestamp (float64) if the file has them.

    Its rows are in the order of the file; timestamps are Unix seconds; absent numbers are NaN. Items and users that a
    person reads as equal are one (`mmalign_core.types.identity`). Where ratings are 0 and 1 alone, rows of 0 say no and
    are left out. `items`: the ids of the collection; `name`: what messages call the file; `table`: its content, if it
    has been read. The draft reports each unusable row and unknown item, those of one cause as one line, and notes how
    columns were read. Raises BadInput if the file is missing, is no table or lacks user_id or item_id.
    """
    if not path.is_file():
        raise BadInput(f"the interactions file '{shown(path)}' does not exist; correct the path")
    name = shown(name or path.name)
    table = with_user_columns(read_table(path, name, events=True) if table is None else table)
    missing = [c for c in ("user_id", "item_id") if c not in table.columns]
    if missing and all(_is_number(column) for column in table.columns):
        raise BadInput(f"'{name}' has no line of names; write user_id,item_id,rating,timestamp as its first line")
    if missing:
        raise BadInput(f"'{name}' has no column {' and '.join(missing)}; name the columns user_id and item_id")
    users, own_items = read_user_ids(table.cells["user_id"]), read_item_ids(table.cells["item_id"], items)
    columns = {c: read(table.cells[c]) for c, read in _READERS.items() if c in table.columns}
    wrong = _wrong_lines(table, users, own_items, columns)
    _report(wrong, table, draft, name)
    kept = np.ones(len(table), bool)
    kept[[line.place for line in wrong]] = False
    draft.notes.extend(f"'{name}': {said}" for said in (*users.said(kept), *own_items.said(kept)))
    draft.notes.extend(f"'{name}': {said}" for column in columns.values() for said in column.said)
    if other := [column for column in table.columns if column not in (*_READERS, "user_id", "item_id")]:
        listed = ", ".join(f"'{shown(column)}'" for column in other[:_LISTED]) + (", …" if other[_LISTED:] else "")
        draft.notes.append(f"'{name}': its column{'s' * (len(other) > 1)} {listed} {'are' if other[1:] else 'is'} not "
                           "used; every row counts as met, whatever they say")  # fmt: skip
    kept &= _known(own_items, kept, draft, name)
    kept &= ~_no(columns, kept, draft, name)
    places = pa.array(np.flatnonzero(kept))
    ids = {c: found.ids.column.take(places).to_pylist() for c, found in (("user_id", users), ("item_id", own_items))}
    return pd.DataFrame(ids | {c: column.numbers[kept] for c, column in columns.items()})


def why_none(collection: Collection) -> str:
    """Why the interactions of a collection hold no event, as the end of a sentence; '' if it cannot be told."""
    told = [s.reason for s in collection.skipped if s.modality == MODALITY]
    return f"none of the rows can be used ({len(told):,} reasons; the first: {told[0]})" if told else ""


def _wrong_lines(table: Table, users: EventIds, items: EventIds, columns: Mapping[str, EventColumn]) -> list[_Wrong]:
    """The lines that cannot be used, in order, each with its first reason."""
    found: dict[int, _Wrong] = {}

    def tell(place: int, reason: str, cause: str) -> None:
        if place not in found:
            found[place] = _Wrong(place, items.written(place), reason, cause)

    for place, line in table.problems.items():
        found[place] = _Wrong(place, str(line.values.get("item_id", "")), line.problem, "cannot be read")
    for column, ids in (("user_id", users), ("item_id", items)):
        for place, why in ids.wrong.items():
            tell(place, why or f"has no {column}; fill it in", f"have no usable {column}")
    for column, read in columns.items():
        for place, why in read.wrong.items():
            value = shown(_cell(table.cells[column], place))[:_SHOWN]
            tell(place, f"has the {column} '{value}', {why}; correct it", f"have a {column} {why.split(':')[0]}")
    return [found[place] for place in sorted(found)]


def _is_number(text: str) -> bool:
    try:
        return bool(float(text) == float(text))
    except ValueError:
        return False


def _cell(cells: Cells, place: int) -> Any:
    return cells[place].as_py() if is_arrow(cells) else as_list(cells)[place]


def _report(wrong: Sequence[_Wrong], table: Table, draft: Draft, name: str) -> None:
    """Report the lines; those of one cause become one line of the report."""
    for line in wrong:
        where = table.where(line.place, name)
        draft.skip(line.item, MODALITY, f"{where} {line.reason}", where)


def _known(items: EventIds, kept: np.ndarray, draft: Draft, name: str) -> np.ndarray:
    """(n,) bool: which rows name an item of the collection. The unknown items are reported."""
    unknown = kept & ~items.known
    if not unknown.any():
        return items.known
    counted = items.ids.column.filter(pa.array(unknown)).value_counts()
    for item, count in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist()):
        times = "once" if count == 1 else f"{count:,} times"
        reason = f"'{name}' names the item '{shown(item)}' {times}, but the collection does not hold it"
        draft.skip(item, MODALITY, f"{reason}{items.hint(item)}", name)
    return items.known


def _no(columns: Mapping[str, EventColumn], kept: np.ndarray, draft: Draft, name: str) -> np.ndarray:
    """(n,) bool: which rows say no: those rated 0, or -1, where the only other rating is 1."""
    none = np.zeros(len(kept), bool)
    if "rating" not in columns or not (kept & (columns["rating"].numbers <= 0)).any():
        return none
    ratings = columns["rating"].numbers
    low, given = kept & (ratings <= 0), set(np.unique(ratings[kept & ~np.isnan(ratings)]).tolist())
    count, rows = int(low.sum()), "row is" if low.sum() == 1 else "rows are"
    no = min(given)
    if given in ({0.0, 1.0}, {-1.0, 1.0}):
        draft.notes.append(f"'{name}': the ratings are {no:.0f} and 1 alone, so {no:.0f} says no: {count:,} of "
                           f"{int(kept.sum()):,} rows say so and are left out")  # fmt: skip
        return low
    said = "0" if no == 0 else "0 or less"
    draft.notes.append(f"'{name}': {count:,} {rows} rated {said} and count as met; least_rating, or --relevant in "
                       "evaluate, leaves low ratings out")  # fmt: skip
    return none
