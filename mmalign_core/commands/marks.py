"""marks DATA: read, make, undo, import and export the marks of a collection's items and pairs.

JSON: {"collection", "items", "marks": [{"id", "item", "kind", "other", "modality", "note", "who", "when",
"outdated"}], "by_kind": {kind: n}, "outdated", "imported", "unchanged", "rejected": [{"row", "reason"}]}.
"""

import argparse
import sys

from mmalign_core.commands.shared import add_data, add_json, add_store, is_run, opened, store_of, write_result
from mmalign_core.commands.targets import write_target
from mmalign_core.data.names import shown
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow import (
    MARK_COLUMNS,
    ImportedMarks,
    Mark,
    MarkKind,
    add_mark,
    export_marks,
    import_marks,
    load_run,
    marks_report,
    parse_mark_kind,
    read_marks,
    undo_mark,
)

SUMMARY = "say which pairs are right or wrong, which files are bad, and keep that with the data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DATA or a run, what to do with its marks, --store, --json."""
    add_data(parser)
    parser.add_argument(
        "--import", dest="import_", metavar="FILE", help="keep the marks of a table with the columns id, mark, other, …"
    )
    parser.add_argument("--export", metavar="FILE.csv", help=f"write the marks: {', '.join(MARK_COLUMNS)}")
    parser.add_argument("--add", metavar="KIND", help=f"mark --item as one of: {', '.join(MarkKind)}")
    parser.add_argument("--item", metavar="ID", help="with --add: which item")
    parser.add_argument(
        "--other",
        metavar="ID",
        help="with --add also_right or wrong_pair: the item whose medium is right too, or instead",
    )
    parser.add_argument(
        "--modality", metavar="M", help="with --add: which medium (default: the answer's side of a pair)"
    )
    parser.add_argument("--note", metavar="TEXT", help="with --add: why")
    parser.add_argument("--undo", metavar="MARK", help="take back the mark of this id, or the last one: last")
    parser.add_argument("--who", default="", metavar="NAME", help="who marks (default: the login name)")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Undo, add and import as asked, then show the marks there are."""
    _check(args)
    kind = None if args.add is None else parse_mark_kind(args.add)
    store = store_of(args)
    collection = load_run(args.data, store=store).collection if is_run(args.data, store) else opened(args)
    if args.undo is not None:
        undo_mark(collection, store, args.undo, who=args.who)
    if kind is not None:
        _add(args, collection, store, kind)
    imported = None
    if args.import_ is not None:
        imported = import_marks(collection, store, args.import_, who=args.who)
        for row in imported.rejected:
            print(f"marks: {args.import_}, row {row['row']}: {row['reason']}", file=sys.stderr)
    marks = read_marks(collection, store)
    if args.export is not None:
        write_target(args, "export", export_marks(marks))
    write_result(marks_report(collection, marks, imported), args, _summary(marks, imported))


def _check(args: argparse.Namespace) -> None:
    """BadInput for options that say nothing without another one."""
    if args.add is None:
        for option in ("item", "other", "modality", "note"):
            if getattr(args, option) is not None:
                raise BadInput(f"--{option} belongs to --add KIND, which is not given")
    elif args.item is None:
        raise BadInput(f"--add {args.add} needs --item ID")
    if args.export == "-":
        raise BadInput("--export -: name a file; for standard output there is --json -")


def _add(args: argparse.Namespace, collection: Collection, store: Store, kind: MarkKind) -> None:
    words = {name: getattr(args, name) or "" for name in ("other", "modality", "note", "who")}
    add_mark(collection, store, kind, args.item, **words)


def _summary(marks: tuple[Mark, ...], imported: ImportedMarks | None) -> str:
    lines = [_line(mark) for mark in marks] or ["nothing is marked"]
    if imported is not None:
        counts = f"{len(imported.added)} imported, {imported.unchanged} were there already"
        lines.append(f"{counts}, {len(imported.rejected)} rejected")
    return "\n".join(lines)


def _line(mark: Mark) -> str:
    other = f" -> {mark.other}" if mark.other else ""
    words = [f"{mark.kind:10}", mark.item + other, mark.modality, f"({mark.who}, {mark.when[:19]})", mark.note]
    outdated = "the content has changed since" if mark.outdated else ""
    return "  ".join(filter(None, map(shown, [*words, outdated])))
