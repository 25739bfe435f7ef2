"""inspect DATA: describe a collection and list every file or row that cannot be used; --preview reads no media."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    encoders_of,
    opened,
    roles_of,
    settings_of,
    show_progress,
    write_result,
)
from mmalign_core.data import inspect_collection, preview_collection
from mmalign_core.workflow import long_texts_of

SUMMARY = "count items, modalities, pairs and duplicates; list every file or row that cannot be used, with the reason"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA, --interactions, --role, --preview, --encoder, --store and --json."""
    add_data(parser)
    add_encoders(parser)
    parser.add_argument(
        "--preview",
        action="store_true",
        help="say what each column is read as, the first items and what is left out, without opening media",
    )
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Decode every medium once and print the report; or the preview."""
    if args.preview:
        return _preview(args)
    collection = opened(args)
    report = inspect_collection(collection, settings=settings_of(args), progress=show_progress).report()
    long = long_texts_of(collection, encoders_of(args).get("text", ""), settings_of(args))
    held = ", ".join(f"{about['items']} with {modality}" for modality, about in report["by_modality"].items())
    both = "; ".join(f"{count} with {pair.replace(':', ' and ')}" for pair, count in report["pairs"].items() if count)
    head = f"{report['items']} items, {_count(report['skipped'])} skipped\n  {held}; {both or 'none with two of them'}"
    said = [] if long is None else [f"  {long.sentence()}"]
    report["long_texts"] = None if long is None else long.report()
    write_result(report, args, "\n".join([head, *said, *_indented(report)]))


def _preview(args: argparse.Namespace) -> None:
    settings = settings_of(args)
    report = preview_collection(
        args.data, interactions=args.interactions, roles=roles_of(args), settings=settings, progress=show_progress
    ).report()
    held = ", ".join(f"{count} with {modality}" for modality, count in report["by_modality"].items())
    head = (
        f"{report['items']} items ({held}), {report['interactions']} interactions, {_count(report['skipped'])} skipped"
    )
    columns = [f"  {c['table']}: {c['column']} -> {c['role']}    {c['example']}" for c in report["columns"]]
    rows = ["  " + "; ".join(f"{name}: {said}" for name, said in row.items()) for row in report["rows"]]
    lines = [head, *_part("columns, to be changed with --role COLUMN=ROLE", columns), *_part("first items", rows)]
    write_result(report, args, "\n".join([*lines, *_part("notes and what is left out", _indented(report))]))


def _part(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *lines] if lines else []


def _indented(report: Mapping[str, Any]) -> list[str]:
    """The notes, and a line for each cause for which something is not used."""
    skipped = (f"  {s['id']} ({s['modality']}): {s['reason']}" for s in report["skipped"])
    return [*(f"  {note}" for note in report["notes"]), *skipped]


def _count(skipped: Iterable[Mapping[str, Any]]) -> int:
    return sum(line.get("count", 1) for line in skipped)
