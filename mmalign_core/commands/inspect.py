"""inspect DATA: describe a collection and list every file or row that cannot be used."""

import argparse

from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    encoders_of,
    opened,
    settings_of,
    show_progress,
    write_result,
)
from mmalign_core.data import inspect_collection
from mmalign_core.workflow import long_texts_of

SUMMARY = "count items, modalities, pairs and duplicates; list every file or row that cannot be used, with the reason"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA, --interactions, --encoder, --store and --json."""
    add_data(parser)
    add_encoders(parser)
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Decode every medium once and print the report."""
    collection = opened(args)
    report = inspect_collection(collection, settings=settings_of(args), progress=show_progress).report()
    long = long_texts_of(collection, encoders_of(args).get("text", ""), settings_of(args))
    report["long_texts"] = None if long is None else long.report()
    skipped = "".join(f"\n  {s['id']} ({s['modality']}): {s['reason']}" for s in report["skipped"])
    said = [*report["notes"], *([] if long is None else [long.sentence()])]
    notes = "".join(f"\n  {note}" for note in said)
    write_result(report, args, f"{report['items']} items, {len(report['skipped'])} skipped{notes}{skipped}")
