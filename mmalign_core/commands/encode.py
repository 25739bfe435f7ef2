"""encode DATA: vectors of everything, into the store."""

import argparse

from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    encoders_of,
    settings_of,
    show_progress,
    store_of,
    write_result,
)
from mmalign_core.workflow import encode, open_collection

SUMMARY = "encode a collection into the store; what is there already is not encoded again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DATA, --interactions, --encoder, --store, --json."""
    add_data(parser)
    add_encoders(parser)
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Encode and report counts."""
    settings = settings_of(args)
    collection = open_collection(args.data, interactions=args.interactions, settings=settings, progress=show_progress)
    made = encode(collection, encoders_of(args), store=store_of(args), settings=settings, progress=show_progress)
    report = made.report(len(collection.ids))
    summary = "{items} items: {encoded} media encoded, {reused} reused, {n} skipped"
    write_result(report, args.json, summary.format(n=len(report["skipped"]), **report))
