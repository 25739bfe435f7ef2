"""inspect DATA: describe a collection and list every file or row that cannot be used."""

import argparse

from mmalign_core.commands.shared import add_data, add_json, add_store, opened, settings_of, show_progress, write_result
from mmalign_core.data import inspect_collection

SUMMARY = "count items, modalities, pairs and duplicates; list every file or row that cannot be used, with the reason"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA, --interactions, --store and --json."""
    add_data(parser)
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Decode every medium once and print the report."""
    collection = opened(args)
    report = inspect_collection(collection, settings=settings_of(args), progress=show_progress).report()
    skipped = "".join(f"\n  {s['id']} ({s['modality']}): {s['reason']}" for s in report["skipped"])
    notes = "".join(f"\n  {note}" for note in report["notes"])
    count = sum(line.get("count", 1) for line in report["skipped"])
    write_result(report, args, f"{report['items']} items, {count} skipped{notes}{skipped}")
