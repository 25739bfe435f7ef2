"""Use case: marks of a collection's items and pairs are read, made, undone, imported and exported."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from mmalign_core.data.names import shown
from mmalign_core.data.tabular.cells import Line
from mmalign_core.data.tabular.tables import read_table
from mmalign_core.store import Store
from mmalign_core.store.marks import no_collection
from mmalign_core.triage.mark_replay import Standing, replay
from mmalign_core.triage.marks import (
    Contents,
    Mark,
    MarkKind,
    contents_of,
    new_mark,
    parse_kind,
    parse_moment,
    statement,
    undo_entry,
)
from mmalign_core.types import BadInput, Collection
from mmalign_core.wording import say
from mmalign_core.workflow.tables import csv_table, unguarded

COLUMNS = ("id", "mark", "other", "modality", "note", "who", "when")
"""Columns of an exported table, which can be imported again."""
_KIND = ("mark", "kind")
"""Names of the column that says the kind; the first that is there counts."""
LAST = "last"
"""In place of a mark's id: the mark made last."""


@dataclass(frozen=True)
class Imported:
    """`added`: marks that are new; `unchanged`: rows that say what is marked already; `rejected`: rows of no use.

    `rejected`: {"row": number of the line in the file, "reason"}.
    """

    added: tuple[Mark, ...]
    unchanged: int
    rejected: tuple[dict[str, Any], ...]


def read_marks(collection: Collection, store: Store) -> tuple[Mark, ...]:
    """The current marks of the collection, oldest first."""
    with no_collection():
        return replay(store.marks.read(), collection)


def add_mark(
    collection: Collection,
    store: Store,
    kind: MarkKind,
    item: str,
    *,
    other: str = "",
    modality: str = "",
    note: str = "",
    who: str = "",
) -> Mark:
    """Keep one mark, made now; `who`: the login name where it is ''. BadInput where it does not fit the collection."""
    said = Mark(kind, item, other, modality, note.strip(), who.strip() or login_name(), _now(store, collection))
    mark = new_mark(collection, contents_of(collection), said)
    store.marks.add(collection.name, [mark.entry()])
    return mark


def undo_mark(collection: Collection, store: Store, mark_id: str, *, who: str = "") -> Mark:
    """Take the mark of that id back, or the one made last where the id is "last"; returns it.

    The log keeps the mark and says who took it back. BadInput where it is no current mark of the collection.
    """
    marks = {mark.id: mark for mark in read_marks(collection, store)}
    wanted = next(reversed(marks), "") if mark_id == LAST else mark_id
    if wanted not in marks:
        there = say("no current mark '{name}'", name=shown(mark_id)) if marks else say("no marks")
        raise BadInput(
            say("'{name}' has {there}; see the ids by: marks DATA --json -", name=collection.name, there=there)
        )
    store.marks.add(collection.name, [undo_entry(marks[wanted], who.strip() or login_name(), _now())])
    return marks[wanted]


def import_marks(collection: Collection, store: Store, path: str | Path, *, who: str = "") -> Imported:
    """Keep the marks of a table (.csv .tsv .jsonl .parquet) with the columns id, mark or kind, and at will other,
    modality, note, who and when, in any case.

    `who` stands for rows that name nobody, the login name where it is ''. A row that cannot be used is rejected, and
    the others are kept. Of rows that contradict each other the last counts. BadInput where the file is no such table.
    """
    path = Path(path).expanduser()
    table = read_table(path)
    names = _columns(table.columns, path)
    contents, author = contents_of(collection), who.strip() or login_name()
    standing = Standing[Mark]()
    for mark in read_marks(collection, store):
        standing.add(mark.kind, mark.item, mark.other, mark.modality, mark)
    added, rejected, unchanged = [], [], 0
    for line in table.lines:
        try:
            mark = _row_mark(line, names, collection, contents, author)
        except BadInput as error:
            rejected.append({"row": line.number, "reason": str(error)})
            continue
        said = mark.kind, mark.item, mark.other, mark.modality
        there = standing.like(*said)
        if there is not None and statement(there) == statement(mark):
            unchanged += 1
            continue
        standing.add(*said, mark)
        added.append(mark)
    store.marks.add(collection.name, [mark.entry() for mark in added])
    return Imported(tuple(added), unchanged, tuple(rejected))


def export_marks(marks: tuple[Mark, ...]) -> bytes:
    """The marks as UTF-8 CSV with the columns of COLUMNS, which `import_marks` reads back."""
    rows = [(mark.item, mark.kind.value, *(getattr(mark, name) for name in COLUMNS[2:])) for mark in marks]
    return csv_table(pd.DataFrame(rows, columns=[*COLUMNS]))


def marks_report(collection: Collection, marks: tuple[Mark, ...], imported: Imported | None = None) -> dict[str, Any]:
    """What `marks --json` prints."""
    counts = Counter(mark.kind.value for mark in marks)
    found = imported or Imported((), 0, ())
    return {
        "collection": collection.name,
        "items": len(collection.ids),
        "marks": [mark.report() for mark in marks],
        "by_kind": {kind.value: counts[kind.value] for kind in MarkKind},
        "outdated": sum(mark.outdated for mark in marks),
        "imported": len(found.added),
        "unchanged": found.unchanged,
        "rejected": list(found.rejected),
    }


def login_name() -> str:
    """Who is logged in, or "unknown" where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def _columns(columns: tuple[str, ...], path: Path) -> dict[str, str]:
    """Our name of a column -> its name in the table."""
    written = {column.strip().lower(): column for column in reversed(columns)}
    kind = next((name for name in _KIND if name in written), "")
    if "id" not in written or not kind:
        has = ", ".join(columns) or "none"
        raise BadInput(
            say(
                "'{name}' needs the columns id and mark (or kind); it has: {columns}",
                name=shown(path.name),
                columns=shown(has),
            )
        )
    return {"mark": written[kind]} | {name: written[name] for name in COLUMNS if name in written and name != "mark"}


def _row_mark(
    line: Line, names: Mapping[str, str], collection: Collection, contents: Mapping[str, Contents], author: str
) -> Mark:
    if line.problem:
        raise BadInput(line.problem)
    held = {name: line.values.get(column) for name, column in names.items()}
    cells = {name: "" if value is None else unguarded(str(value).strip()) for name, value in held.items()}
    if not cells["id"]:
        raise BadInput(say("no item is named in the column id"))
    said = Mark(
        parse_kind(cells["mark"]),
        cells["id"],
        cells.get("other", ""),
        cells.get("modality", "").lower(),
        cells.get("note", ""),
        cells.get("who", "") or author,
        parse_moment(cells["when"]) if cells.get("when") else _now(),
    )
    return new_mark(collection, contents, said)


def _now(store: Store | None = None, collection: Collection | None = None) -> str:
    """Microseconds keep the marks of one hand in the order in which they were made.

    A mark of the collection comes after the last ones in its log, also where the clock went back since.
    """
    moment = datetime.now(UTC)
    if store is not None and collection is not None:
        with suppress(ValueError, OverflowError, TypeError):
            last = datetime.fromisoformat(store.marks.latest(collection.name))
            moment = max(moment, last + timedelta(microseconds=1))
    return moment.isoformat(timespec="microseconds")
